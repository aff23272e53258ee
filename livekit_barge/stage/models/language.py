"""The language model's stand-in: says the script's texts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from livekit_barge.stage.models.timing import Timing


class ScriptedLLM(llm.LLM[Any]):
    """Answers with its texts in order, one for each of the caller's turns; then repeats the last.

    A request for a turn that was answered before, as preemptive generation makes, gets the same.
    """

    def __init__(self, texts: Sequence[str], timing: Timing | None = None) -> None:
        super().__init__()
        self._texts = texts
        self._timing = timing or Timing()
        self._answered: dict[int, int] = {}

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        turns = sum(message.role == "user" for message in chat_ctx.messages())
        place = self._answered.setdefault(turns, len(self._answered))
        text = self._texts[min(place, len(self._texts) - 1)]
        return _Saying(
            self,
            text,
            self._timing,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
        )


class _Saying(llm.LLMStream):
    def __init__(self, owner: ScriptedLLM, text: str, timing: Timing, **more: Any) -> None:
        super().__init__(owner, **more)
        self._text = text
        self._timing = timing

    async def _run(self) -> None:
        await asyncio.sleep(self._timing.llm_first_token_s)
        for number, word in enumerate(self._text.split(" ")):
            if number:
                await asyncio.sleep(self._timing.llm_word_s)
            content = f" {word}" if number else word
            delta = llm.ChoiceDelta(role="assistant", content=content)
            self._event_ch.send_nowait(llm.ChatChunk(id="scripted", delta=delta))
