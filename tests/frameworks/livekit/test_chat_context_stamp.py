"""The chat context is stamped where a speech becomes audio: its end, once a speech."""

from __future__ import annotations

import asyncio

from livekit.agents import Agent, llm

from livekit_barge.call.events import ContextSeen, SpeechDone
from livekit_barge.frameworks.livekit.chat_context_stamp import TAIL_ITEMS
from tests.recording.conftest import say_for
from tests.recording.standins import frames, tone


def with_items(count):
    context = llm.ChatContext.empty()
    for number in range(count):
        context.add_message(role="user", content=f"message {number}")
    return lambda: Agent(instructions="be kind", chat_ctx=context)


def test_a_speech_sees_what_the_agent_said_before(play):
    async def script(stand):
        for _ in range(2):
            stand.session.say("…", audio=frames(tone(0.5)))
            await asyncio.sleep(1.0)

    kept = play(script)
    first, second = kept.of(ContextSeen)
    said = [done.item_ids[0] for done in kept.of(SpeechDone)]
    assert [item["item_id"] for item in first.items if item["role"] == "assistant"] == []
    assert [item["item_id"] for item in second.items if item["role"] == "assistant"] == said[:1]


def test_of_a_long_context_only_the_end_is_kept(play):
    async def script(stand):
        await say_for(stand, tone(0.5), 1.0)

    [seen] = play(script, agent=with_items(20)).of(ContextSeen)
    assert [item["text"] for item in seen.items] == [f"message {n}" for n in range(12, 20)]
    assert seen.earlier + TAIL_ITEMS == 21  # with the instructions


def test_instructions_are_not_kept(play):
    async def script(stand):
        await say_for(stand, tone(0.5), 1.0)

    [seen] = play(script, agent=with_items(1)).of(ContextSeen)
    assert {item["text"] for item in seen.items} == {None, "message 0"}
