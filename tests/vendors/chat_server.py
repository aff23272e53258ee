"""A stand-in for any OpenAI-compatible chat endpoint: streamed completions, scripted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.loopback import KEY, Loopback, pause


@dataclass(frozen=True)
class ToolCall:
    """An answer that calls a tool instead of speaking."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChatBehaviour:
    """How fast it answers, and what goes wrong."""

    first_token_s: float = 0.0
    token_s: float = 0.0
    """Between two tokens."""
    drop_after_tokens: int | None = None
    """The first request's connection is cut after this many tokens."""
    malformed_first: bool = False
    """The first request's first chunk is not JSON."""


class ChatServer(Loopback):
    """Gives ``answers`` one after the other, the last one for ever."""

    def __init__(
        self, answers: Iterable[str | ToolCall], behaviour: ChatBehaviour | None = None
    ) -> None:
        super().__init__()
        self.behaviour = behaviour or ChatBehaviour()
        self.answers = list(answers)
        self.asked: list[list[dict[str, Any]]] = []
        """The messages of each request so far."""
        self.app.router.add_post("/v1/chat/completions", self._complete)

    @property
    def base_url(self) -> str:
        """The client's ``base_url``."""
        return f"{self.url}/v1"

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.admit(request.headers.get("Authorization"), f"Bearer {KEY}")
        asked = await request.json()
        self.asked.append(asked["messages"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        behaviour, first = self.behaviour, self.connections == 1
        if first and behaviour.malformed_first:
            await response.write(b"data: {\n\n")
        await pause(behaviour.first_token_s)
        for count, delta in enumerate(_deltas(answer), 1):
            await response.write(_chunk(asked["model"], delta, None))
            if first and count == behaviour.drop_after_tokens:
                self.drop(request)
                return response
            await pause(behaviour.token_s)
        reason = "tool_calls" if isinstance(answer, ToolCall) else "stop"
        await response.write(_chunk(asked["model"], {}, reason))
        await response.write(b"data: [DONE]\n\n")
        return response


def _deltas(answer: str | ToolCall) -> list[dict[str, Any]]:
    if isinstance(answer, ToolCall):
        call = {"name": answer.name, "arguments": json.dumps(dict(answer.arguments))}
        entry = {"index": 0, "id": "call-1", "type": "function", "function": call}
        return [{"role": "assistant", "tool_calls": [entry]}]
    return [{"role": "assistant", "content": word + " "} for word in answer.split()]


def _chunk(model: str, delta: dict[str, Any], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {
        "id": "completion",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": model,
        "choices": [choice],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"
