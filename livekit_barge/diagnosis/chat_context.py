"""Symptom 6, it repeats the cut sentence: the chat context disagrees with what was audible.

A speech that was cut leaves its spoken part in the context: once, marked, and before the caller's
answer. The context is looked at as the next speech becomes audio; then its model has been
asked. If another agent has taken over by then, the context is that agent's: it must hold the
message only if it was given the messages of the cut agent's time.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from livekit_barge.call.events import AgentHandoff, ContextSeen, ConversationItem, SpeechDone
from livekit_barge.diagnosis.call_view import CallView, Story, at
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import CONTEXT_BROKEN
from livekit_barge.measure.turns import Turn

# Shorter texts match by chance: "All right."
_WORDS_LEAST = 4
# A text and its repetition differ by a word at most.
_ALIKE = 0.8

Items = Sequence[Mapping[str, Any]]


def contexts(view: CallView) -> Iterable[Finding]:
    """Check the context after each speech that was cut while audible, if the agent spoke again."""
    done = {event.speech_id: event for event in view.of(SpeechDone)}
    stories = {story.turn.speech_id: story for story in view.stories}
    for turn in view.turns:
        over = done.get(turn.speech_id or "")
        if over is None or not over.interrupted:
            continue
        heard_s = turn.ended_s - turn.started_s
        looks = view.of(ContextSeen)
        after = bisect_left(looks, over.at_s, key=lambda event: event.at_s)
        if heard_s >= view.limits.said_min_s and after < len(looks):
            yield from _looked_at(view, turn, over, looks[after], stories.get(turn.speech_id))


def _looked_at(
    view: CallView, turn: Turn, over: SpeechDone, context: ContextSeen, story: Story | None
) -> Iterable[Finding]:
    wrong = _missing(view, turn, over, context) or _doubled(view, over, context.items)
    wrong = wrong or _out_of_order(view, over, context.items)
    if wrong is None:
        return
    heard = (
        f"{at(turn.ended_s - turn.started_s)} of {turn.speech_id} were audible before it was "
        f"cut; the context was read at {at(context.at_s)}, when speech {context.speech_id} began"
    )
    evidence = [heard, wrong, *_repeated(view, turn, context.speech_id)]
    yield CONTEXT_BROKEN.found(
        evidence,
        story=story,
        at_s=context.at_s,
        ruled_out=[
            "not the output: the cut speech fell silent",
            "not an unheard speech: it was audible",
        ],
    )


def _missing(view: CallView, turn: Turn, over: SpeechDone, context: ContextSeen) -> str | None:
    ids = {item["item_id"] for item in context.items}
    if ids & set(over.item_ids) or not _same_history(view, turn, context):
        return None
    before = {i for i in ids if view.first_in_context_s.get(i, math.inf) < over.at_s}
    # What stood in it before must be in sight, or the context has only grown past the cut speech.
    if context.earlier and not before:
        return None
    announced = any(view.grouped(ConversationItem, "item_id", item) for item in over.item_ids)
    entered = "it was added and then removed" if announced else "it was never added"
    return f"the message of speech {turn.speech_id} is missing in the context: {entered}"


def _same_history(view: CallView, turn: Turn, context: ContextSeen) -> bool:
    """Return whether the context continues the one that the cut speech belonged to.

    After a handoff it does if it holds a message that came up while the cut agent was in charge.
    What an agent was given before that, the next one may hold for reasons of its own.
    """
    handoffs = [event.at_s for event in view.of(AgentHandoff)]
    left_s = next((at_s for at_s in handoffs if turn.started_s < at_s <= context.at_s), None)
    if left_s is None:
        return True
    came_s = max((at_s for at_s in handoffs if at_s <= turn.started_s), default=None)
    given: set[str] = set()
    own: set[str] = set()
    events: list[ContextSeen | ConversationItem] = [
        *view.of(ContextSeen),
        *view.of(ConversationItem),
    ]
    for event in events:
        if event.at_s < left_s:
            ids = given if came_s is not None and event.at_s < came_s else own
            ids |= _messages(event)
    return bool(_messages(context) & (own - given))


def _messages(event: ContextSeen | ConversationItem) -> set[str]:
    """Return the ids of what the caller or the agent said; instructions have one id everywhere."""
    if isinstance(event, ConversationItem):
        return {event.item_id}
    return {item["item_id"] for item in event.items if item["role"] in ("user", "assistant")}


def _doubled(view: CallView, over: SpeechDone, items: Items) -> str | None:
    ids = [item["item_id"] for item in items]
    own = [item for item in items if item["item_id"] in over.item_ids]
    if len(own) > len({item["item_id"] for item in own}):
        return f"its message is {len(own)} times in the context"
    for mine in own:
        twins = [
            item["item_id"]
            for item in items
            if item["role"] == "assistant"
            and item["item_id"] not in view.spoken_items
            and _alike(item["text"], mine["text"])
        ]
        if twins:
            return (
                f"its message {mine['item_id']} is in the context a second time as {twins[0]}, "
                f"which no speech said ({len(ids)} items read)"
            )
    return None


def _out_of_order(view: CallView, over: SpeechDone, items: Items) -> str | None:
    places = {item["item_id"]: place for place, item in enumerate(items)}
    mine = [places[item_id] for item_id in over.item_ids if item_id in places]
    answers = [
        event
        for item_id in places
        for event in view.grouped(ConversationItem, "item_id", item_id)
        if event.role == "user" and event.at_s >= over.at_s
    ]
    answer = min(answers, key=lambda event: event.at_s, default=None)
    if mine and answer is not None and places[answer.item_id] < max(mine):
        return (
            f"its message comes after the caller's answer to it: items {max(mine)} and "
            f"{places[answer.item_id]} of those read"
        )
    return None


def _repeated(view: CallView, turn: Turn, speech_id: str | None) -> list[str]:
    """Return a line of evidence if the next speech said the same again."""
    following = view.turn_of(speech_id) if speech_id else None
    if following is None or not _alike(turn.words, following.words):
        return []
    return ["the next speech repeats it"]


def _alike(one: str | None, other: str | None) -> bool:
    words, others = (one or "").casefold().split(), (other or "").casefold().split()
    if min(len(words), len(others)) < _WORDS_LEAST:
        return False
    short = min(len(words), len(others))
    return SequenceMatcher(None, words[:short], others[:short]).ratio() >= _ALIKE
