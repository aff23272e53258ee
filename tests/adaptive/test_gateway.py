"""Every other inference call reaches the gateway behind the service as it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from livekit_barge.adaptive.gateway import Gateway
from livekit_barge.adaptive.service_metrics import ServiceMetrics
from livekit_barge.errors import SettingsError
from tests.adaptive.made import lines, serving


@contextlib.asynccontextmanager
async def gateway() -> AsyncIterator[tuple[str, list[Any]]]:
    """A gateway on loopback, and what reached it."""
    reached: list[Any] = []

    async def http(request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k != "Host"}
        reached.append((request.method, request.raw_path, headers, await request.read()))
        if request.path.endswith("/moved"):
            return web.Response(status=307, headers={"Location": "https://elsewhere.test/"})
        if request.path.endswith("/packed"):
            packed = web.Response(text="packed " * 100)
            packed.enable_compression(web.ContentCoding.gzip)
            return packed
        answer = web.StreamResponse(status=429, headers={"X-LiveKit-Inference-RPM-Limit": "3"})
        await answer.prepare(request)
        await answer.write(b"data: one\n\n")
        await answer.write(b"data: two\n\n")
        return answer

    async def echo(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer mine":
            return web.Response(status=401, text="no")
        ws = web.WebSocketResponse(protocols=("audio",))
        await ws.prepare(request)
        reached.append((request.raw_path, ws.ws_protocol))
        async for message in ws:
            if message.data == "bye":
                await ws.close(code=4000)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await ws.send_str(message.data.upper())
            else:
                await ws.send_bytes(message.data[::-1])
        reached.append(ws.close_code)
        return ws

    app = web.Application()
    app.router.add_get("/v1/stt", echo)
    app.router.add_route("*", "/{path:.*}", http)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", reached
    finally:
        await runner.cleanup()


async def test_a_call_reaches_the_gateway_and_its_answer_comes_back_untouched():
    async with gateway() as (url, reached), serving(gateway=url) as service:
        sent = {"Authorization": "Bearer mine", "Content-Type": "application/x", "X-Own": "ä"}
        async with service.http.post(
            f"{service.url}/chat/a%2Fb?model=x%20y", data=b"\0body", headers=sent
        ) as answer:
            body = await answer.read()
        [(method, path, headers, received)] = reached
        assert (method, path, received) == ("POST", "/v1/chat/a%2Fb?model=x%20y", b"\0body")
        assert headers["Authorization"] == "Bearer mine"
        assert headers["Content-Type"] == "application/x"
        assert (answer.status, body) == (429, b"data: one\n\ndata: two\n\n")
        assert answer.headers["X-LiveKit-Inference-RPM-Limit"] == "3"


async def test_a_compressed_answer_comes_back_as_it_was_compressed():
    async with (
        gateway() as (url, _),
        serving(gateway=url) as service,
        service.http.get(f"{service.url}/packed") as answer,
    ):
        assert answer.headers["Content-Encoding"] == "gzip"
        assert await answer.text() == "packed " * 100


async def test_a_redirect_is_the_clients_to_follow():
    async with (
        gateway() as (url, _),
        serving(gateway=url) as service,
        service.http.get(f"{service.url}/moved", allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (307, "https://elsewhere.test/")


async def test_websocket_messages_pass_both_ways():
    async with gateway() as (url, reached), serving(gateway=url) as service:
        async with service.http.ws_connect(
            f"{service.url}/stt?m=1",
            headers={"Authorization": "Bearer mine"},
            protocols=("video", "audio"),
        ) as ws:
            await ws.send_str("hello")
            assert await ws.receive_str() == "HELLO"
            await ws.send_bytes(b"\1\2\3")
            assert await ws.receive_bytes() == b"\3\2\1"
            assert ws.protocol == "audio"
        assert reached[0] == ("/v1/stt?m=1", "audio")
    assert reached[1] == 1000


async def test_a_close_by_the_gateway_keeps_its_code():
    async with (
        gateway() as (url, _),
        serving(gateway=url) as service,
        service.http.ws_connect(
            f"{service.url}/stt", headers={"Authorization": "Bearer mine"}
        ) as ws,
    ):
        await ws.send_str("bye")
        await ws.receive()
        assert ws.close_code == 4000


async def test_a_websocket_that_the_gateway_refuses_is_refused_with_its_status():
    async with gateway() as (url, _), serving(gateway=url) as service:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await service.http.ws_connect(f"{service.url}/stt")
        assert refused.value.status == 401


@pytest.mark.parametrize("url", ["agent-gateway.test", "ftp://gateway.test/v1", "http://"])
def test_a_gateway_that_is_no_url_is_refused(url):
    with pytest.raises(SettingsError, match="give its URL, such as"):
        Gateway(url, ServiceMetrics())


async def test_without_a_gateway_a_call_is_refused_in_one_line():
    async with serving() as service:
        async with service.http.post(f"{service.url}/chat/completions") as answer:
            text = await answer.text()
        assert answer.status == 502
        assert text == (
            "livekit-barge: no gateway is configured for /chat/completions; this service answers "
            "/bargein only\n"
        )


async def test_a_gateway_that_does_not_answer_is_named_in_one_line():
    async with serving(gateway="http://127.0.0.1:9/v1") as service:
        async with service.http.get(f"{service.url}/tts") as answer:
            text = await answer.text()
        assert answer.status == 502
        assert text.startswith("livekit-barge: the gateway is unreachable: ")
        assert lines(await service.page("/metrics"), "livekit_barge_adaptive_forwarded_total") == [
            'livekit_barge_adaptive_forwarded_total{kind="http",status="502"} 1.0'
        ]
