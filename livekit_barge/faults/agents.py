"""Faulty agents: in the chat context, in what they protect, in how they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import Agent, StopResponse, llm

from livekit_barge.script.scripted_call import ScriptedAgent

Edit = Callable[[list[llm.ChatItem]], list[llm.ChatItem]]

NOTICE = (
    "This call is recorded, and what you say may be used for training. By staying on the line you "
    "agree to our terms of service, which you can read on our website at any time."
)

# Later than any message of a call on the stage.
_LATER_S = 600.0


class Editing(ScriptedAgent):
    """Edits its chat context before each answer, as agents do that summarise it."""

    def __init__(self, edit: Edit) -> None:
        super().__init__()
        self._edit = edit

    async def on_user_turn_completed(
        self,
        turn_ctx: llm.ChatContext,  # noqa: ARG002
        new_message: llm.ChatMessage,  # noqa: ARG002
    ) -> None:
        await self.update_chat_ctx(llm.ChatContext(items=self._edit(list(self.chat_ctx.items))))


def cut_removed(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """Takes out what was not said to its end."""
    return [item for item in items if not _was_cut(item)]


def cut_doubled(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """Adds the cut text to the context itself, though LiveKit has already."""
    return [copy for item in items for copy in ((item, _copy(item)) if _was_cut(item) else (item,))]


def cut_last(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """Stamps the cut text with its own clock, so that it lands behind the answer."""
    return [
        item.model_copy(update={"created_at": item.created_at + _LATER_S})
        if isinstance(item, llm.ChatMessage) and _was_cut(item)
        else item
        for item in items
    ]


class Silent(ScriptedAgent):
    """Never answers: its hook stops every response."""

    async def on_user_turn_completed(
        self,
        turn_ctx: llm.ChatContext,  # noqa: ARG002
        new_message: llm.ChatMessage,  # noqa: ARG002
    ) -> None:
        raise StopResponse


class SecondDesk(Agent):
    """Takes over with a context of its own, as LiveKit's agents do by default."""

    def __init__(self) -> None:
        super().__init__(instructions="You are the second desk.")

    async def on_enter(self) -> None:
        self.session.say("This is the second desk. I can see your order here.")


class HandsOver(ScriptedAgent):
    """Hands the call to another agent as soon as it is spoken to."""

    async def on_user_turn_completed(
        self,
        turn_ctx: llm.ChatContext,  # noqa: ARG002
        new_message: llm.ChatMessage,  # noqa: ARG002
    ) -> None:
        self.session.update_agent(SecondDesk())
        raise StopResponse


class HungUpOn(ScriptedAgent):
    """Its caller starts to speak over it, and hangs up."""

    async def on_enter(self) -> None:
        self.session.on("user_state_changed", self._hang_up)
        await super().on_enter()

    def _hang_up(self, event: Any) -> None:
        if event.new_state == "speaking":
            self.session.shutdown(drain=False)


class Notice(Agent):
    """Speaks a line that cannot be interrupted."""

    def __init__(self) -> None:
        super().__init__(instructions="")

    async def on_enter(self) -> None:
        self.session.say(NOTICE, allow_interruptions=False)


class CutNotice(Notice):
    """Speaks the line, and interrupts it by force as soon as the caller speaks."""

    async def on_enter(self) -> None:
        await super().on_enter()
        self.session.on("user_state_changed", self._cut)

    def _cut(self, event: Any) -> None:
        if event.new_state == "speaking":
            self.session.interrupt(force=True)


class Meddling(ScriptedAgent):
    """Sets an option while the call runs."""

    async def on_enter(self) -> None:
        self.session.options.interruption["min_duration"] = 0.8
        await super().on_enter()


def _was_cut(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and item.role == "assistant" and item.interrupted


def _copy(item: llm.ChatItem) -> llm.ChatItem:
    assert isinstance(item, llm.ChatMessage)
    return llm.ChatMessage(
        role=item.role, content=list(item.content), created_at=item.created_at + 0.001
    )
