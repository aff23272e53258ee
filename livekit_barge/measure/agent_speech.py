"""One speech of the agent's: what was pushed, what was heard of it, what was done to stop it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from livekit_barge.call.events import Decision
from livekit_barge.call.placement import Placement
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span, joined
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import DecisionMade

# A sink reports in floats, and RoomIO in wall-clock stamps: 1 ms is far over their rounding.
_ROUNDING_S = 0.001
# A resumed output is heard within a frame of the order, or a little before it by another clock.
_RESUME_SLACK_S = 0.05
# A dated edge may lie this far outside of what played: the dating's uncertainty.
_DATED_SLACK_S = 0.02
# LiveKit closes a session by interrupting what plays; once that is torn down, which takes some
# turns of the loop, it takes the session's input away. Pipecat ends both at once.
_TEARDOWN_S = 1.0


@dataclass
class _SpeechSegment:
    pushed_s: float | None = None
    flushed_at_s: float | None = None
    played_s: float = 0.0


@dataclass
class Hold:
    """From a pause of the output to its resume; ``None``: not resumed."""

    paused_at_s: float
    resumed_at_s: float | None = None


@dataclass
class Speech:
    """A LiveKit ``SpeechHandle``, gathered from the call's events and the agent's bursts."""

    speech_id: str | None
    runs: list[Burst] = field(default_factory=list)
    """Its audible bursts, in order."""
    played: list[Placement] = field(default_factory=list)
    decisions: list[DecisionMade] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    interrupted_at_s: float | None = None
    interrupted_by: str | None = None
    """LiveKit's source of the interruption."""
    done_at_s: float | None = None
    closed_at_s: float | None = None
    """The call was closed from here on, and the speech with it."""
    item_ids: frozenset[str] = frozenset()
    """Its messages in the chat context."""
    _segments: dict[int, _SpeechSegment] = field(default_factory=dict)

    def begin(self, segment_id: int) -> None:
        """Its first frame, or the first after a flush, was pushed."""
        self._segments[segment_id] = _SpeechSegment()

    def flush(self, segment_id: int, at_s: float, pushed_s: float) -> None:
        """The segment is whole."""
        segment = self._segments[segment_id]
        segment.flushed_at_s, segment.pushed_s = at_s, pushed_s

    def play(self, placement: Placement) -> None:
        """A stretch of it has its place on the timeline."""
        self.played.append(placement)
        self._segments[placement.segment_id].played_s += placement.duration_s

    def decide(self, event: Decision) -> None:
        """It is to stop."""
        self.decisions.append(
            DecisionMade(
                at_s=event.at_s, path=event.path, cause=event.cause, queued_s=event.queued_s
            )
        )

    def close(self, at_s: float) -> None:
        """The call ends: its input was taken away, or the framework says so."""
        ends_s = [end_s for end_s in (self.interrupted_at_s, self.done_at_s) if end_s is not None]
        if self.closed_at_s is None and any(at_s - _TEARDOWN_S <= end_s for end_s in ends_s):
            by_close = self.interrupted_by == "programmatic"
            self.closed_at_s = self.interrupted_at_s if by_close else at_s

    def hear(self, burst: Burst) -> None:
        """Take what of an agent's burst is this speech; a burst may bridge two speeches."""
        whole = Span(burst.onset_s, burst.end_s)
        mine = [part for span in self.spans if (part := span.cut(whole)).length_s > 0]
        if mine:
            self.runs.append(_within(burst, mine[0].begin_s, mine[-1].end_s))

    @property
    def stamped(self) -> bool:
        """Return whether its audio was stamped as pushed, and not only heard."""
        return bool(self._segments)

    @property
    def segment_ids(self) -> list[int]:
        return list(self._segments)

    @property
    def cut_off_s(self) -> float | None:
        """The moment when the call's end cut it off; ``None``: it had ended, or it continues."""
        return None if self.played_whole() else self.closed_at_s

    def over_by(self, at_s: float) -> bool:
        """Return whether it is known by then that no more of it comes, nor would have come."""
        if self.cut_off_s is not None:
            return False
        return self.done_at_s is not None and (self.stamped or self.done_at_s <= at_s)

    def played_in(self, heard: Span) -> bool:
        """Return whether some of it played then."""
        return any(span.meets(heard) for span in self.spans)

    @property
    def spans(self) -> list[Span]:
        """The stretches in which it played, audible or not."""
        return joined(
            Span(placed.at_s, placed.at_s + placed.duration_s + _ROUNDING_S)
            for placed in self.played
        )

    @property
    def audible(self) -> list[Span]:
        return [Span(run.onset_s, run.end_s) for run in self.runs]

    def played_whole(self, *, generated_by_s: float | None = None) -> bool:
        """Return whether all of it was heard: pushed to its end (by then) and played to its end."""
        return bool(self._segments) and all(
            segment.pushed_s is not None
            and segment.played_s >= segment.pushed_s - _ROUNDING_S
            and (generated_by_s is None or (segment.flushed_at_s or 0.0) <= generated_by_s)
            for segment in self._segments.values()
        )

    def held_between(self, begin_s: float, end_s: float) -> Hold | None:
        """The hold that explains a silence between two runs, where there is one."""
        for hold in self.holds:
            if hold.resumed_at_s is not None and (
                hold.paused_at_s <= end_s
                and begin_s <= hold.resumed_at_s <= end_s + _RESUME_SLACK_S
            ):
                return hold
        return None

    def floors(self, limits: Limits) -> list[list[Burst]]:
        """Its runs, a list for each time that it had the floor.

        Parted where it was held, and where it fell silent for longer than ``turn_gap_s``.
        """
        floors: list[list[Burst]] = []
        for run in self.runs:
            silent = Span(floors[-1][-1].end_s, run.onset_s) if floors else None
            if silent and silent.length_s <= limits.turn_gap_s and not self.held_between(*silent):
                floors[-1].append(run)
            else:
                floors.append([run])
        return floors

    def start_delayed_s(self) -> float | None:
        """Return how long holds delayed its first audible sample; ``None``: not at all."""
        if not self.runs:
            return None
        first_s = self.runs[0].onset_s
        delays = [
            hold.resumed_at_s - hold.paused_at_s
            for hold in self.holds
            if hold.resumed_at_s is not None and hold.resumed_at_s <= first_s + _RESUME_SLACK_S
        ]
        return sum(delays) if delays else None

    def lost_between(self, begin_s: float, end_s: float) -> float | None:
        """Seconds pushed and never played between two runs; ``None``: the places are reckoned."""
        before = [p for p in self.played if p.at_s < begin_s]
        after = [p for p in self.played if p.at_s + p.duration_s > end_s]
        if not before or not after or before[-1].estimated or after[0].estimated:
            return None
        skipped_s = after[0].offset_s - (before[-1].offset_s + before[-1].duration_s)
        return max(round(skipped_s, 6), 0.0)


def _within(burst: Burst, begin_s: float, end_s: float) -> Burst:
    """The burst, cut where the next speech begins; an edge that nothing cuts stays as dated."""
    onset_s = burst.onset_s if begin_s - burst.onset_s < _DATED_SLACK_S else begin_s
    ended_s = burst.end_s if burst.end_s - end_s < _DATED_SLACK_S else end_s
    return replace(burst, onset_s=onset_s, end_s=ended_s)
