"""Measures a call that is over, from each side's bursts and its events."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from itertools import takewhile

from livekit_barge.call.events import Event, SegmentStarted
from livekit_barge.call.placement import place_agent
from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.conversation import Conversation
from livekit_barge.measure.pauses import longest_pause_s
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.turns import Turn

# A long call is measured a minute at a time: what is over is forgotten, so that its cost grows with
# its length and not with the square of it.
_STEP_S = 60.0


def measure_turns(
    caller: Iterable[Burst],
    agent: Iterable[Burst],
    events: Iterable[Event],
    thresholds: Thresholds,
    *,
    ended_s: float,
) -> list[Turn]:
    """The turns of a call that lasted until ``ended_s``, from each side's bursts and its events.

    Where no event tells of the agent's audio, its own pauses tell which silence is a stop.
    """
    caller, agent, events = list(caller), list(agent), list(events)
    if not any(isinstance(event, SegmentStarted) for event in events):
        stop_min_s = longest_pause_s(caller, agent, thresholds)
        thresholds = dataclasses.replace(thresholds, stop_min_s=stop_min_s)
    conversation = Conversation(thresholds)
    for event in events:
        conversation.event(event)
    conversation.place(place_agent(events, ended_s=ended_s))
    turns: list[Turn] = []
    until_s = _STEP_S
    while until_s < ended_s:
        _hear_until(conversation, caller, agent, until_s)
        turns += conversation.settled(until_s)
        until_s += _STEP_S
    _hear_until(conversation, caller, agent, math.inf)
    return turns + list(conversation.settled(ended_s, closed=True))


def _hear_until(
    conversation: Conversation, caller: list[Burst], agent: list[Burst], until_s: float
) -> None:
    """Feed it the bursts that begin before, and take them off the lists."""
    for feed, bursts in ((conversation.caller, caller), (conversation.agent, agent)):
        count = sum(1 for _ in takewhile(lambda burst: burst.onset_s < until_s, bursts))
        feed(bursts[:count])
        del bursts[:count]
