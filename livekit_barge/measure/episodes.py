"""Episodes: where the caller spoke over a speech, put together into stories.

A caller's burst over a speech under way begins an episode. A further one joins it if it begins
before the caller has been quiet for ``episode_quiet_s``; later it is an episode of its own.

A speech has the floor from its first audible sample on, through its pauses. It loses the floor
while its output is held, and when it falls silent for more than ``turn_gap_s`` (a stalled voice):
who speaks then speaks over nobody, even if the framework still counts the agent as speaking.

Each decision to stop the speech belongs to the episode that can have caused it: the last one begun
before it, if that is no longer over than the decision's cause takes. A VAD decides while it still
hears the turn; a transcript or a committed turn may take ``decision_reach_s``. A decision that
comes within ``reaction_min_s`` of an onset answers the episode before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from livekit_barge.call.cause_table import CAUSES
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import DecisionMade, Verdict


@dataclass
class Episode:
    """One story, before it is judged."""

    onset_s: float | None
    """``None``: decisions that no caller's burst explains."""
    onset_uncertainty_s: float | None = None
    agent_over_caller: bool = False
    caller: list[Burst] = field(default_factory=list)
    decisions: list[DecisionMade] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    interrupted: bool = False
    """The speech was interrupted for good, and this is the episode that can have caused it."""

    @property
    def begin_s(self) -> float:
        """From here on a decision can be its doing."""
        if self.caller:
            return self.caller[0].onset_s
        return self.decisions[0].at_s

    @property
    def end_s(self) -> float:
        """The caller is quiet from here on; where nobody spoke, the last decision."""
        return self.caller[-1].end_s if self.caller else self.decisions[-1].at_s

    @property
    def spoken(self) -> list[Span]:
        return [Span(burst.onset_s, burst.end_s) for burst in self.caller]


def episodes(
    speech: Speech,
    caller: Sequence[Burst],
    limits: Limits,
    verdicts: Iterable[Verdict] = (),
) -> list[Episode]:
    """The episodes of a speech that was audible, in order, each with its decisions."""
    found: list[Episode] = []
    for episode in _contacts(speech, caller, limits):
        if found and episode.begin_s < found[-1].end_s + limits.episode_quiet_s:
            _join(found[-1], episode)
        else:
            found.append(episode)
    unexplained: list[Episode] = []
    for decision in speech.decisions:
        if decision.at_s < speech.runs[0].onset_s:
            continue  # nothing was audible yet: it delayed the start
        reach_s = _reach_s(decision, limits)
        cause = _explains(found, decision.at_s, reach_s, limits)
        cause = cause or _explains(unexplained, decision.at_s, limits.decision_reach_s, limits)
        if cause is not None:
            cause.decisions.append(decision)
        elif not decision.by_program and not _over_nobody(decision.at_s, reach_s, speech, caller):
            unexplained.append(Episode(None, decisions=[decision]))
    if (at_s := speech.interrupted_at_s) is not None:
        cause = _explains(found, at_s, limits.decision_reach_s, limits)
        if cause is not None:
            cause.interrupted = True
    for verdict in verdicts:
        heard = _explains(found, verdict.at_s, limits.turn_gap_s, limits)
        if heard is not None:
            heard.verdicts.append(verdict)
    return sorted(found + unexplained, key=lambda episode: episode.begin_s)


def _contacts(speech: Speech, caller: Iterable[Burst], limits: Limits) -> list[Episode]:
    """One episode for each burst over each time that the speech had the floor."""
    floors = [(floor[0], _floor_end_s(floor, speech, limits)) for floor in speech.floors(limits)]
    return [
        _contact(burst, first, limits)
        for burst in caller
        for first, end_s in floors
        if first.onset_s < burst.end_s and burst.onset_s < end_s
    ]


def _floor_end_s(floor: Sequence[Burst], speech: Speech, limits: Limits) -> float:
    """The floor's last audible sample, or later: a decision that stopped it between two sentences.

    Of a speech that a decision stopped in a pause, nobody can say how long the pause would have
    been. As far as ``turn_gap_s``, it was one.
    """
    end_s = floor[-1].end_s
    later_s = [run.onset_s for run in speech.runs if run.onset_s > end_s]
    first = next((made for made in speech.decisions if made.at_s >= floor[0].onset_s), None)
    if first is None or first.by_program or first.at_s > min([math.inf, *later_s]):
        return end_s
    return max(end_s, min(first.at_s, end_s + limits.turn_gap_s))


def _contact(burst: Burst, first: Burst, limits: Limits) -> Episode:
    """The overlap's onset: the caller's, or the agent's first audible sample if that is later."""
    later = max(burst, first, key=lambda talker: talker.onset_s)
    return Episode(
        later.onset_s,
        later.onset_uncertainty_s,
        burst.onset_s - first.onset_s < limits.agent_over_caller_s,
        [burst],
    )


def _join(episode: Episode, further: Episode) -> None:
    if further.caller[0] is not episode.caller[-1]:
        episode.caller += further.caller


def _reach_s(decision: DecisionMade, limits: Limits) -> float:
    """Return how long after the caller fell silent a decision can still answer them."""
    return limits.turn_gap_s if CAUSES[decision.cause].while_speaking else limits.decision_reach_s


def _explains(
    candidates: Sequence[Episode], at_s: float, reach_s: float, limits: Limits
) -> Episode | None:
    """The episode that what happened at ``at_s`` answers; ``None``: none of them."""
    begun = [episode for episode in candidates if episode.begin_s <= at_s]
    within = [episode for episode in begun if at_s <= episode.end_s + reach_s]
    if not within or within[-1] is not begun[-1]:
        return None
    if len(within) > 1 and at_s < within[-1].begin_s + limits.reaction_min_s:
        return within[-2]
    return within[-1]


def _over_nobody(at_s: float, reach_s: float, speech: Speech, caller: Sequence[Burst]) -> bool:
    """Return whether the decision answers a caller who began while the speech was silent.

    The caller came in after its first sample, and it was not audible again until the decision.
    """
    first_s = speech.runs[0].onset_s
    return any(
        first_s < burst.onset_s <= at_s <= burst.end_s + reach_s
        and not any(Span(burst.onset_s, at_s).meets(run) for run in speech.audible)
        for burst in caller
    )
