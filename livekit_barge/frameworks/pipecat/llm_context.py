"""Watches the language model's context: what was entered, and what stood in it.

Pipecat's messages are plain mappings without ids. Here each has a number, by its place of first
sight; the message of a speech has its number as soon as the speech is over, before the message is
entered: a message that comes too late, or never, is missed under it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipecat.processors.aggregators.llm_context import LLMContext

from livekit_barge.call.events import ContextItem, ContextSeen, ConversationItem, Event
from livekit_barge.recording.stamp_context import TAIL_ITEMS

# Whose messages are words of the call; instructions and tools' results are not.
_SPOKEN = ("user", "assistant")


@dataclass(frozen=True)
class _Known:
    """A message that was seen."""

    item_id: str
    message: Any
    """Kept, so that no other can take its identity."""
    interrupted: bool


class ContextWatch:
    """One context; ``text`` says what may be kept of a message."""

    def __init__(
        self, write: Callable[[Event], None], text: Callable[[str | None], str | None]
    ) -> None:
        self._write = write
        self._text = text
        self._context: LLMContext | None = None
        self._ids: dict[int, _Known] = {}
        """Keyed by the message's identity."""
        self._next = 0
        self._owed: deque[str] = deque()
        """Ids of speeches that are over and whose message has not been seen yet."""
        self._early: deque[str] = deque()
        """Ids of messages that came while their speech was not over."""
        self.cut = False
        """The latest speech was interrupted."""

    def follow(self, context: LLMContext) -> None:
        """This is the context, as it was sent to the model."""
        self._context = context

    def owe(self) -> str:
        """A speech is over: the id that its message has, or will have."""
        if self._early:
            return self._early.popleft()
        self._owed.append(self._new_id())
        return self._owed[-1]

    def look(self, at_s: float) -> None:
        """See what has been entered since the last time."""
        for message in self._context.messages if self._context is not None else ():
            if id(message) in self._ids:
                continue
            role, text = _role(message), _content(message)
            item_id = self._next_id() if role == "assistant" and text else self._new_id()
            interrupted = role == "assistant" and self.cut
            self._ids[id(message)] = _Known(item_id, message, interrupted)
            if role not in _SPOKEN:
                continue
            self._write(
                ConversationItem(
                    at_s=at_s,
                    item_id=item_id,
                    role=role,
                    text=self._text(text),
                    interrupted=interrupted,
                    metrics={},
                )
            )

    def seen(self, at_s: float, speech_id: str) -> None:
        """A new speech becomes audio: what the context holds then."""
        self.look(at_s)
        self._owed.clear()  # what has not come by now is missing, or comes too late
        self._early.clear()
        self.cut = False
        if self._context is None:
            return
        messages = list(self._context.messages)
        latest = messages[-TAIL_ITEMS:]
        self._write(
            ContextSeen(
                at_s=at_s,
                speech_id=speech_id,
                items=[self._item(message) for message in latest],
                earlier=len(messages) - len(latest),
            )
        )

    def _item(self, message: Any) -> ContextItem:
        known, role = self._ids[id(message)], _role(message)
        return {
            "item_id": known.item_id,
            "role": role,
            "text": self._text(_content(message)) if role in _SPOKEN else None,
            "interrupted": known.interrupted,
        }

    def _next_id(self) -> str:
        if self._owed:
            return self._owed.popleft()
        self._early.append(self._new_id())
        return self._early[-1]

    def _new_id(self) -> str:
        self._next += 1
        return f"message-{self._next}"


def _role(message: Any) -> str:
    return str(message.get("role", "unknown")) if isinstance(message, Mapping) else "unknown"


def _content(message: Any) -> str | None:
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, Mapping))
        content = " ".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else None
