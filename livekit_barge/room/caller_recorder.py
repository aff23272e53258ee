"""Records a call at the caller's end: what was sent and what was heard, on one clock, in a folder.

Each side's samples are counted along from an anchor. Where they come late for good, because this
process was late (or, on the heard side, the stream broke off), there is a new anchor: the step
between the two is the *lag*, and figures across it are not to be trusted.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from livekit_barge.call.audio import Int16
from livekit_barge.call.events import (
    AgentAnchored,
    CallerAnchored,
    Event,
    RoomConnection,
    Transcript,
)
from livekit_barge.call.fields import encode
from livekit_barge.call.finish import replacing
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import TURNS_FILE
from livekit_barge.call.meta import CallMeta
from livekit_barge.call.placement import CallerTimeline
from livekit_barge.clock import CallClock
from livekit_barge.errors import CallError
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import AgentFrame, CallerFrame, Close, Item
from livekit_barge.recording.disk import CallFiles
from livekit_barge.recording.recorder import Recorder
from livekit_barge.stage.track import Pcm

# What stays later than counted by more than this is a new anchor: half of the lag a figure bears.
_LATE_S = 0.005


class Record:
    """The event loop's side: all but ``finish`` return at once, a thread does the writing."""

    def __init__(
        self,
        path: Path,
        meta: CallMeta,
        clock: CallClock,
        sample_rate: int,
        limits: Limits | None = None,
    ) -> None:
        """Open the folder; ``limits`` are the limits to measure by, else the shipped ones."""
        self._path = path
        self._clock = clock
        self._limits = limits
        self._rate = sample_rate
        self._sent = 0
        self._heard = CallerTimeline(sample_rate, gap_late_s=_LATE_S)
        self._known = _Known()
        self._recorder = Recorder(
            partial(_Book, path, meta, self._known), self._known.failures.append
        )

    def note(self, text: str) -> None:
        """Add a note for the folder's reader, with its time."""
        self._known.notes.append(f"{text}, {self._clock.at_s():.1f} s after the call's start")

    def sent(self, pcm: Pcm, begins_s: float, late: bool) -> None:
        """A frame was pushed whose first sample is sent at ``begins_s``."""
        if late or not self._sent:
            reason: Literal["first", "gap"] = "gap" if self._sent else "first"
            self._recorder.event(
                CallerAnchored(at_s=round(begins_s, 6), sample=self._sent, reason=reason)
            )
        self._sent += len(pcm)
        self._recorder.caller_frame(begins_s, pcm.tobytes(), self._rate, 1)

    def heard(self, pcm: Pcm, arrived_s: float) -> None:
        """A frame was heard whose last sample came at ``arrived_s``."""
        self._recorder.agent_frame(pcm.tobytes(), self._rate, 1)
        self._place(self._heard.feed(arrived_s, len(pcm)))

    def connection(self, state: Literal["lost", "back"]) -> None:
        """The connection to the room broke, or came back."""
        self._recorder.event(RoomConnection(at_s=self._clock.at_s(), state=state))

    def event(self, event: Event) -> None:
        """Add an event of the call that is not audio or words."""
        self._recorder.event(event)

    def said(self, text: str, ended_s: float) -> None:
        """The caller has said so much, by ``ended_s``."""
        self._recorder.event(Transcript(at_s=round(ended_s, 6), text=text, is_final=True))

    def finish(self) -> list[Turn]:
        """Close the folder, measure it, and keep the turns. Blocks: not for the event loop.

        Raises :class:`CallError` where the disk failed.
        """
        ended_s = self._clock.at_s()
        self._place(self._heard.close())
        self._known.early_s = self._heard.early_s
        self._recorder.close(ended_s)
        self._recorder.join()
        if self._known.failures:
            failure = self._known.failures[0]
            if not isinstance(failure, OSError):
                raise failure
            why = failure.strerror or str(failure)
            raise CallError(
                f"cannot be written ({why})", where=self._path, remedy="free some disk space"
            )
        turns = measure_call(Call.open(self._path), self._limits)
        with replacing(self._path / TURNS_FILE) as out:
            for turn in turns:
                out.write(encode(json.dumps(turn.to_json(), ensure_ascii=False) + "\n"))
        return turns

    def _place(self, anchors: list[CallerAnchored]) -> None:
        for anchor in anchors:
            self._recorder.event(
                AgentAnchored(at_s=anchor.at_s, sample=anchor.sample, reason=anchor.reason)
            )


@dataclass
class _Known:
    """The messages between the loop and the recorder's thread."""

    notes: list[str] = field(default_factory=list)
    early_s: float | None = None
    failures: list[Exception] = field(default_factory=list)


class _Book:
    """Write each item to the files; in the recorder's thread."""

    def __init__(self, path: Path, meta: CallMeta, known: _Known) -> None:
        self._files = CallFiles(path, meta, known.failures.append)
        self._known = known

    def keep(self, items: Sequence[Item]) -> None:
        """Write what came; nothing is measured while the call runs."""
        for item in items:
            self._write(item)

    def release(self) -> None:
        """Release the folder."""
        self._files.release()

    def _write(self, item: Item) -> None:
        match item:
            case CallerFrame():
                self._files.samples("caller", _samples(item.pcm), item.sample_rate)
            case AgentFrame():
                self._files.samples("agent", _samples(item.pcm), item.sample_rate)
            case Close():
                notes = tuple(self._known.notes)
                self._files.meta = dataclasses.replace(self._files.meta, notes=notes)
                self._files.close(item.ended_s, self._known.early_s)
            case _:
                self._files.event(item)


def _samples(pcm: bytes) -> Int16:
    return np.frombuffer(pcm, dtype=np.int16)
