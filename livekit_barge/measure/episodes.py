"""Episodes: where the caller spoke over a speech, put together into stories.

A caller's burst over a speech under way begins an episode. A further one joins it if it begins
before the caller has been quiet for ``episode_quiet_s``; later it is an episode of its own. Each
decision to stop the speech belongs to the episode that can have caused it: the last one begun
before it, if that is no longer over than LiveKit takes to commit a turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.overlap import DecisionMade
from livekit_barge.measure.thresholds import Thresholds


@dataclass
class Episode:
    """One story, before it is judged."""

    onset_s: float | None
    """``None``: decisions that no caller's burst explains."""
    onset_uncertainty_s: float | None = None
    agent_over_caller: bool = False
    caller: list[Burst] = field(default_factory=list)
    decisions: list[DecisionMade] = field(default_factory=list)

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


def episodes(speech: Speech, caller: Iterable[Burst], limits: Thresholds) -> list[Episode]:
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
        cause = _explains(found, decision, limits) or _explains(unexplained, decision, limits)
        if cause is not None:
            cause.decisions.append(decision)
        elif decision.cause != "programmatic":
            unexplained.append(Episode(None, decisions=[decision]))
    return sorted(found + unexplained, key=lambda episode: episode.begin_s)


def _contacts(speech: Speech, caller: Iterable[Burst], limits: Thresholds) -> list[Episode]:
    """One episode for each burst over each time that the speech had the floor."""
    floors = [(floor[0], floor[-1].end_s) for floor in speech.floors()]
    return [
        _contact(burst, first, limits)
        for burst in caller
        for first, end_s in floors
        if first.onset_s < burst.end_s and burst.onset_s < end_s
    ]


def _contact(burst: Burst, first: Burst, limits: Thresholds) -> Episode:
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


def _explains(
    candidates: Sequence[Episode], decision: DecisionMade, limits: Thresholds
) -> Episode | None:
    begun = [episode for episode in candidates if episode.begin_s <= decision.at_s]
    if begun and decision.at_s <= begun[-1].end_s + limits.decision_reach_s:
        return begun[-1]
    return None
