"""One client's session: its requests in, verdicts out, one at a time.

The detector runs in a thread pool. While it is busy with a session's request, only the newest of
those that follow waits; an older one is answered at once as "no interruption so far", because the
newer one's audio contains all of its own. So a session never has more than two requests in hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from livekit_barge.adaptive import protocol
from livekit_barge.adaptive.protocol import BadMessage, Request, SessionClose, SessionCreate
from livekit_barge.adaptive.service_metrics import End, ServiceMetrics
from livekit_barge.adaptive.verdict import Detector, Overlaps, Verdict
from livekit_barge.clock import Clock

logger = logging.getLogger("livekit_barge.adaptive")


@dataclass(frozen=True, kw_only=True)
class ServiceBounds:
    """Bounds on the clients of a service: sessions, rates, and times."""

    sessions: int = 256
    """Sessions that are open at a time; one more is refused with 503."""
    requests_per_s: float = 20.0
    """The rate a session may keep up. LiveKit's clients send 10 a second."""
    burst: int = 40
    """Requests that may come at once, after a network held them back."""
    create_within_s: float = 10.0
    """``session.create`` comes this soon after the connection."""
    answer_within_s: float = 0.65
    """A later answer is an error instead: LiveKit gives up at 0.7 s, and then uses its VAD."""


@dataclass(frozen=True)
class _Waiting:
    request: Request
    age_s: float
    arrived_s: float


class Connection:
    """Speaks to one client until either side ends it."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        session_id: str,
        *,
        detector: Detector,
        pool: Executor,
        limits: ServiceBounds,
        metrics: ServiceMetrics,
        clock: Clock,
    ) -> None:
        self._ws = ws
        self._session_id = session_id
        self._detector = detector
        self._pool = pool
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._overlaps: Overlaps | None = None
        self._waiting: _Waiting | None = None
        self._wake = asyncio.Event()
        self._tokens = float(limits.burst)
        self._counted_s = clock.now_s()

    async def serve(self) -> End:
        """Answer until the end, which is returned. Never raises for what a client does."""
        try:
            try:
                async with asyncio.timeout(self._limits.create_within_s):
                    await self._open()
            except TimeoutError:
                raise BadMessage("no session.create came", code=408) from None
            return await self._converse()
        except BadMessage as error:
            await self._refuse(error)
            return "error"
        except _Gone:
            return "gone"

    async def stop(self) -> None:
        """Close from our side: the service stops."""
        await self._ws.close(code=WSCloseCode.GOING_AWAY, message=b"the service stops")

    async def _open(self) -> None:
        message = await self._receive()
        if not isinstance(message, SessionCreate):
            raise BadMessage("the first message is not session.create")
        self._overlaps = Overlaps.heard_by(
            self._detector, threshold=message.threshold, min_frames=message.min_frames
        )
        await self._send(protocol.session_created(self._detector.threshold))

    async def _converse(self) -> End:
        """Read and answer at the same time; the first to end, or to fail, ends both."""
        both = (
            asyncio.create_task(self._read()),
            asyncio.create_task(self._answer_requests()),
        )
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _read(self) -> End:
        assert self._overlaps is not None
        while True:
            message = await self._receive()
            match message:
                case SessionClose():
                    await self._send(protocol.session_closed())
                    await self._ws.close()
                    return "closed"
                case SessionCreate():
                    raise BadMessage("a second session.create")
                case Request():
                    self._count()
                    now_s = self._clock.now_s()
                    older = self._waiting
                    self._waiting = _Waiting(message, self._overlaps.asked(now_s), now_s)
                    self._wake.set()
                    if older is not None:
                        await self._answer(older, None)

    async def _receive(self) -> SessionCreate | SessionClose | Request:
        message = await self._ws.receive()
        if message.type is WSMsgType.TEXT:
            return protocol.parse_text(message.data)
        if message.type is WSMsgType.BINARY:
            return protocol.parse_request(message.data)
        raise _Gone

    def _count(self) -> None:
        """Hold the client to its rate: a bucket that fills at ``requests_per_s``."""
        now_s = self._clock.now_s()
        filled = self._tokens + (now_s - self._counted_s) * self._limits.requests_per_s
        self._tokens, self._counted_s = min(filled, self._limits.burst) - 1, now_s
        if self._tokens < 0:
            raise BadMessage(f"over {self._limits.requests_per_s:g} requests a second", code=429)

    async def _answer_requests(self) -> End:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            waiting, self._waiting = self._waiting, None
            if waiting is None:
                continue
            try:
                judged = await loop.run_in_executor(self._pool, self._judge, waiting)
            except Exception as error:
                logger.exception("the detector failed")
                raise BadMessage("the detector failed", code=500) from error
            if self._clock.now_s() - waiting.arrived_s > self._limits.answer_within_s:
                raise BadMessage("too busy to answer in time", code=503)
            await self._answer(waiting, judged)

    def _judge(self, waiting: _Waiting) -> tuple[Verdict, float]:
        """Run the detector, in a thread; return the verdict and the seconds it took."""
        assert self._overlaps is not None
        began_s = self._clock.now_s()
        audio = waiting.request.audio
        verdict = self._overlaps.judge(audio, self._detector.probabilities(audio), waiting.age_s)
        return verdict, self._clock.now_s() - began_s

    async def _answer(self, waiting: _Waiting, judged: tuple[Verdict, float] | None) -> None:
        """Send the verdict; ``None``: a newer request has taken this one's place."""
        verdict, inference_s = judged or (None, 0.0)
        await self._send(
            protocol.answer(
                waiting.request.created_at,
                interruption=verdict is not None and verdict.interruption,
                prediction_s=inference_s,
                probabilities=() if verdict is None else verdict.probabilities,
            )
        )
        kind = "superseded" if verdict is None else verdict.reason
        self._metrics.answered(
            "interruption" if kind == "probable" else kind or "none",
            inference_s=inference_s,
            answer_s=self._clock.now_s() - waiting.arrived_s,
        )

    async def _send(self, text: str) -> None:
        try:
            await self._ws.send_str(text)
        except ConnectionError:
            raise _Gone from None

    async def _refuse(self, error: BadMessage) -> None:
        """Say what is wrong, and close."""
        logger.warning("session %s ended: %s (%d)", self._session_id, error, error.code)
        text = protocol.error(str(error), code=error.code, session_id=self._session_id)
        with contextlib.suppress(_Gone):
            await self._send(text)
            await self._ws.close(code=WSCloseCode.POLICY_VIOLATION)


class _Gone(Exception):
    """The client is no longer there."""
