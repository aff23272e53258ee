"""Services that go wrong, each in one way: what LiveKit makes of them is what the tests look at."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import WSMsgType, web

from livekit_barge.adaptive import protocol

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LATE_S = 1.5
"""LiveKit gives up after 0.7 s, but looks at the time only when it asks again."""


async def late(request: web.Request) -> web.StreamResponse:
    """Answer every request with a yes, too late."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)

    async def answer(created_at: int) -> None:
        await asyncio.sleep(LATE_S)
        with contextlib.suppress(ConnectionError):
            await ws.send_str(
                protocol.answer(
                    created_at, interruption=True, prediction_s=LATE_S, probabilities=[1.0, 1.0]
                )
            )

    async with asyncio.TaskGroup() as answers:
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await ws.send_str(protocol.session_created(0.6))
            else:
                answers.create_task(answer(struct.unpack_from("<Q", message.data)[0]))
    return ws


async def refusing(_: web.Request) -> web.StreamResponse:
    """Refuse the connection, as LiveKit Cloud does once the month's requests are used up."""
    return web.Response(status=429)


async def dropping(request: web.Request) -> web.StreamResponse:
    """Drop the connection at the second request: in the middle of an overlap."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    requests = 0
    async for message in ws:
        if message.type is WSMsgType.TEXT:
            await ws.send_str(protocol.session_created(0.6))
            continue
        requests += 1
        if requests == 2:
            assert request.transport is not None
            request.transport.abort()
    return ws


@contextlib.asynccontextmanager
async def faulty(handler: Handler) -> AsyncIterator[str]:
    """Serve it; the value is the URL that LiveKit takes."""
    app = web.Application()
    app.router.add_get("/v1/bargein", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
