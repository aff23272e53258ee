"""Judges the events of a played call by their labels: a label wins over what the ruler guesses.

Without a label the ruler takes a short sound that the agent spoke through for one to hold through,
and a stop for words of listening for a false one. With a label that is known:

| ``expect`` | the agent stopped | it went on |
|---|---|---|
| ``yield`` | ``yielded``, ``late`` or ``missed``, by the time to yield | ``missed`` |
| ``hold``, ``protected`` | ``false_stop`` | ``held`` |

A line's place is known as well, so an event is judged where the ruler saw no onset: a cough is no
speech to it, and a caller may drown in noise. The onset is then the place itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from livekit_barge.bench.director import PlacedLine
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.results import EventResult
from livekit_barge.bench.voices import SAMPLE_RATE
from livekit_barge.measure.overlap import Outcome, Overlap
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.turns import Turn

_DIGITS = 6  # microseconds, as every stamp


def judge_events(case_id: str, played: PlayedCall, limits: Thresholds) -> tuple[EventResult, ...]:
    """The events of a call, in the order of their lines."""
    return tuple(
        _judge(case_id, number, played, limits)
        for number, placed in enumerate(played.lines)
        if placed.line.expect is not None
    )


def _judge(case_id: str, number: int, played: PlayedCall, limits: Thresholds) -> EventResult:
    placed = played.lines[number]
    line = placed.line
    assert line.expect is not None  # its caller asked only for such
    overlap = played.overlap_of(line)
    seen = overlap or _stop_without_onset(played, number, limits)
    judge = _to_yield if line.expect == "yield" else _to_hold
    outcome, reason = judge(seen, placed, played.turns, limits)
    event = EventResult(
        case_id=case_id,
        line=number,
        said=line.text or line.name,
        at=str(line.at),
        expect=line.expect,
        kind=line.kind,
        outcome=outcome,
        unlabelled=None if overlap is None else overlap.outcome,
        reason=reason,
        onset_s=round(placed.start_s, _DIGITS),
    )
    return event if seen is None else _with_clocks(event, seen, played.turns, limits)


def _to_yield(
    seen: Overlap | None, placed: PlacedLine, turns: Sequence[Turn], limits: Thresholds
) -> tuple[Outcome, str | None]:
    if seen is None:
        if _agent_audible_at(placed.start_s, turns):
            return "missed", None
        return "unmeasurable", "it did not fall on the agent's speech"
    if seen.outcome in ("natural_end", "unmeasurable", "missed"):
        return seen.outcome, seen.reason
    if seen.outcome == "held" or seen.silent_s is None:
        return "missed", None
    onset_s = placed.start_s if seen.onset_s is None else seen.onset_s
    return _by_time(seen.silent_s - onset_s, limits), None


def _to_hold(
    seen: Overlap | None, placed: PlacedLine, turns: Sequence[Turn], _: Thresholds
) -> tuple[Outcome, str | None]:
    if seen is None:
        if _agent_audible_at(placed.start_s, turns):
            return "held", None
        return "unmeasurable", "it did not fall on the agent's speech"
    stopped = seen.decision_s is not None and seen.silent_s is not None
    if seen.outcome == "unmeasurable" and not stopped:
        return seen.outcome, seen.reason
    if seen.outcome == "natural_end":
        return ("natural_end" if stopped else "held"), None
    if seen.outcome in ("yielded", "late", "false_stop") or stopped:
        return "false_stop", None
    return "held", None


def _by_time(time_to_yield_s: float, limits: Thresholds) -> Outcome:
    if time_to_yield_s <= limits.yield_within_s:
        return "yielded"
    return "late" if time_to_yield_s < limits.missed_after_s else "missed"


def _with_clocks(
    event: EventResult, seen: Overlap, turns: Sequence[Turn], limits: Thresholds
) -> EventResult:
    """The event with the ruler's figures; from the line's place where the ruler saw no onset."""
    onset_s = event.onset_s if seen.onset_s is None else seen.onset_s
    stopped = event.outcome not in ("held", "natural_end", "unmeasurable")
    time_s = seen.time_to_yield_s
    if stopped and time_s is None:
        time_s = _minus(seen.silent_s, onset_s)
    yielded = None
    if event.outcome not in ("natural_end", "unmeasurable"):
        yielded = time_s is not None and not seen.lower_bound and time_s <= limits.yield_within_s
    dead_air_s = seen.dead_air_s
    if event.outcome == "false_stop" and dead_air_s is None and seen.silent_s is not None:
        dead_air_s = _dead_air_s(seen.silent_s, turns)
    return EventResult(
        **{
            **vars(event),
            "onset_s": onset_s,
            "yielded": yielded,
            "talked_on": seen.talked_on,
            "detection_s": _minus(seen.decision_s, onset_s),
            "cancellation_s": seen.cancellation_s,
            "time_to_yield_s": time_s if stopped else None,
            "lower_bound": seen.lower_bound,
            "quiet_at_decision": seen.quiet_at_decision,
            "agent_over_caller": seen.agent_over_caller,
            "resumed": bool(seen.resumed),
            "pause_s": seen.pause_s,
            "dead_air_s": dead_air_s,
            "cause": seen.cause,
            "protected": seen.protected,
        }
    )


def _stop_without_onset(played: PlayedCall, number: int, limits: Thresholds) -> Overlap | None:
    """A stop in a line's reach for which the ruler found nobody who spoke."""
    placed = played.lines[number]
    until_s = placed.end / SAMPLE_RATE + limits.decision_reach_s
    for following in played.lines[number + 1 :]:
        until_s = min(until_s, following.start_s)
    for overlap in played.overlaps:
        decided_s = overlap.decision_s
        if overlap.onset_s is not None or decided_s is None:
            continue
        if placed.start_s <= decided_s <= until_s:
            return overlap
    return None


def _agent_audible_at(at_s: float, turns: Sequence[Turn]) -> bool:
    return any(t.speaker == "agent" and t.started_s <= at_s < t.ended_s for t in turns)


def _dead_air_s(silent_s: float, turns: Sequence[Turn]) -> float | None:
    """From a stop that was not taken back to the agent's next word, less what the caller said."""
    again_s = min(
        (t.started_s for t in turns if t.speaker == "agent" and t.started_s > silent_s),
        default=None,
    )
    if again_s is None:
        return None
    spoken_s = sum(
        max(min(t.ended_s, again_s) - max(t.started_s, silent_s), 0.0)
        for t in turns
        if t.speaker == "caller"
    )
    return round(max(again_s - silent_s - spoken_s, 0.0), _DIGITS)


def _minus(later_s: float | None, earlier_s: float | None) -> float | None:
    if later_s is None or earlier_s is None:
        return None
    return round(later_s - earlier_s, _DIGITS)
