"""The service that LiveKit's adaptive mode asks: ``/bargein``, health, metrics, a gateway.

It is one aiohttp application for any number of sessions, of agents in Python or in Node. On its own
it runs by ``livekit-barge adaptive serve``; inside a process, by :mod:`.local`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from jwt import PyJWTError
from livekit import api

from livekit_barge import __version__
from livekit_barge.adaptive.connection import Connection, ServiceBounds, logger
from livekit_barge.adaptive.gateway import Gateway
from livekit_barge.adaptive.protocol import MAX_REQUEST_BYTES
from livekit_barge.adaptive.service_metrics import ServiceMetrics
from livekit_barge.adaptive.verdict import Detector
from livekit_barge.clock import Clock, SystemClock
from livekit_barge.errors import ServiceError

# Ten times what a client may send: up to there it hears what is wrong before it is closed.
_MESSAGE_BYTES = 10 * MAX_REQUEST_BYTES
# A client that has vanished without a word is noticed within one and a half of these.
_HEARTBEAT_S = 20.0
_STOP_WITHIN_S = 2.0


@dataclass(frozen=True)
class Credentials:
    """The key and the secret that clients sign their tokens with."""

    key: str
    secret: str = field(repr=False)

    def allow(self, authorization: str) -> bool:
        """Return whether this header carries a token that may ask for inference."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        try:
            claims = api.TokenVerifier(self.key, self.secret).verify(token.strip())
        except (PyJWTError, AttributeError, TypeError, ValueError):
            return False  # the last three: signed by the key, but not a token of LiveKit's
        return claims.inference is not None and bool(claims.inference.perform)


class Service:
    """Answers with one detector whoever holds the credentials.

    ``detector`` is called from ``workers`` threads, one request each.
    """

    def __init__(
        self,
        detector: Detector,
        credentials: Credentials,
        *,
        gateway: str | None = None,
        limits: ServiceBounds | None = None,
        workers: int = 1,
        clock: Clock | None = None,
    ) -> None:
        self.metrics = ServiceMetrics()
        self._detector = detector
        self.credentials = credentials
        self._gateway = Gateway(gateway, self.metrics)
        self._limits = limits or ServiceBounds()
        self._clock = clock or SystemClock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="barge-adaptive")
        self._connections: set[Connection] = set()
        self._stopping = False

    def app(self) -> web.Application:
        """Return the application that :func:`running` serves."""
        app = web.Application()
        app.router.add_get("/bargein", self._bargein)
        app.router.add_get("/v1/bargein", self._bargein)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_route("*", "/{path:.*}", self._gateway.forward)
        app.on_shutdown.append(self._stop)
        app.on_cleanup.append(self._clean_up)
        return app

    async def _bargein(self, request: web.Request) -> web.StreamResponse:
        if not self.credentials.allow(request.headers.get("Authorization", "")):
            self.metrics.refused("token")
            return web.Response(status=401, text="livekit-barge: the token is not valid here\n")
        if self._stopping or len(self._connections) >= self._limits.sessions:
            self.metrics.refused("full")
            return web.Response(
                status=503, text=f"livekit-barge: {self._limits.sessions} sessions are open\n"
            )
        ws = web.WebSocketResponse(
            timeout=_STOP_WITHIN_S, max_msg_size=_MESSAGE_BYTES, heartbeat=_HEARTBEAT_S
        )
        if not ws.can_prepare(request):
            return web.Response(status=426, text="livekit-barge: /bargein is a WebSocket\n")
        await ws.prepare(request)
        connection = Connection(
            ws,
            secrets.token_hex(8),
            detector=self._detector,
            pool=self._pool,
            limits=self._limits,
            metrics=self.metrics,
            clock=self._clock,
        )
        self._connections.add(connection)
        self.metrics.open.inc()
        try:
            end = await connection.serve()
            self.metrics.ended("stopped" if self._stopping else end)
        finally:
            self._connections.discard(connection)
            self.metrics.open.dec()
        return ws

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"status": "ok", "sessions": len(self._connections), "version": __version__}
        )

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=self.metrics.page(), headers=headers)

    async def _stop(self, _: web.Application) -> None:
        self._stopping = True
        await asyncio.gather(*(connection.stop() for connection in self._connections))

    async def _clean_up(self, _: web.Application) -> None:
        await self._gateway.aclose()
        self._pool.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def running(
    service: Service, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve until the block ends; the value is the URL that LiveKit takes.

    ``port`` 0 takes one that is free.

    Raises:
        ServiceError: if the port is taken, or the address is not this machine's.
    """
    runner = web.AppRunner(
        service.app(), access_log=None, handle_signals=False, shutdown_timeout=_STOP_WITHIN_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise ServiceError(
                f"cannot listen there ({error.strerror or error})",
                where=f"{host}:{port}",
                remedy="give another --port, or stop what listens there",
            ) from error
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{runner.addresses[0][1]}/v1"
        logger.debug("serving at %s", url)
        yield url
    finally:
        await runner.cleanup()
