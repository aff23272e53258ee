"""The agent of a suite's calls: it speaks the script's lines, some of them protected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from functools import partial
from typing import Any

from livekit.agents import AgentStateChangedEvent, ModelSettings, llm

from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import ScriptedAgent

CALLER_LEAVES_S = 90.0
"""The caller hangs up after this: in noise that a VAD takes for speech the agent never speaks
again, and the call would never end."""


class SuiteAgent(ScriptedAgent):
    """Greets and answers in the script's words; its protected lines are uninterruptible.

    A line is protected as a program does it: by the speech handle's ``allow_interruptions``, from
    the line's first sample on.
    """

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._protected = script.protected
        self._last_line = len(script.agent) - 1
        self._lines: dict[int, int] = {}
        """The agent's line by the number of the caller's turns, as the stand-in counts them."""
        self._asked_for = 0

    async def on_enter(self) -> None:
        leave = partial(self.session.shutdown, drain=False)
        self._leave = asyncio.get_running_loop().call_later(CALLER_LEAVES_S, leave)
        if self._protected:
            self.session.on("agent_state_changed", self._state_changed)
        await super().on_enter()

    async def on_exit(self) -> None:
        self._leave.cancel()

    def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterable[Any]:
        """Answer as LiveKit's own node does, and note which line is asked for."""
        turns = sum(message.role == "user" for message in chat_ctx.messages())
        self._asked_for = self._lines.setdefault(turns, len(self._lines))
        said: AsyncIterable[Any] = super().llm_node(chat_ctx, tools, model_settings)  # type: ignore[assignment]
        return said

    def _state_changed(self, event: AgentStateChangedEvent) -> None:
        speech = self.session.current_speech
        if event.new_state != "speaking" or speech is None or speech.interrupted:
            return
        if min(self._asked_for, self._last_line) in self._protected:
            speech.allow_interruptions = False
