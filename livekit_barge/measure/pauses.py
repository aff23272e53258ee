"""The agent's own pauses, which distinguish a stop from a breath in a recording without events.

A speaker falls silent between sentences whether or not anybody speaks. Where nothing was stamped, a
silence is a stop only if it is longer than nearly all of the pauses that the agent makes while the
caller is quiet.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.statistics import nearest_rank

# Fewer pauses say nothing about the longest in twenty.
_PAUSES_LEAST = 8
_PERCENT = 95


def own_pauses_s(caller: Sequence[Burst], agent: Sequence[Burst], limits: Limits) -> list[float]:
    """Return the silences between the agent's bursts that the caller had no part in.

    A silence over ``turn_gap_s`` is the end of a turn and not a pause.
    """
    pauses, at = [], 0
    for burst, following in pairwise(agent):
        pause = Span(burst.end_s, following.onset_s)
        if pause.length_s > limits.turn_gap_s:
            continue
        # The caller has been quiet since before the burst ended, by as long as an agent needs to
        # stop for what they said.
        since_s = burst.end_s - limits.yield_within_s
        while at < len(caller) and caller[at].end_s <= since_s:
            at += 1
        if at == len(caller) or caller[at].onset_s >= pause.end_s:
            pauses.append(pause.length_s)
    return pauses


def longest_pause_s(caller: Sequence[Burst], agent: Sequence[Burst], limits: Limits) -> float:
    """Return the 95th percentile of the agent's own pauses: a longer silence is a stop.

    It is ``stop_min_s`` if the agent made too few pauses.
    """
    pauses = own_pauses_s(caller, agent, limits)
    if len(pauses) < _PAUSES_LEAST:
        return limits.stop_min_s
    longest = nearest_rank(pauses, _PERCENT)
    assert longest is not None
    return longest
