"""Stamps what the running agent's chat context holds, for whoever asks why it repeats itself."""

from __future__ import annotations

from typing import Any

from livekit.agents import AgentSession, llm

from livekit_barge.call.events import ContextItem, ContextSeen
from livekit_barge.recording.stamp_context import TAIL_ITEMS, CallLog

# Instructions are long, the program's own, and no part of what was said.
_SPOKEN = ("user", "assistant")


def context_seen(
    session: AgentSession[Any], log: CallLog, now_s: float, speech_id: str | None
) -> ContextSeen | None:
    """The context's end as it is now; ``None``: no agent runs."""
    try:
        items = session.current_agent.chat_ctx.items
    except RuntimeError:  # LiveKit's way to say that none runs
        return None
    return ContextSeen(
        at_s=now_s,
        speech_id=speech_id,
        items=[_seen(item, log) for item in items[-TAIL_ITEMS:]],
        earlier=max(len(items) - TAIL_ITEMS, 0),
    )


def _seen(item: llm.ChatItem, log: CallLog) -> ContextItem:
    if not isinstance(item, llm.ChatMessage):
        return {"item_id": item.id, "role": item.type, "text": None, "interrupted": False}
    return {
        "item_id": item.id,
        "role": item.role,
        "text": log.text(item.text_content) if item.role in _SPOKEN else None,
        "interrupted": item.interrupted,
    }
