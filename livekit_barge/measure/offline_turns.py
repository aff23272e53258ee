"""Measures a call that is over, from each side's bursts and its events."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from livekit_barge.call.events import Event, SegmentStarted
from livekit_barge.call.placement import Placement, place_agent
from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.conversation import Conversation
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.pauses import longest_pause_s
from livekit_barge.measure.turns import Turn

# A long call is measured a minute at a time: what is over is forgotten, so that its cost grows with
# its length and not with the square of it.
_STEP_S = 60.0

_Item = TypeVar("_Item")


def measure_turns(
    caller: Iterable[Burst],
    agent: Iterable[Burst],
    events: Iterable[Event],
    limits: Limits,
    *,
    ended_s: float,
) -> list[Turn]:
    """Return the turns of a call that lasted until ``ended_s``.

    If no event shows the agent's audio, its own pauses decide which silence is a stop.
    """
    caller, agent, events = list(caller), list(agent), list(events)
    if not any(isinstance(event, SegmentStarted) for event in events):
        stop_min_s = longest_pause_s(caller, agent, limits)
        limits = dataclasses.replace(limits, stop_min_s=stop_min_s)
    conversation = Conversation(limits)
    begun_s = {e.segment_id: e.at_s for e in events if isinstance(e, SegmentStarted)}
    waiting = _PendingInput(
        caller,
        agent,
        sorted(events, key=lambda event: event.at_s),
        sorted(
            place_agent(events, ended_s=ended_s),
            key=lambda placed: max(placed.at_s, begun_s.get(placed.segment_id, 0.0)),
        ),
    )
    turns: list[Turn] = []
    until_s = _STEP_S
    while until_s < ended_s:
        waiting.feed(conversation, until_s)
        turns += conversation.settled(until_s)
        until_s += _STEP_S
    waiting.feed(conversation, math.inf)
    return turns + list(conversation.settled(ended_s, closed=True))


@dataclass
class _PendingInput:
    """The input that a conversation has not been fed yet, each kind in order."""

    caller: list[Burst]
    agent: list[Burst]
    events: list[Event]
    placements: list[Placement]

    def feed(self, conversation: Conversation, until_s: float) -> None:
        """Feed it the bursts that begin before, and all that was stamped until they end.

        What was stamped is fed a step beyond: an edge and a stamp are by two clocks.
        """
        caller, agent = (_taken(s, lambda b: b.onset_s, until_s) for s in (self.caller, self.agent))
        known_s = max([until_s, *(burst.end_s for burst in agent)]) + _STEP_S
        for event in _taken(self.events, lambda event: event.at_s, known_s):
            conversation.event(event)
        conversation.place(_taken(self.placements, lambda placed: placed.at_s, known_s))
        conversation.caller(caller)
        conversation.agent(agent)


def _taken(waiting: list[_Item], begin_s: Callable[[_Item], float], until_s: float) -> list[_Item]:
    """Take off the list those at its front that begin before."""
    count = sum(1 for _ in takewhile(lambda item: begin_s(item) < until_s, waiting))
    taken = waiting[:count]
    del waiting[:count]
    return taken
