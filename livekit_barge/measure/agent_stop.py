"""Finds where a speech fell silent, and decides whether the episode can have caused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.backchannel import is_backchannel
from livekit_barge.measure.episodes import Episode
from livekit_barge.measure.figures import DIGITS
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import DecisionMade

# Gaps under 0.2 s are bridged into one burst, so a shorter silence does not show an end.
_SILENCE_S = 0.2


@dataclass(frozen=True)
class EpisodeContext:
    """The rest of what an episode is judged by."""

    words: str | None
    protected: tuple[str, ...]
    caller: Sequence[Burst]
    """All that the caller said, for the air between."""
    seen_until_s: float
    """The call is known up to here."""
    next_run: Burst | None
    """The agent's next burst after the speech."""
    labelled: bool = False
    """The system that made the recording labels what the caller said as a backchannel."""

    def shown_until_s(self, speech: Speech) -> float:
        """Until when the call shows what became of the speech."""
        cut_off_s = speech.cut_off_s
        return self.seen_until_s if cut_off_s is None else min(self.seen_until_s, cut_off_s)


@dataclass(frozen=True)
class Stop:
    """The moment at which the agent fell silent."""

    silent_s: float
    uncertainty_s: float | None
    quiet_already: bool
    again: Burst | None
    """The run with which the same speech went on, having been held."""


def find_stop(
    episode: Episode,
    speech: Speech,
    decision: DecisionMade | None,
    around: EpisodeContext,
    limits: Limits,
) -> Stop | None:
    """Find where the speech ended, or was held until it resumed; ``None``: not while it was seen.

    Without a decision only an interruption that the episode can have caused is a stop. What the
    end of the call cut off did not stop.
    """
    if not speech.stamped:
        return _heard_stop(episode, speech, around, limits)
    stop = None
    if decision is not None:
        stop = _decided_stop(speech, decision.at_s)
    elif episode.interrupted:
        stop = end_of(speech)
    if stop is None or stop.again is not None or speech.over_by(around.seen_until_s):
        return stop
    by_program = decision is None or decision.by_program
    if by_program and speech.cut_off_s is not None:
        return None
    shown_silent_s = round(around.shown_until_s(speech) - stop.silent_s, DIGITS)
    return stop if shown_silent_s >= _SILENCE_S else None


def _decided_stop(speech: Speech, at_s: float) -> Stop:
    """Find where the speech fell silent after the decision at ``at_s``."""
    later = [run for run in speech.runs if run.end_s > at_s]
    if not later or later[0].onset_s > at_s:
        again = later[0] if later and speech.held_between(at_s, later[0].onset_s) else None
        if not later or again is not None:
            return Stop(at_s, 0.0, True, again)
    for run, following in zip(later, [*later[1:], None], strict=True):
        if following is None or speech.held_between(run.end_s, following.onset_s):
            return Stop(run.end_s, run.end_uncertainty_s, False, following)
    raise AssertionError("the last run has no follower")


def end_of(speech: Speech) -> Stop:
    last = speech.runs[-1]
    return Stop(last.end_s, last.end_uncertainty_s, False, None)


def _heard_stop(
    episode: Episode, speech: Speech, around: EpisodeContext, limits: Limits
) -> Stop | None:
    """The end of a speech that was only heard, if the episode can have caused it."""
    end = end_of(speech)
    if episode.onset_s is None or not speech.over_by(around.seen_until_s):
        return None
    listened = is_backchannel(episode, around.words, limits, labelled=around.labelled)
    within_s = limits.yield_within_s if listened else limits.missed_after_s
    if round(end.silent_s - episode.onset_s, DIGITS) > within_s:
        return None
    return replace(end, again=_spoke_on(episode, around, limits) if listened else None)


def _spoke_on(episode: Episode, around: EpisodeContext, limits: Limits) -> Burst | None:
    """Return the agent's next burst, if the caller had said nothing more before it."""
    following = around.next_run
    if following is None or following.onset_s > episode.end_s + limits.decision_reach_s:
        return None
    between = Span(episode.end_s, following.onset_s)
    if any(between.meets(Span(burst.onset_s, burst.end_s)) for burst in around.caller):
        return None
    return following
