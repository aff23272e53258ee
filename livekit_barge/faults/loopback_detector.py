"""A loopback server in the place of LiveKit's adaptive detector: it takes every sound for speech.

It speaks ``/bargein``, so the real session asks it and waits for its verdicts. While its connection
is open a virtual call passes at real speed.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from aiohttp import WSMsgType, web
from livekit.agents import Agent
from livekit.agents.utils import http_context

from livekit_barge.frameworks.livekit.session import BargeSession

_REACHED_AT = ("LIVEKIT_INFERENCE_URL", "LIVEKIT_INFERENCE_API_KEY", "LIVEKIT_INFERENCE_API_SECRET")
_KEY = ("key", "a secret of at least 32 characters")
# One probability for each 25 ms; LiveKit takes the mean of the last of them.
_PROBABILITIES = [0.99] * 4


class YesDetector:
    """Answers every request with an interruption; with ``fails`` it then hangs up for good."""

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails
        self._app = web.Application()
        self._app.router.add_get("/bargein", self._connected)
        self._runner = web.AppRunner(self._app)
        self._closing: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """Listen on a free port of this machine; return the URL."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def aclose(self) -> None:
        """Close the server and its connections."""
        await self._runner.cleanup()

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        async for message in answer:
            if message.type is WSMsgType.BINARY:
                (created_at,) = struct.unpack("<Q", message.data[:8])
                await answer.send_str(_verdict(created_at))
                if self._fails:
                    self._closing = asyncio.create_task(self.aclose())
                    break
            elif json.loads(message.data)["type"] == "session.create":
                await answer.send_str('{"type": "session.created", "default_threshold": 0.5}')
            else:
                await answer.send_str('{"type": "session.closed"}')
        return answer


def _verdict(created_at: int) -> str:
    return json.dumps(
        {
            "type": "bargein_detected",
            "created_at": created_at,
            "prediction_duration": 0.01,
            "probabilities": _PROBABILITIES,
        }
    )


class AskingSession(BargeSession[None]):
    """Asks its own detector, which lives as long as the session."""

    def __init__(self, *, fails: bool = False, **session: Any) -> None:
        super().__init__(**session)
        self._detector = YesDetector(fails=fails)
        self._open = AsyncExitStack()

    async def start(self, agent: Agent, **options: Any) -> Any:
        await self._open.enter_async_context(http_context.open())
        url = await self._detector.open()
        self._open.push_async_callback(self._detector.aclose)
        with _environment(dict(zip(_REACHED_AT, (url, *_KEY), strict=True))):
            return await super().start(agent, **options)

    async def aclose(self) -> None:
        await super().aclose()
        await self._open.aclose()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables while the session starts, which is when LiveKit reads them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
