"""Places each side's audio on the call's timeline.

Caller: the first sample is placed at its arrival less the frame's length, the rest by counting
samples. Stamping each frame by its arrival would write the network's jitter into the audio; a
stalled event loop delivers late and then catches up, which is no gap. Only audio that stays late
is one, and is written down as a new anchor.

Agent: audio is pushed ahead of time, so its place is known when the sink reports what it played
(RoomIO does so at a pause, a clear, a dry queue or the end). A sink that reports no stretches is
described by its segment's start and end; such places are marked ``estimated``.

Both classes read events in order and can be asked at any time, so the live meter and a folder read
later place audio by the same code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from livekit_barge.call.events import (
    CallerAnchored,
    Event,
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
)

# Late by more than this, for as long as that: a gap. 0.1 s is two frames of a room's 50 ms; after
# a stall of the event loop, however long, the frames that waited come all at once.
GAP_LATE_S = 0.1
GAP_LASTING_S = 0.3


@dataclass(frozen=True)
class Placement:
    """A stretch of pushed agent audio, and where on the timeline it played."""

    at_s: float
    offset_s: float
    """The beginning of the stretch in the pushed audio."""
    duration_s: float
    segment_id: int
    estimated: bool = False
    """The sink gave only the ends of the segment, so the place is reckoned from those."""


@dataclass
class _PlacedSegment:
    segment_id: int
    first_frame_at_s: float
    offset_s: float
    pushed_s: float | None = None
    started_at_s: float | None = None
    reported_at_s: float | None = None
    """The end on the timeline of what the sink has reported so far."""
    held: list[tuple[float, float]] = field(default_factory=list)
    """The pauses of the output during the segment: from, to."""

    def reckon(self, played_s: float) -> list[Placement]:
        """Place the first ``played_s`` from the start on, around the pauses."""
        at_s = self.first_frame_at_s if self.started_at_s is None else self.started_at_s
        placements = []
        done_s = 0.0
        for held_from_s, held_to_s in self.held:
            if held_to_s <= at_s:
                continue
            piece_s = min(max(held_from_s - at_s, 0.0), played_s - done_s)
            placements.append(self._placement(at_s, done_s, piece_s))
            done_s += piece_s
            at_s = held_to_s
        placements.append(self._placement(at_s, done_s, played_s - done_s))
        return [placement for placement in placements if placement.duration_s > 0]

    def _placement(self, at_s: float, done_s: float, duration_s: float) -> Placement:
        return Placement(at_s, self.offset_s + done_s, duration_s, self.segment_id, estimated=True)


class AgentTimeline:
    """Turns the output's events into placements as they become final."""

    def __init__(self) -> None:
        self._segments: dict[int, _PlacedSegment] = {}
        self._paused_at_s: float | None = None

    def feed(self, event: Event) -> list[Placement]:
        """Return the placements that the event made final, in the order in which they played."""
        match event:
            case SegmentStarted():
                self._segments[event.segment_id] = _PlacedSegment(
                    event.segment_id, event.at_s, event.pushed_offset_s
                )
            case SegmentFlushed() if segment := self._segments.get(event.segment_id):
                segment.pushed_s = event.pushed_s
            case PlaybackStarted() if segment := self._segments.get(event.segment_id):
                played_from_s = event.livekit_at_s
                segment.started_at_s = event.at_s if played_from_s is None else played_from_s
            case OutputPaused():
                self._paused_at_s = event.at_s
            case OutputResumed() if self._paused_at_s is not None:
                for segment in self._segments.values():
                    segment.held.append((self._paused_at_s, event.at_s))
                self._paused_at_s = None
            case PlaybackProgressed() if segment := self._segments.get(event.segment_id):
                return [self._report(segment, event)]
            case PlaybackFinished() if segment := self._segments.pop(event.segment_id, None):
                if segment.reported_at_s is None:
                    self._hold_until(event.at_s, segment)
                    return segment.reckon(event.position_s)
        return []

    def settled_s(self, now_s: float) -> float:
        """The time before which the agent's audio can no longer change, at most ``now_s``."""
        open_from = [
            segment.first_frame_at_s if segment.reported_at_s is None else segment.reported_at_s
            for segment in self._segments.values()
        ]
        return min([now_s, *open_from])

    def close(self, now_s: float) -> list[Placement]:
        """Place what is open when the call ends or breaks off, as far as it can have played."""
        placements = []
        for segment in self._segments.values():
            if segment.reported_at_s is None and segment.started_at_s is not None:
                self._hold_until(now_s, segment)
                held_s = sum(to_s - from_s for from_s, to_s in segment.held)
                played_s = max(now_s - segment.started_at_s - held_s, 0.0)
                pushed_s = played_s if segment.pushed_s is None else segment.pushed_s
                placements += segment.reckon(min(played_s, pushed_s))
        self._segments.clear()
        return placements

    def _report(self, segment: _PlacedSegment, event: PlaybackProgressed) -> Placement:
        segment.reported_at_s = event.started_at_s + event.duration_s
        offset_s = segment.offset_s + event.offset_s
        return Placement(event.started_at_s, offset_s, event.duration_s, segment.segment_id)

    def _hold_until(self, now_s: float, segment: _PlacedSegment) -> None:
        if self._paused_at_s is not None:
            segment.held.append((self._paused_at_s, now_s))


def place_agent(events: Iterable[Event], *, ended_s: float) -> list[Placement]:
    """All placements of a call, in the order in which they became final."""
    timeline = AgentTimeline()
    placements = [placement for event in events for placement in timeline.feed(event)]
    return placements + timeline.close(ended_s)


@dataclass(frozen=True)
class _WaitingFrame:
    arrived_s: float
    samples: int


class CallerTimeline:
    """Counts the caller's samples along and finds where some are missing.

    Feed it each frame's arrival; it answers with the anchors that have become certain. Frames that
    are late are held until it is clear whether the loop stalled or audio is missing.
    """

    def __init__(self, sample_rate: int, *, gap_late_s: float = GAP_LATE_S) -> None:
        self._rate = sample_rate
        self._gap_late_s = gap_late_s
        self._anchor: CallerAnchored | None = None
        self._count = 0
        self._usual = 0
        """A frame's samples."""
        self._held: list[_WaitingFrame] = []
        self.early_s = 0.0
        """The most by which a frame came before it can have been spoken: the uncertainty."""

    def feed(self, arrived_s: float, samples: int) -> list[CallerAnchored]:
        """A frame of ``samples`` arrived whole at ``arrived_s``."""
        self._held.append(_WaitingFrame(arrived_s, samples))
        self._usual = self._usual or samples
        if self._anchor is not None and self._late_s(self._held)[-1] <= self._gap_late_s:
            if samples <= self._usual:  # LiveKit hands over half a second of silence after the last
                self.early_s = max(self.early_s, -self._late_s(self._held)[-1])
            self._release()
            return []
        if arrived_s - self._held[0].arrived_s < GAP_LASTING_S:
            return []
        return self.close()

    def close(self) -> list[CallerAnchored]:
        """Decide on the frames still held."""
        if not self._held:
            return []
        late_s = min(self._late_s(self._held))
        first = self._anchor is None
        at_s = self._ends_s(self._count) + late_s
        self._anchor = CallerAnchored(
            at_s=round(at_s, 6), sample=self._count, reason="first" if first else "gap"
        )
        self._release()
        return [self._anchor]

    @property
    def settled_samples(self) -> int:
        """The number of samples that have their place."""
        return self._count

    def _release(self) -> None:
        self._count += sum(frame.samples for frame in self._held)
        self._held.clear()

    def _ends_s(self, sample: int) -> float:
        if self._anchor is None:
            return sample / self._rate
        return self._anchor.at_s + (sample - self._anchor.sample) / self._rate

    def _late_s(self, frames: list[_WaitingFrame]) -> list[float]:
        """Return how late each frame's end came, compared with counting samples on."""
        late, count = [], self._count
        for frame in frames:
            count += frame.samples
            late.append(frame.arrived_s - self._ends_s(count))
        return late
