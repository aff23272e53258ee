"""What the vendors' stand-ins share: an HTTP server on loopback, and ways to misbehave."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

KEY = "a-key-of-the-tests"


class Loopback:
    """An aiohttp application on a free port of 127.0.0.1, for as long as it is entered."""

    def __init__(self) -> None:
        self.app = web.Application()
        self.connections = 0
        """How many connections, or requests, were accepted so far."""
        self.refused = 0
        """How many came without the key."""
        self._runner = web.AppRunner(self.app, shutdown_timeout=0.1)
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def url(self) -> str:
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for socket in set(self._sockets):
            await socket.close()
        await self._runner.cleanup()

    def admit(self, given: str | None, expected: str) -> None:
        """Turn away who has no key, as the vendor does."""
        if given != expected:
            self.refused += 1
            raise web.HTTPUnauthorized
        self.connections += 1

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Accept one; it is closed with the server at the latest."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        return socket

    def drop(self, request: web.Request) -> None:
        """Cut the connection without a word, as a network does."""
        if request.transport is not None:
            request.transport.abort()


async def pause(seconds: float) -> None:
    """Wait, unless there is nothing to wait for."""
    if seconds > 0:
        await asyncio.sleep(seconds)
