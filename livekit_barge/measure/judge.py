"""Judges an episode of an audible speech: its two clocks and its outcome.

*Detection* runs from the onset (the caller's channel) to the decision (the agent process's clock),
*cancellation* from the decision to the end of the last audible sample of the overlapped speech
(the agent's channel). LiveKit's own figures differ: it dates the onset by its VAD, on the default
path it interrupts the handle long after the pause that stopped the sound, and it has no figure for
the end.

Without labels, the caller's words distinguish a backchannel from a miss if there are any (all of
them on the list of ``limits.toml``), else their length does.

A program's own interrupt answers the caller if it comes soon enough, as a keyword handler's does.
After a backchannel it is the program's own doing: the agent held, or the overlap is unmeasurable.

An agent that the end of the call cut off did not yield: the time it was seen to keep talking is a
lower bound, and the overlap is unmeasurable unless that time reached ``missed_after_s``. Nor does
an agent count as holding if the adaptive detector was asked and never answered: LiveKit then
withholds the words, and their length alone proves nothing.

If nothing was stamped, as in another system's recording, only silences can be judged. A
silence that outlasts the agent's own pauses (:mod:`~livekit_barge.measure.pauses`) is a stop if it
comes soon enough to be the caller's doing: within ``missed_after_s`` of the onset, or of a
backchannel within ``yield_within_s``. Sooner than ``reaction_min_s`` it is a natural end. An agent
that stops for a backchannel and then continues has made a false stop.
"""

from __future__ import annotations

from typing import Any

from livekit_barge.call.events import Cause
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span, shared_s
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.agent_stop import EpisodeContext, Stop, end_of, find_stop
from livekit_barge.measure.backchannel import is_backchannel, listening_words, why_backchannel
from livekit_barge.measure.episodes import Episode
from livekit_barge.measure.figures import DIGITS, dead_air_s, minus, outcome_by_time
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import DecisionMade, Outcome, Overlap


def judge(episode: Episode, speech: Speech, around: EpisodeContext, limits: Limits) -> Overlap:
    """Return the judged overlap of an episode."""
    caused = [decision for decision in episode.decisions if not decision.by_program]
    first = caused[0] if caused else None
    stopped_by = first or (episode.decisions[0] if episode.decisions else None)
    stop = find_stop(episode, speech, stopped_by, around, limits)
    if stop is not None and _is_the_programs(stop, episode, speech, first, around, limits):
        stop = None
    outcome, reason = _outcome(episode, speech, stop, stopped_by, around, limits)
    if outcome == "natural_end" and stop is None:
        stop = end_of(speech)
    fields = _clocks(episode, first, stop, outcome, limits)
    if stop is None and outcome in ("missed", "unmeasurable"):
        fields |= _lower_bound(episode, speech, around, limits)
    if stop is not None and stop.again is not None and outcome == "false_stop":
        fields |= _taken_back(stop, stop.again, speech, around)
    return Overlap(
        onset_s=episode.onset_s,
        onset_uncertainty_s=episode.onset_uncertainty_s,
        caller_end_s=episode.caller[-1].end_s if episode.caller else None,
        talk_over_s=round(shared_s(episode.spoken, speech.audible), DIGITS),
        cause=_cause(first, None if stop is None else stopped_by, stop, speech),
        outcome=outcome,
        reason=reason,
        words=around.words,
        decisions=tuple(episode.decisions),
        verdicts=tuple(episode.verdicts),
        final_decision_s=_final_decision_s(episode),
        agent_over_caller=episode.agent_over_caller,
        protected=around.protected,
        resumed=None if stop is None else stop.again is not None and outcome == "false_stop",
        **fields,
    )


def _outcome(
    episode: Episode,
    speech: Speech,
    stop: Stop | None,
    decision: DecisionMade | None,
    around: EpisodeContext,
    limits: Limits,
) -> tuple[Outcome, str | None]:
    if episode.onset_s is None:
        return "false_stop", _without_an_onset(episode, speech, around, limits)
    onset_s, over = episode.onset_s, speech.over_by(around.seen_until_s)
    shown_s = around.shown_until_s(speech)
    if stop is not None and not speech.stamped and stop.silent_s < onset_s + limits.reaction_min_s:
        return "natural_end", "it fell silent sooner than it can have reacted"
    if stop is not None and stop.again is not None:
        why = why_backchannel(around.words, limits, labelled=around.labelled)
        return "false_stop", None if speech.stamped else why
    generated_by_s = None if decision is None else decision.at_s
    if over and speech.played_whole(generated_by_s=generated_by_s):
        went_on_s = speech.runs[-1].end_s - onset_s
        if stop is not None or went_on_s <= limits.yield_within_s:
            return "natural_end", None
        return _went_on(episode, around, limits)
    by_program = decision is not None and decision.by_program
    if stop is not None and by_program and is_backchannel(episode, around.words, limits):
        return "unmeasurable", "the program itself stopped the agent"
    if stop is not None:
        return _stopped(round(stop.silent_s - onset_s, DIGITS), around, limits)
    if not over and shown_s - onset_s < limits.missed_after_s:
        what = "recording" if speech.cut_off_s is None else "call"
        return "unmeasurable", f"the {what} ended before the agent did"
    return _went_on(episode, around, limits)


def _is_the_programs(
    stop: Stop,
    episode: Episode,
    speech: Speech,
    decision: DecisionMade | None,
    around: EpisodeContext,
    limits: Limits,
) -> bool:
    """Return whether a stop that no decision explains comes too late to answer a backchannel."""
    if not speech.stamped or decision is not None or episode.onset_s is None:
        return False
    late = round(stop.silent_s - episode.onset_s, DIGITS) > limits.yield_within_s
    return late and is_backchannel(episode, around.words, limits)


def _without_an_onset(
    episode: Episode, speech: Speech, around: EpisodeContext, limits: Limits
) -> str:
    since_s = episode.begin_s - limits.decision_reach_s
    began_s = max(
        floor[0].onset_s for floor in speech.floors(limits) if floor[0].onset_s <= episode.begin_s
    )
    spoke = any(since_s <= burst.end_s <= began_s for burst in around.caller)
    return "the caller had spoken before the agent began" if spoke else "nobody spoke"


def _stopped(
    time_to_yield_s: float, around: EpisodeContext, limits: Limits
) -> tuple[Outcome, str | None]:
    if around.labelled:
        return "false_stop", "the vendor labels it a backchannel"
    if listening_words(around.words, limits) == "only":
        return "false_stop", "the words are a backchannel's"
    return outcome_by_time(time_to_yield_s, limits), None


def _went_on(
    episode: Episode, around: EpisodeContext, limits: Limits
) -> tuple[Outcome, str | None]:
    if not is_backchannel(episode, around.words, limits, labelled=around.labelled):
        return "missed", None
    unanswered = [verdict for verdict in episode.verdicts if verdict.lacking]
    if unanswered and not around.labelled and listening_words(around.words, limits) is None:
        asked = sum(verdict.requests or 0 for verdict in unanswered)
        return "unmeasurable", (
            f"the adaptive detector was asked {asked} times and did not answer; "
            "the words, if any, were withheld"
        )
    return "held", why_backchannel(around.words, limits, labelled=around.labelled)


def _clocks(
    episode: Episode,
    decision: DecisionMade | None,
    stop: Stop | None,
    outcome: Outcome,
    limits: Limits,
) -> dict[str, Any]:
    silent_s = None if stop is None else stop.silent_s
    decision_s = None if decision is None else decision.at_s
    reacted = outcome not in ("natural_end", "held")
    time_to_yield_s = minus(silent_s, episode.onset_s) if reacted else None
    talked_on_s = minus(silent_s, decision_s)
    return {
        "decision_s": decision_s,
        "silent_s": silent_s,
        "silent_uncertainty_s": None if stop is None else stop.uncertainty_s,
        "detection_s": minus(decision_s, episode.onset_s),
        "cancellation_s": talked_on_s,
        "time_to_yield_s": time_to_yield_s,
        "yielded": _yielded(time_to_yield_s, outcome, limits),
        "talked_on": None if talked_on_s is None else talked_on_s > limits.talked_on_s,
        "quiet_at_decision": stop is not None and stop.quiet_already,
    }


def _yielded(time_to_yield_s: float | None, outcome: Outcome, limits: Limits) -> bool | None:
    if outcome in ("natural_end", "unmeasurable"):
        return None
    return time_to_yield_s is not None and time_to_yield_s <= limits.yield_within_s


def _lower_bound(
    episode: Episode, speech: Speech, around: EpisodeContext, limits: Limits
) -> dict[str, Any]:
    """Return how long the agent was seen to continue, at most until it counts as missed."""
    if episode.onset_s is None or not speech.runs:
        return {}
    heard_out = speech.done_at_s is not None
    shown_s = around.shown_until_s(speech)
    end_s = min(speech.runs[-1].end_s, shown_s) if heard_out else shown_s
    until_s = max(episode.onset_s + limits.missed_after_s, episode.end_s)
    return {
        "time_to_yield_s": minus(min(end_s, until_s), episode.onset_s),
        "lower_bound": True,
    }


def _taken_back(stop: Stop, again: Burst, speech: Speech, around: EpisodeContext) -> dict[str, Any]:
    silent_s = max((run.end_s for run in speech.runs if run.end_s <= again.onset_s), default=None)
    if silent_s is None:
        return {}
    pause = Span(silent_s, again.onset_s)
    spoken = [Span(burst.onset_s, burst.end_s) for burst in around.caller]
    return {
        "pause_s": round(pause.length_s, DIGITS),
        "dead_air_s": dead_air_s(pause, spoken),
        "discarded_s": speech.lost_between(stop.silent_s, again.onset_s),
    }


def _cause(
    decision: DecisionMade | None,
    stopped_by: DecisionMade | None,
    stop: Stop | None,
    speech: Speech,
) -> Cause | None:
    """Return the decision's cause; the program's own interrupt, if that stopped the agent."""
    if decision is not None:
        return decision.cause
    if stopped_by is not None:
        return stopped_by.cause
    return None if stop is None or speech.speech_id is None else "unknown"


def _final_decision_s(episode: Episode) -> float | None:
    paused = False
    for decision in episode.decisions:
        if paused and decision.path == "interrupt":
            return decision.at_s
        paused |= decision.path == "pause"
    return None
