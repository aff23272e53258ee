"""The Call folder: written while a call runs, read by everything that measures and reports.

| file | what |
|---|---|
| ``call.json`` | who recorded it, where, with which options: :class:`~.meta.CallMeta` |
| ``events.jsonl`` | an event a line: :mod:`livekit_barge.call.events` |
| ``audio.flac`` | two channels, one timeline: 0 the caller, 1 the agent |
| ``pushed.flac`` | the agent's audio as it was handed to the output, played or not; at the agent |
| ``turns.jsonl`` | what was measured; can always be derived again |

A folder whose process was killed still holds the two sides as raw samples and opens like any other,
with a note of what is missing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from livekit_barge.call import audio
from livekit_barge.call.audio import Float32
from livekit_barge.call.events import CallerLinked, Event, RoomConnection, from_line
from livekit_barge.call.finish import finish_call, remove_spools
from livekit_barge.call.formats import AUDIO_FILE, EVENTS_FILE, META_FILE
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import BadEvent, CallError
from livekit_barge.files.read_file import read_regular

_BROKE_OFF = "the recording broke off before the call was closed: its process or its disk failed"


@dataclass(frozen=True)
class Call:
    """A Call folder, read. Events are in order of ``at_s``; audio is read when asked for."""

    path: Path
    meta: CallMeta
    events: tuple[Event, ...]
    notes: tuple[str, ...]
    """The gaps and repairs of the recording."""

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Read a folder, and finish one whose recording process did not live to do so.

        Raises :class:`CallError` with the file, and the line where there is one.
        """
        path = Path(path)
        try:
            meta = _read_meta(path)
            with _not_being_recorded(path):
                events, notes = read_events(path / EVENTS_FILE)
                meta = _made_whole(path, meta, events)
        except OSError as error:
            raise CallError(
                f"cannot be read ({error.strerror})",
                where=error.filename or path,
                remedy="check that it is readable, or copy the folder",
            ) from error
        if meta.audio_recorded and not (path / AUDIO_FILE).exists():
            raise CallError(
                "no audio",
                where=path / AUDIO_FILE,
                remedy="restore the file, or record again with BARGE_RECORD_AUDIO=1",
            )
        notes += [
            f"the connection to the room was lost at {event.at_s:.1f} s"
            for event in events
            if isinstance(event, RoomConnection) and event.state == "lost"
        ]
        return cls(path, meta, tuple(events), (*meta.notes, *notes))

    @property
    def sample_rate(self) -> int:
        """Samples a second of both channels."""
        return self.meta.sample_rate

    @property
    def duration_s(self) -> float:
        """The known length of the call."""
        assert self.meta.duration_s is not None  # ``open`` finishes a call that lacks it
        return self.meta.duration_s

    @property
    def caller_kind(self) -> str | None:
        """As what the caller came into the room, ``standard``, ``sip``, …; ``None``: not known."""
        kinds = [event.kind for event in self.events if isinstance(event, CallerLinked)]
        return kinds[-1] if kinds else None

    def blocks(self, block_s: float = 10.0) -> Iterator[Float32]:
        """Both channels, block by block: float32 of shape ``(2, n)``, full scale 1.0.

        Raises :class:`CallError` where audio was switched off.
        """
        file = self.path / AUDIO_FILE
        if not file.exists():
            raise CallError(
                "this call was recorded without audio",
                where=self.path,
                remedy="its turns.jsonl holds what was measured while it ran",
            )
        if self.duration_s > 0:  # FLAC has no file of no samples
            yield from audio.read_blocks(file, self.sample_rate, self.duration_s, block_s)


@contextmanager
def _not_being_recorded(path: Path) -> Iterator[None]:
    """Refuse a call whose recorder still lives; finishing it would pull its files away."""
    with lock_folder(path) as locked:
        if not locked:
            raise CallError(
                "this call is still being recorded", where=path, remedy="read it when it has ended"
            )
        yield


@contextmanager
def lock_folder(path: Path) -> Iterator[bool]:
    """Hold the folder for writing; ``False``: somebody else does. The dead hold nothing."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _made_whole(path: Path, meta: CallMeta, events: Sequence[Event]) -> CallMeta:
    """Do for a call that broke off what its recorder would have done at the end."""
    if meta.duration_s is not None:
        # Whole, but for the last step if it was killed over that; a read-only disk may keep it.
        with contextlib.suppress(OSError):
            remove_spools(path)
        return meta
    meta = dataclasses.replace(meta, notes=(*meta.notes, _BROKE_OFF))
    try:
        return finish_call(path, meta, events, ended_s=None)
    except OSError as error:
        raise CallError(
            f"its audio cannot be put together ({error.strerror})",
            where=path,
            remedy="copy the folder to where it can be written",
        ) from error


def _read_meta(path: Path) -> CallMeta:
    file = path / META_FILE
    if not file.exists():
        raise CallError(
            f"no {META_FILE}", where=path, remedy="point at a Call folder, such as calls/2026-…"
        )
    return CallMeta.read(file)


def read_events(file: Path) -> tuple[list[Event], list[str]]:
    """Read the events in order of ``at_s``, and note what is missing. Raises :class:`BadEvent`."""
    if not file.exists():
        return [], ["no events.jsonl: nothing was stamped"]
    lines = read_regular(file).split(b"\n")
    events, notes = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            events.append(from_line(line, where=f"{file}:{number}"))
        except BadEvent:
            if number < len(lines):
                raise
            # Only the last line can lack its end, and only when the process was killed over it.
            notes.append(f"the last line of {EVENTS_FILE} is torn and was left out")
    return sorted(events, key=lambda event: event.at_s), notes
