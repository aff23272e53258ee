"""Write each frame and event of a call to its files and measure it. No threads, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Int16
from livekit_barge.call.events import (
    CallerAnchored,
    Event,
    OptionsInForce,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.call.meta import CallMeta
from livekit_barge.call.placement import CallerTimeline
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.disk import CallFiles
from livekit_barge.recording.live_measure import LiveMeasure, rest
from livekit_barge.recording.timeline_buffer import ToRate


@dataclass(frozen=True)
class CallerFrame:
    """16-bit caller audio, interleaved, that was whole at ``arrived_s``."""

    arrived_s: float
    pcm: bytes
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class AgentFrame:
    """16-bit agent audio, interleaved, as it was handed to the output."""

    pcm: bytes
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class Close:
    """The call is over."""

    ended_s: float


# So many items at once, then the event loop has its turn: less than half a millisecond's work.
ITEMS_AT_ONCE = 8

Item = Event | CallerFrame | AgentFrame | Close


@dataclass(frozen=True)
class Reports:
    """The callbacks of a recorder, called in the recorder's thread."""

    turn: Callable[[Turn], None]
    """Report a turn whose outcome can no longer change."""
    disk_failed: Callable[[OSError], None]
    """The folder cannot be written; reported once."""


class CallWriter:
    """The writer of a call: it writes everything to the folder and measures as it goes."""

    def __init__(
        self,
        path: Path,
        meta: CallMeta,
        limits: Limits,
        reports: Reports,
        *,
        files: CallFiles | None = None,
        patience_s: float = 0.0,
    ) -> None:
        """``files`` replace a folder at ``path``; ``patience_s`` as in ``LiveMeasure``."""
        self._files = CallFiles(path, meta, reports.disk_failed) if files is None else files
        self._meter = LiveMeasure(limits, self._settled, patience_s=patience_s)
        self._report = reports.turn
        self._caller = _CallerSide()
        self._agent = _AgentSide()

    def keep(self, items: Sequence[Item]) -> None:
        """Take what came since the last time, and measure what has become final by it."""
        for number, item in enumerate(items, start=1):
            self.take(item)
            if number % ITEMS_AT_ONCE == 0:
                rest()
        if not (items and isinstance(items[-1], Close)):
            self.advance()

    def take(self, item: Item) -> None:
        """Take the next item; items come in the order in which they happened."""
        match item:
            case CallerFrame():
                samples = self._caller.take(item)
                self._files.samples("caller", samples, self._caller.rate)
                self._place_caller(self._caller.decide(item.arrived_s, len(samples)))
            case AgentFrame():
                self._push(self._agent.take(item))
            case Close():
                self._close(item.ended_s)
            case _:
                self._note(item)

    def advance(self) -> None:
        """Measure what has become final."""
        self._meter.advance()

    def release(self) -> None:
        """Release the folder, complete or not."""
        self._files.release()

    def _note(self, event: Event) -> None:
        if isinstance(event, SegmentStarted):
            self._agent.started(event)
        elif isinstance(event, SegmentFlushed):
            self._push(self._agent.flushed(event))
        elif isinstance(event, OptionsInForce):
            self._files.options(event.options)
        self._files.event(event)
        self._meter.event(event)

    def _push(self, samples: Int16) -> None:
        if len(samples):
            self._files.samples("agent", samples, self._agent.rate)
            self._meter.agent(samples, self._agent.rate)

    def _place_caller(self, anchors: Iterable[CallerAnchored]) -> None:
        for anchor in anchors:
            self._note(anchor)
        for at, samples in self._caller.placed():
            self._meter.caller(at, samples, self._caller.rate)

    def _settled(self, turn: Turn) -> None:
        self._files.turn(turn)
        self._report(turn)

    def _close(self, ended_s: float) -> None:
        self._place_caller(self._caller.close())
        self._meter.close(ended_s)
        self._files.close(ended_s, self._caller.early_s)


class _CallerSide:
    """The caller's samples, and where they lie."""

    def __init__(self) -> None:
        self._to_rate = ToRate()
        self._timeline: CallerTimeline | None = None
        self._anchor: CallerAnchored | None = None
        self._waiting: deque[Int16] = deque()
        self._placed = 0

    @property
    def rate(self) -> int:
        assert self._to_rate.rate is not None  # set by the first frame
        return self._to_rate.rate

    @property
    def early_s(self) -> float | None:
        return None if self._timeline is None else self._timeline.early_s

    def take(self, frame: CallerFrame) -> Int16:
        samples = self._to_rate(_mono(frame.pcm, frame.channels), frame.sample_rate)
        self._waiting.append(samples)
        return samples

    def decide(self, arrived_s: float, samples: int) -> list[CallerAnchored]:
        if self._timeline is None:
            self._timeline = CallerTimeline(self.rate)
        return self._keep(self._timeline.feed(arrived_s, samples))

    def close(self) -> list[CallerAnchored]:
        return [] if self._timeline is None else self._keep(self._timeline.close())

    def placed(self) -> Iterable[tuple[int, Int16]]:
        """Yield each stretch whose place is now certain, with its first sample on the timeline."""
        while self._timeline and self._anchor and self._placed < self._timeline.settled_samples:
            samples = self._waiting.popleft()
            at = round(self._anchor.at_s * self.rate) + self._placed - self._anchor.sample
            yield at, samples
            self._placed += len(samples)

    def _keep(self, anchors: list[CallerAnchored]) -> list[CallerAnchored]:
        self._anchor = anchors[-1] if anchors else self._anchor
        return anchors


class _AgentSide:
    """The agent's samples as they are pushed, each segment exactly as long as it says it is."""

    def __init__(self) -> None:
        self._to_rate = ToRate()
        self._offset_s = 0.0
        self._written = 0

    @property
    def rate(self) -> int:
        assert self._to_rate.rate is not None  # set by the first frame
        return self._to_rate.rate

    def started(self, event: SegmentStarted) -> None:
        self._offset_s = event.pushed_offset_s

    def take(self, frame: AgentFrame) -> Int16:
        return self._count(self._to_rate(_mono(frame.pcm, frame.channels), frame.sample_rate))

    def flushed(self, event: SegmentFlushed) -> Int16:
        """Return what a rate conversion held back, fitted so the next segment starts in place."""
        if self._to_rate.rate is None:
            return np.zeros(0, dtype=np.int16)
        lacking = max(round((self._offset_s + event.pushed_s) * self.rate) - self._written, 0)
        tail = self._to_rate.end()[:lacking]
        return self._count(np.pad(tail, (0, lacking - len(tail))))

    def _count(self, samples: Int16) -> Int16:
        self._written += len(samples)
        return samples


def _mono(pcm: bytes, channels: int) -> Int16:
    samples = np.frombuffer(pcm, dtype=np.int16)
    if channels == 1:
        return samples
    return np.asarray(samples.reshape(-1, channels).mean(axis=1), dtype=np.int16)
