"""Keeps a scripted call in virtual time: everything at its end, in the loop's own thread.

A live call is written and measured while it runs, in a thread (``recording.recorder``),
so that a killed process loses little. In virtual time there is nothing to lose and no
loop to spare: a thread would only take the interpreter in turns with it. The book is the same, what
is kept and the turns are too; it is given everything once the call is over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from livekit_barge.call.audio import Int16
from livekit_barge.call.events import Event
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import SettingsError
from livekit_barge.files import private
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import CallWriter, Close, Item, Reports
from livekit_barge.recording.disk import CallFiles
from livekit_barge.recording.recorder import Recorder, RecordingBackend
from livekit_barge.stage.time.virtual import at_once


class RecorderAtTheEnd(Recorder):
    """Defers everything until ``join``, after ``close``."""

    def __init__(
        self, open_keeper: Callable[[], RecordingBackend], on_fault: Callable[[Exception], None]
    ) -> None:
        # No thread, so nothing of the other's.
        self._open_keeper = open_keeper
        self._on_fault = on_fault
        self._items: list[Item] = []
        self._closed = False

    def close(self, ended_s: float) -> None:
        self._put(Close(ended_s))
        self._closed = True

    @at_once
    def join(self) -> bool:
        items, self._items = self._items, []
        if not items:
            return True
        try:
            keeper = self._open_keeper()
            try:
                keeper.keep(items)
            finally:
                keeper.release()
        except Exception as error:
            self._on_fault(error)
        return True

    def _put(self, item: Item) -> None:
        if not self._closed:
            self._items.append(item)


def check_writable(calls_dir: Path) -> None:
    """Check the folder before a call is played. Raises :class:`SettingsError`."""
    try:
        private.make_folder(calls_dir)
        tempfile.TemporaryFile(dir=calls_dir).close()
    except OSError as error:
        raise SettingsError(
            f"no calls can be kept there ({error.strerror})",
            where=calls_dir,
            remedy="point --calls-dir elsewhere",
        ) from error


PATIENCE_S = 10.0
"""Audio that is heard at once, as of a folder: more costs less, and nobody waits for it."""


def keep_folder(path: Path, meta: CallMeta, limits: Limits, reports: Reports) -> RecordingBackend:
    """A book as in a live call."""
    return CallWriter(path, meta, limits, reports, patience_s=PATIENCE_S)


def keep_turns(path: Path, meta: CallMeta, limits: Limits, reports: Reports) -> RecordingBackend:
    """A book in which only the turns are kept, which ``reports`` are told of."""
    return CallWriter(path, meta, limits, reports, files=_NoFiles(), patience_s=PATIENCE_S)


class _NoFiles(CallFiles):
    """A call of which nothing is written."""

    def __init__(self) -> None:
        """Keep no folder."""

    def event(self, event: Event) -> None: ...

    def turn(self, turn: Turn) -> None: ...

    def samples(self, side: str, samples: Int16, sample_rate: int) -> None: ...

    def options(self, options: Mapping[str, Any]) -> None: ...

    def close(self, ended_s: float, alignment_uncertainty_s: float | None) -> None: ...

    def release(self) -> None: ...
