"""The turn log: one line per turn, through structlog; JSON for machines, pretty on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import structlog
from structlog.typing import Processor

from livekit_barge.measure.turns import Turn

LogFormat = Literal["auto", "json", "pretty"]


class TurnLog:
    """A log of what happened in a call, turn by turn, and of what prevents that."""

    def __init__(self, logger: Any, *, preset: str | None) -> None:
        self._logger = logger
        self._preset = preset
        self._call = logger

    def begin(self, call_id: str) -> None:
        """Log everything that follows under this call."""
        self._call = self._logger.bind(call=call_id, preset=self._preset)

    def turn(self, turn: Turn) -> None:
        """Report a turn whose outcome can no longer change."""
        self._call.info("turn", **turn.to_json())

    def note(self, text: str) -> None:
        """Warn once, at the start, of an option that does not do what it seems to."""
        self._logger.warning(text)

    def disk_failed(self, path: Path | None, error: OSError) -> None:
        """Report a folder that cannot be written; turns are still measured and logged."""
        self._call.error(
            "this call is not recorded: its folder cannot be written",
            folder=str(path),
            reason=error.strerror or str(error),
            remedy="free the disk, or point BARGE_CALLS_DIR elsewhere",
        )

    def not_whole(self, path: Path | None) -> None:
        """Report that a folder is no longer waited for: its call is open, or its backend hangs."""
        self._call.error(
            "this call's folder is not complete yet, and the wait was given up",
            folder=str(path),
            remedy="close the session first (await session.aclose()); is the disk responding?",
        )

    def recorder_broke(self, error: Exception) -> None:
        """Report an internal error. The call continues, unmeasured from here."""
        self._call.error(
            "livekit_barge failed and stopped measuring; the call continues", exc_info=error
        )


def turn_logger(form: LogFormat = "auto") -> Any:
    """Return the user's own structlog if it is configured, else one of ours on standard error."""
    if structlog.is_configured():
        return structlog.get_logger("livekit_barge")
    pretty = form == "pretty" or (form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render = _pretty() if pretty else _json()
    return structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=[*shared, *render])


def _json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _pretty() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer()]
