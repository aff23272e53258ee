"""The files that a recording is scored from: they decide whether a result is still valid."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from livekit_barge.call.formats import AUDIO_FILE, EVENTS_FILE, META_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.vendor_json import beside


def inputs(path: Path, order: ScoreOptions) -> list[Path]:
    """Return the files that scoring the recording reads, besides the limits."""
    if os.path.isdir(path):
        return [path / name for name in (META_FILE, EVENTS_FILE, AUDIO_FILE)]
    named = (path, order.agent_file, order.call_json or beside(path))
    return [file for file in named if file is not None]


def state_of(path: Path) -> os.stat_result | None:
    """Return the state of a file, or ``None`` if it cannot be examined."""
    try:
        return path.stat()
    except OSError:
        return None


def refuse_overwriting(output: Path, read: Iterable[Path]) -> None:
    """Raise :class:`IntakeError` if ``output`` is one of the files, under any name."""
    there = state_of(output)
    if there is None:
        return
    for file in read:
        state = state_of(file)
        if state is not None and os.path.samestat(there, state):
            raise IntakeError(
                "--json would overwrite it before it is read",
                where=output,
                remedy="name another file",
            )
