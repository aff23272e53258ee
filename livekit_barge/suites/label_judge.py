"""Judges the events of a played call by their labels: a label wins over the guess without one.

Without a label the ruler takes a short sound that the agent spoke through for one to hold through,
and a stop for words of listening for a false one. With a label that is known:

| ``expect`` | the agent stopped | it went on |
|---|---|---|
| ``yield`` | ``yielded``, ``late`` or ``missed``, by the time to yield | ``missed`` |
| ``hold``, ``protected`` | ``false_stop`` | ``held`` |

A line's place is known as well, so an event is judged where the ruler saw no onset of it: a cough
is no speech to it, and a caller may drown in noise. A stop in the line's reach is then the line's
doing, and its onset the place itself.

Where there is noise or echo all the while, each of the agent's speeches is one more event, which
has no line and is to be held through: ``false_stop`` if something stopped it that no line did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from livekit_barge.hearing.span import Span
from livekit_barge.measure.figures import DIGITS, dead_air_s, minus, outcome_by_time
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Outcome, Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.script.director import PlacedLine
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.stage.surroundings import Surroundings
from livekit_barge.stage.voices import SAMPLE_RATE
from livekit_barge.suites.event_results import EventResult


def judge_events(
    case_id: str, script: Script, played: PlayedCall, limits: Limits
) -> tuple[EventResult, ...]:
    """Return the events of a call: those of its lines in order, then those without a line."""
    seen = [_seen(played, number, limits) for number in range(len(played.lines))]
    of_lines = [
        _judge(case_id, number, played, overlap, limits)
        for number, overlap in enumerate(seen)
        if played.lines[number].line.expect is not None
    ]
    return (*of_lines, *_of_no_line(case_id, script.surroundings, played, seen, limits))


def _judge(
    case_id: str, number: int, played: PlayedCall, seen: Overlap | None, limits: Limits
) -> EventResult:
    placed = played.lines[number]
    line = placed.line
    assert line.expect is not None  # its caller asked only for such
    own = played.overlap_of(line)
    if line.expect == "yield":
        onset_s = placed.start_s if own is None or own.onset_s is None else own.onset_s
        outcome, reason = _to_yield(seen, placed, onset_s, played.turns, limits)
    else:
        outcome, reason = _to_hold(seen, placed, _next_at_s(played, number), played.turns, limits)
    event = EventResult(
        case_id=case_id,
        line=number,
        said=line.text or line.name,
        at=str(line.at),
        expect=line.expect,
        kind=line.kind,
        outcome=outcome,
        unlabelled=None if own is None else own.outcome,
        reason=reason,
        onset_s=round(placed.start_s, DIGITS),
    )
    if seen is None:
        return event
    return _with_clocks(event, seen, seen.onset_s if own else None, played, limits)


def _of_no_line(
    case_id: str,
    around: Surroundings,
    played: PlayedCall,
    seen: Sequence[Overlap | None],
    limits: Limits,
) -> Iterator[EventResult]:
    """Judge for each of the agent's speeches whether the noise or the echo stopped it."""
    if around.echo is None and around.noise is None:
        return
    kind = "echo" if around.echo is not None else "noise"
    what = kind if around.noise is None else around.noise.kind
    for turn in played.turns:
        if turn.speaker != "agent":
            continue
        stops = [
            overlap
            for overlap in turn.overlaps
            if overlap.decision_s is not None
            and overlap.silent_s is not None
            and not any(overlap is other for other in seen)
            and overlap.outcome not in ("held", "natural_end", "unmeasurable")
        ]
        event = EventResult(
            case_id=case_id,
            line=None,
            said=what,
            at="all the while",
            expect="hold",
            kind=kind,
            outcome="false_stop" if stops else "held",
            unlabelled=stops[0].outcome if stops else None,
            onset_s=stops[0].onset_s if stops else round(turn.started_s, DIGITS),
        )
        if stops:
            event = _with_clocks(event, stops[0], stops[0].onset_s, played, limits)
        # Who came in on whom says nothing where the sound never ends.
        yield replace(event, agent_over_caller=False)


def _to_yield(
    seen: Overlap | None,
    placed: PlacedLine,
    onset_s: float,
    turns: Sequence[Turn],
    limits: Limits,
) -> tuple[Outcome, str | None]:
    if seen is None:
        return _without_overlap("missed", placed, turns, limits)
    if seen.outcome in ("natural_end", "unmeasurable", "missed"):
        return seen.outcome, seen.reason
    if seen.outcome == "held" or seen.silent_s is None:
        return "missed", None
    return outcome_by_time(seen.silent_s - onset_s, limits), None


def _to_hold(
    seen: Overlap | None,
    placed: PlacedLine,
    next_at_s: float,
    turns: Sequence[Turn],
    limits: Limits,
) -> tuple[Outcome, str | None]:
    if seen is None:
        return _without_overlap("held", placed, turns, limits)
    stopped_s = seen.silent_s if seen.decision_s is None else seen.decision_s
    if stopped_s is not None and stopped_s >= next_at_s:
        return "held", None  # until the caller's next line: what came then is that one's doing
    stopped = seen.decision_s is not None and seen.silent_s is not None
    if seen.outcome == "unmeasurable" and not stopped:
        return seen.outcome, seen.reason
    if seen.outcome == "natural_end":
        return ("natural_end" if stopped else "held"), None
    if seen.outcome in ("yielded", "late", "false_stop") or stopped:
        return "false_stop", None
    return "held", None


def _next_at_s(played: PlayedCall, number: int) -> float:
    """Return where the caller's next line begins; infinity after the last."""
    following = played.lines[number + 1 :]
    return following[0].start_s if following else math.inf


def _with_clocks(
    event: EventResult,
    seen: Overlap,
    seen_onset_s: float | None,
    played: PlayedCall,
    limits: Limits,
) -> EventResult:
    """Add the measured figures to an event; without an onset, they count from the line's place."""
    onset_s = event.onset_s if seen_onset_s is None else seen_onset_s
    stopped = event.outcome not in ("held", "natural_end", "unmeasurable")
    time_s = seen.time_to_yield_s
    if stopped and (time_s is None or seen_onset_s is None):
        time_s = minus(seen.silent_s, onset_s)
    yielded = None
    if event.outcome not in ("natural_end", "unmeasurable"):
        yielded = time_s is not None and not seen.lower_bound and time_s <= limits.yield_within_s
    silence_s, again = seen.dead_air_s, True
    if event.outcome == "false_stop" and silence_s is None and seen.silent_s is not None:
        silence_s, again = _dead_air(seen.silent_s, played)
    return EventResult(
        **{
            **vars(event),
            "onset_s": onset_s,
            "yielded": yielded,
            "talked_on": seen.talked_on,
            "detection_s": minus(seen.decision_s, onset_s),
            "cancellation_s": seen.cancellation_s,
            "time_to_yield_s": time_s if stopped else None,
            "lower_bound": seen.lower_bound,
            "quiet_at_decision": seen.quiet_at_decision,
            "agent_over_caller": seen.agent_over_caller,
            "talk_over_s": seen.talk_over_s,
            "resumed": bool(seen.resumed),
            "pause_s": seen.pause_s,
            "dead_air_s": silence_s,
            "dead_air_lower_bound": not again,
            "cause": seen.cause,
            "protected": seen.protected,
        }
    )


def _seen(played: PlayedCall, number: int, limits: Limits) -> Overlap | None:
    """Return a line's overlap, or a stop in its reach that no other line accounts for."""
    placed = played.lines[number]
    if (own := played.overlap_of(placed.line)) is not None:
        return own
    taken = [played.overlap_of(other.line) for other in played.lines]
    until_s = placed.end / SAMPLE_RATE + limits.decision_reach_s
    for following in played.lines[number + 1 :]:
        until_s = min(until_s, following.start_s)
    for overlap in played.overlaps:
        decided_s = overlap.decision_s
        if decided_s is None or any(overlap is other for other in taken):
            continue
        if placed.start_s <= decided_s <= until_s:
            return overlap
    return None


def _without_overlap(
    went_on: Outcome, placed: PlacedLine, turns: Sequence[Turn], limits: Limits
) -> tuple[Outcome, str | None]:
    """Judge a line that stopped nothing: the agent continued, if it was speaking at all."""
    at_s = placed.start_s
    spoken = [t for t in turns if t.speaker == "agent" and t.started_s <= at_s < t.ended_s]
    if not spoken:
        return "unmeasurable", "it did not fall on the agent's speech"
    for overlap in spoken[0].overlaps:
        end_s = (overlap.caller_end_s or 0.0) + limits.episode_quiet_s
        if overlap.onset_s is not None and overlap.onset_s < at_s <= end_s:
            return "unmeasurable", "it is of one episode with what the caller said before"
    return went_on, None


def _dead_air(silent_s: float, played: PlayedCall) -> tuple[float, bool]:
    """Return the dead air after a stop, up to the agent's next word, less the caller's speech.

    The second value tells if there was such a word before the call ended.
    """
    words_s = (turn.started_s for turn in played.turns if turn.speaker == "agent")
    again_s = min((at_s for at_s in words_s if at_s > silent_s), default=None)
    until_s = played.duration_s if again_s is None else again_s
    caller = [Span(t.started_s, t.ended_s) for t in played.turns if t.speaker == "caller"]
    return dead_air_s(Span(silent_s, until_s), caller), again_s is not None
