"""Routes a caller's media over an impaired link by relaying the signalling.

::

    caller ──ws──► signalling ──ws──► server      addresses are exchanged here, and rewritten …
    caller ──udp─► relay ─────udp───► server      … so that there is no other way than this

The caller connects to :attr:`ImpairedLink.url`. Of the server's addresses it learns those that UDP
reaches, and of each only the relay's port that stands for it; no address for TCP, and no TURN
server. The server learns no address of the caller's: it sees the relay. So there is no fallback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

import aiohttp
from aiohttp import web
from livekit.protocol import rtc as protocol

from livekit_barge.call.events import ImpairedLink as LinkReport
from livekit_barge.call.events import LinkCounts
from livekit_barge.errors import RoomError
from livekit_barge.room.link import Link
from livekit_barge.room.relay import Relay

_WITHIN_S = 5.0
# What belongs to one connection, and is not handed on. Compression would hide the messages.
_HOP = {"host", "connection", "upgrade", "content-length", "transfer-encoding", "accept-encoding"}
_HOP_PREFIX = "sec-websocket-"

Rewrite = Callable[[bytes], bytes | None]


class ImpairedLink:
    """A link that is open, from :func:`impaired`."""

    def __init__(self, server_url: str, link: Link) -> None:
        self.link = link
        self.url = ""
        """The address the caller connects to instead of the server's."""
        self._server_url = server_url.rstrip("/")
        self._doors = contextlib.AsyncExitStack()

    def report(self, *, at_s: float, paths: Mapping[str, str]) -> LinkReport:
        """Return what reached the link so far; ``paths``: the media's way, by its statistics."""
        counts = self.relay.counts
        own = {f"udp {host}:{port}" for host, port in self.relay.addresses}
        crossed = bool(paths) and set(paths.values()) <= own
        return LinkReport(
            at_s=at_s,
            **asdict(self.link),
            to_server=cast(LinkCounts, asdict(counts["to_server"])),
            to_caller=cast(LinkCounts, asdict(counts["to_caller"])),
            paths=paths,
            crossed=crossed and all(way.packets > way.lost for way in counts.values()),
        )

    async def open(self) -> None:
        """Set up in the event loop that it will run in."""
        self.relay = Relay(self.link)
        self._client = await self._doors.enter_async_context(aiohttp.ClientSession())
        self._doors.callback(self.relay.close)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        self._doors.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}"

    async def close(self) -> None:
        """Return the counts of both ways."""
        await self._doors.aclose()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _HOP and not name.lower().startswith(_HOP_PREFIX)
        }
        url = self._server_url + request.path_qs
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._signal(request, url, headers)
        url = url.replace("ws", "http", 1)
        try:
            async with self._client.request(
                request.method, url, headers=headers, data=await request.read()
            ) as answer:
                body = await answer.read()
                return web.Response(
                    status=answer.status, body=body, content_type=answer.content_type
                )
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=str(error))

    async def _signal(
        self, request: web.Request, url: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Relay messages both ways until either side is gone; then close the other too."""
        try:
            server = await self._client.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status, text=error.message)
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=str(error))
        caller = web.WebSocketResponse(compress=False, max_msg_size=0)
        async with server:
            await caller.prepare(request)
            ways = [
                asyncio.create_task(_hand_on(caller, server, without_callers_addresses)),
                asyncio.create_task(_hand_on(server, caller, self.with_relays_addresses)),
            ]
            try:
                done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in done:
                    way.result()
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                await caller.close()
        return caller

    def with_relays_addresses(self, message: bytes) -> bytes | None:
        """Relay what the server sends to the caller."""
        said = protocol.SignalResponse.FromString(message)
        match said.WhichOneof("message"):
            case "join":
                del said.join.ice_servers[:]
                said.join.alternative_url = ""
                said.join.ClearField("client_configuration")
            case "reconnect":
                del said.reconnect.ice_servers[:]
                said.reconnect.ClearField("client_configuration")
            case "leave":
                said.leave.ClearField("regions")
            case "offer" | "answer" as kind:
                description = getattr(said, kind)
                description.sdp = self._sdp_with_relays_addresses(description.sdp)
            case "trickle":
                candidate = json.loads(said.trickle.candidateInit)
                rewritten = self._relayed(candidate.get("candidate", ""))
                if rewritten is None:
                    return None
                candidate["candidate"] = rewritten
                said.trickle.candidateInit = json.dumps(candidate)
        return said.SerializeToString()

    def _sdp_with_relays_addresses(self, sdp: str) -> str:
        lines = []
        for line in sdp.splitlines():
            if line.startswith("a=candidate:"):
                rewritten = self._relayed(line.removeprefix("a="))
                if rewritten is not None:
                    lines.append(f"a={rewritten}")
            else:
                lines.append(line)
        return "".join(f"{line}\r\n" for line in lines)

    def _relayed(self, candidate: str) -> str | None:
        """A candidate of the server's with the relay's address; ``None``: the caller may not know.

        ``candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ host …`` (RFC 8839)
        """
        if not candidate:  # "there are no more"
            return candidate
        parts = candidate.split()
        if parts[2].lower() != "udp" or ":" in parts[4] or "relay" in parts:
            return None
        host, port = self.relay.stand_for((parts[4], int(parts[5])))
        return " ".join([*parts[:4], host, str(port), *parts[6:8]])


def without_callers_addresses(message: bytes) -> bytes | None:
    """Relay what the caller sends to the server."""
    said = protocol.SignalRequest.FromString(message)
    match said.WhichOneof("message"):
        case "trickle":
            return None
        case "offer" | "answer" as kind:
            _strip(getattr(said, kind))
        case "sync_state":
            _strip(said.sync_state.offer)
            _strip(said.sync_state.answer)
    return said.SerializeToString()


def _strip(description: Any) -> None:
    """Take the addresses out."""
    lines = description.sdp.splitlines(keepends=True)
    description.sdp = "".join(line for line in lines if not line.startswith("a=candidate:"))


async def _hand_on(source: Any, sink: Any, rewrite: Rewrite) -> None:
    """Relay messages until either side is gone. LiveKit's client speaks protobuf, never JSON."""
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type != aiohttp.WSMsgType.BINARY:
                continue
            if (rewritten := rewrite(message.data)) is not None:
                await sink.send_bytes(rewritten)


@contextlib.contextmanager
def impaired(server_url: str, link: Link) -> Iterator[ImpairedLink]:
    """Put ``link`` before the server, in its own thread, so that no caller's work delays it.

    Raises :class:`RoomError` where it cannot be opened.
    """
    opened = ImpairedLink(server_url, link)
    with _loop_in_a_thread() as loop:
        try:
            asyncio.run_coroutine_threadsafe(opened.open(), loop).result(_WITHIN_S)
        except (OSError, TimeoutError) as error:
            remedy = "call without --loss, --delay and --jitter"
            what = f"the impaired link cannot be opened ({error})"
            raise RoomError(what, where=server_url, remedy=remedy) from error
        try:
            yield opened
        finally:
            asyncio.run_coroutine_threadsafe(opened.close(), loop).result(_WITHIN_S)


@contextlib.contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="impaired-link", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WITHIN_S)
        loop.close()
