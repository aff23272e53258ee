"""``BargeSession``: an ``AgentSession`` with the instruments on.

::

    from livekit_barge import BargeSession

    session = BargeSession(stt=..., llm=..., tts=...)   # was: AgentSession(...)

Every argument and method of ``AgentSession`` works as before. Without a preset, by argument or by
``BARGE_PRESET``, no option changes either: the session is only measured.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from livekit.agents import Agent, AgentSession, Plugin, RunResult

from livekit_barge import __version__
from livekit_barge.frameworks.livekit.instruments import Instruments
from livekit_barge.frameworks.livekit.presets.advice import advise, facts_of
from livekit_barge.frameworks.livekit.presets.options import knobs_in, options_in_force
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.frameworks.livekit.resolve import Chosen, choose
from livekit_barge.frameworks.livekit.user_line import warnings_name
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.recording_config import Keeping
from livekit_barge.recording.turn_log import TurnLog, turn_logger
from livekit_barge.settings import Settings

UserdataT = TypeVar("UserdataT")


class BargeSession(AgentSession[UserdataT]):
    """A drop-in for ``AgentSession`` that keeps, measures and logs each call.

    Args:
        preset: A preset, its name, or the path of its file. The environment's ``BARGE_PRESET`` and
            single knobs are merged with it, knob by knob; what the program says wins unless
            ``BARGE_FORCE`` is set.
        settings: The environment, read. Default: read it now.
        call_id: The name of the call's folder; default: the time of its start, and some chance.
        **session: Every argument of ``AgentSession``.

    Raises:
        SettingsError: before the call starts, for a knob or setting that cannot be used.
    """

    def __init__(
        self,
        *,
        preset: Preset | str | Path | None = None,
        settings: Settings | None = None,
        call_id: str | None = None,
        **session: Any,
    ) -> None:
        settings = Settings() if settings is None else settings
        self._chosen = choose(preset, knobs_in(session), settings)
        arguments = self._chosen.session_arguments(session)
        with warnings_name(sys._getframe(1), instead_of=__file__):
            super().__init__(**arguments)
        self.instruments = _instruments(
            self,
            settings,
            self._chosen,
            call_id=call_id,
            turn_detection_given="turn_detection" in (arguments.get("turn_handling") or {}),
        )

    async def start(  # type: ignore[override]  # LiveKit overloads it by capture_run
        self, agent: Agent, **options: Any
    ) -> RunResult[Any] | None:
        """As ``AgentSession.start``; the call's clock starts here."""
        result: RunResult[Any] | None = await super().start(
            agent, **self._chosen.start_arguments(options)
        )
        return result

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The knobs that were asked for; what LiveKit sets itself is not among them."""
        return self._chosen.knobs

    @property
    def call_dir(self) -> Path | None:
        """The folder of the latest call; ``None`` before the session was started."""
        return self.instruments.calls.call_dir

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far."""
        return self.instruments.calls.turns

    async def finished(self) -> None:
        """Wait until the folder of the latest call, which has been closed, is whole."""
        await self.instruments.calls.finished()


def instrument(
    session: AgentSession[Any],
    *,
    settings: Settings | None = None,
    calls_dir: Path | None = None,
    call_id: str | None = None,
) -> Instruments:
    """Put a session under instruments that was built elsewhere; before its ``start``.

    Its options stay as they are. ``calls_dir`` takes the place of ``BARGE_CALLS_DIR``; ``call_id``
    names the call's folder, as in :class:`BargeSession`.

    Raises:
        SettingsError: for a setting that cannot be used.
    """
    settings = Settings() if settings is None else settings
    return _instruments(session, settings, None, calls_dir=calls_dir, call_id=call_id)


def _instruments(
    session: AgentSession[Any],
    settings: Settings,
    chosen: Chosen | None,
    *,
    calls_dir: Path | None = None,
    call_id: str | None = None,
    turn_detection_given: bool | None = None,
) -> Instruments:
    preset = None if chosen is None else chosen.name
    keeping = Keeping(
        calls_dir=settings.calls_dir if calls_dir is None else calls_dir,
        call_id=call_id,
        audio=settings.record_audio,
        transcripts=settings.record_transcripts,
        retention_days=settings.retention_days,
        preset=preset,
        asked={} if chosen is None else chosen.asked,
        thresholds=Thresholds.load(settings.limits),
    )
    return Instruments(
        session,
        keeping,
        TurnLog(turn_logger(settings.log), preset=preset),
        in_force=partial(options_in_force, session),
        advice=lambda options: [
            *(() if chosen is None else chosen.notes),
            *advise(options, facts_of(session)),
        ],
        turn_detection_given=turn_detection_given,
    )


class _BargePlugin(Plugin):
    """Has nothing to download; registered so that LiveKit lists us with its other plugins."""

    def __init__(self) -> None:
        super().__init__("livekit_barge", __version__, "livekit_barge")


# LiveKit takes plugins on the main thread only; a job in a thread of its own may import us there.
if threading.current_thread() is threading.main_thread():
    Plugin.register_plugin(_BargePlugin())
