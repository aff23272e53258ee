"""Passes on every call that is not about interruptions.

``LIVEKIT_INFERENCE_URL`` moves all of LiveKit's ``inference.*`` calls at once, its STT, LLM and TTS
included. Those go on, untouched, to the gateway they would have reached, and its answers go back:
status, headers, body and WebSocket messages as they come, the client's own credentials with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout, WSCloseCode, WSMsgType, web
from aiohttp.client_exceptions import WSServerHandshakeError
from aiohttp.client_ws import ClientWebSocketResponse
from multidict import CIMultiDict
from yarl import URL

from livekit_barge.adaptive.service_metrics import ServiceMetrics
from livekit_barge.errors import SettingsError

# RFC 9110, 7.6.1: these belong to one connection. aiohttp makes Host and the lengths anew.
_OF_A_CONNECTION = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_OF_A_HANDSHAKE = frozenset(
    {"sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key",
     "sec-websocket-protocol", "sec-websocket-version"}
)  # fmt: skip
_BLOCK_BYTES = 64 * 1024
_MESSAGE_BYTES = 16 * 1024 * 1024
_CONNECT_S = 10.0

_BASE = "/v1"
"""The gateway's own address ends in it, and so does the one we give to LiveKit."""


class Gateway:
    """The gateway behind the service; without one every call is refused."""

    def __init__(self, url: str | None, metrics: ServiceMetrics) -> None:
        """``url``: where LiveKit's inference calls go without us; raises :class:`SettingsError`."""
        if url is not None and not (url.startswith(("http://", "https://")) and URL(url).host):
            raise SettingsError(
                f"the gateway is {url!r}",
                remedy="give its URL, such as https://agent-gateway.livekit.cloud/v1",
            )
        self._url = None if url is None else URL(url)
        self._metrics = metrics
        self._session: ClientSession | None = None

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on and hand its answer back."""
        path = request.rel_url.raw_path.removeprefix(_BASE)
        if self._url is None:
            return web.Response(
                status=502,
                text=f"livekit-barge: no gateway is configured for {path}; this service answers "
                "/bargein only\n",
            )
        target = URL(str(self._url).rstrip("/") + path, encoded=True).with_query(None)
        target = (
            URL(f"{target}?{request.rel_url.raw_query_string}", encoded=True)
            if (request.rel_url.raw_query_string)
            else target
        )
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request, target)
        return await self._http(request, target)

    async def aclose(self) -> None:
        """Close the connections to the gateway."""
        if self._session is not None:
            await self._session.close()

    async def _http(self, request: web.Request, target: URL) -> web.StreamResponse:
        try:
            async with self._client().request(
                request.method,
                target,
                headers=_passed_on(request.headers),
                data=request.content if request.body_exists else None,
                allow_redirects=False,
            ) as answer:
                self._metrics.forwarded("http", answer.status)
                back = web.StreamResponse(
                    status=answer.status, reason=answer.reason, headers=_passed_on(answer.headers)
                )
                if length := answer.headers.get("Content-Length"):
                    back.content_length = int(length)
                await back.prepare(request)
                async for block in answer.content.iter_any():
                    await back.write(block)
                await back.write_eof()
                return back
        except (ClientError, TimeoutError) as error:
            return self._unreachable("http", error)

    async def _websocket(self, request: web.Request, target: URL) -> web.StreamResponse:
        protocols = tuple(
            each.strip()
            for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            if each.strip()
        )
        try:
            async with self._client().ws_connect(
                target,
                protocols=protocols,
                headers=_passed_on(request.headers, without=_OF_A_HANDSHAKE),
                max_msg_size=_MESSAGE_BYTES,
            ) as behind:
                self._metrics.forwarded("websocket", 101)
                front = web.WebSocketResponse(
                    protocols=() if behind.protocol is None else (behind.protocol,),
                    max_msg_size=_MESSAGE_BYTES,
                )
                await front.prepare(request)
                await _join(front, behind)
                return front
        except WSServerHandshakeError as error:
            self._metrics.forwarded("websocket", error.status)
            return web.Response(status=error.status, text=f"the gateway says: {error.message}\n")
        except (ClientError, TimeoutError) as error:
            return self._unreachable("websocket", error)

    def _unreachable(self, kind: str, error: Exception) -> web.Response:
        self._metrics.forwarded("http" if kind == "http" else "websocket", 502)
        what = str(error) or type(error).__name__
        return web.Response(status=502, text=f"livekit-barge: the gateway is unreachable: {what}\n")

    def _client(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                auto_decompress=False,
                timeout=ClientTimeout(total=None, sock_connect=_CONNECT_S),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                read_bufsize=_BLOCK_BYTES,
            )
        return self._session


def _passed_on(
    headers: Mapping[str, str], *, without: frozenset[str] = frozenset()
) -> CIMultiDict[str]:
    """Return the headers that belong to the call, rather than to a connection."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    dropped = _OF_A_CONNECTION | without | named
    return CIMultiDict((name, v) for name, v in headers.items() if name.lower() not in dropped)


async def _join(front: web.WebSocketResponse, behind: ClientWebSocketResponse) -> None:
    """Carry messages both ways until one side closes; the other is closed with the same code."""
    ways = [
        asyncio.create_task(_carry(front, behind)),
        asyncio.create_task(_carry(behind, front)),
    ]
    _, going = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in going:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)


async def _carry(
    source: web.WebSocketResponse | ClientWebSocketResponse,
    sink: web.WebSocketResponse | ClientWebSocketResponse,
) -> None:
    try:
        async for message in source:
            if message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
    except ConnectionError:
        pass  # the sink has gone, and the source is told so below
    code = source.close_code or WSCloseCode.INTERNAL_ERROR
    # 1005 and 1006 may not be sent: they say that no code, or no close, was received.
    await sink.close(code=WSCloseCode.OK if code in (1005, 1006) else code)
