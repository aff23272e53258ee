"""Find a Call folder whose channels contradict its events: the agent where the caller should be.

The events tell when agent audio was played. The agent's speech lies within that, whatever its
channel; a caller who waits for the agent to end speaks mostly outside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.events import Event
from livekit_barge.call.placement import place_agent
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span, joined, shared_s

# Less speech on a channel says nothing about whose it is.
_SPOKEN_LEAST_S = 2.0
# Of an agent's own speech nearly all is within what was played; three quarters leaves room for
# places that were estimated.
_INSIDE, _OUTSIDE = 0.75, 0.5


def contradicted(events: Sequence[Event], bursts: Sequence[Sequence[Burst]], ended_s: float) -> str:
    """Why the channels look swapped; empty where they do not."""
    placed = place_agent(events, ended_s=ended_s)
    played = joined(Span(p.at_s, p.at_s + p.duration_s) for p in placed)
    shares = []
    for side in (CALLER, AGENT):
        spoken = [Span(burst.onset_s, burst.end_s) for burst in bursts[side]]
        spoken_s = sum(span.length_s for span in spoken)
        if spoken_s < _SPOKEN_LEAST_S:
            return ""
        shares.append(shared_s(spoken, played) / spoken_s)
    if shares[CALLER] >= _INSIDE and shares[AGENT] <= _OUTSIDE:
        return (
            f"{shares[CALLER]:.0%} of the speech on the caller's channel, and "
            f"{shares[AGENT]:.0%} of that on the agent's, is where agent audio was played"
        )
    return ""
