"""A detector that goes by loudness, a client that speaks the protocol, and a service for both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from livekit import api

from livekit_barge.adaptive.protocol import FRAME_SAMPLES, SAMPLE_RATE, Pcm16
from livekit_barge.adaptive.service import Credentials, Service, running

CREDENTIALS = Credentials("a-key", "a-secret-of-thirty-two-bytes-and-more")
LOUD, SOFT = 0.5, 0.02
"""Amplitudes: what this detector takes for an interruption, and what for a backchannel."""


class LoudnessDetector:
    """Takes what is loud for an interruption. ``hold`` keeps it busy until it is released."""

    threshold = 0.6
    long_s = 0.9

    def __init__(self, *, loud: float = 0.1) -> None:
        """``loud``: a frame's mean amplitude from which on it is an interruption."""
        self._loud = loud
        self.asked: list[int] = []
        """The samples of each request."""
        self.busy = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.fails = False

    def probabilities(self, audio: Pcm16) -> npt.NDArray[np.float32]:
        self.asked.append(len(audio))
        self.busy.set()
        if self.fails:
            raise ValueError("broken")
        assert self.free.wait(10)
        frames = -(-len(audio) // FRAME_SAMPLES)
        padded = np.zeros(frames * FRAME_SAMPLES)
        padded[: len(audio)] = audio
        level = np.abs(padded.reshape(frames, FRAME_SAMPLES)).mean(axis=1) / 32_768
        return np.where(level > self._loud, 0.9, 0.1).astype(np.float32)


def sound(*parts: tuple[float, float]) -> Pcm16:
    """Noise, part by part: seconds and amplitude."""
    noise = np.random.default_rng(1)
    pieces = [noise.uniform(-a, a, round(s * SAMPLE_RATE)) for s, a in parts]
    return (np.concatenate(pieces) * 32_767).astype(np.int16)


def token(credentials: Credentials = CREDENTIALS, *, perform: bool = True) -> str:
    made = api.AccessToken(credentials.key, credentials.secret).with_identity("agent")
    return made.with_inference_grants(api.access_token.InferenceGrants(perform=perform)).to_jwt()


def bearer(credentials: Credentials = CREDENTIALS) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(credentials)}"}


SETTINGS = {"sample_rate": 16_000, "num_channels": 1, "min_frames": 2, "encoding": "s16le"}


@dataclass
class Client:
    """One session with the service."""

    ws: ClientWebSocketResponse

    async def tell(self, kind: str, **fields: Any) -> None:
        await self.ws.send_str(json.dumps({"type": kind, **fields}))

    async def ask(self, audio: Pcm16, created_at: int = 1) -> None:
        await self.ws.send_bytes(struct.pack("<Q", created_at) + audio.tobytes())

    async def hear(self) -> dict[str, Any]:
        message = await self.ws.receive(timeout=10)
        assert message.type is WSMsgType.TEXT, message
        heard: dict[str, Any] = json.loads(message.data)
        return heard

    async def closed(self) -> int | None:
        message = await self.ws.receive(timeout=10)
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED), message
        return self.ws.close_code

    async def open(self, **settings: Any) -> None:
        await self.tell("session.create", settings=SETTINGS | settings)
        assert (await self.hear())["type"] == "session.created"


@dataclass
class Running:
    """A service that answers."""

    url: str
    service: Service
    detector: LoudnessDetector
    http: ClientSession

    @property
    def root(self) -> str:
        return self.url.removesuffix("/v1")

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with self.http.ws_connect(f"{self.url}/bargein", headers=bearer()) as ws:
            yield Client(ws)

    async def hold(self) -> None:
        """Return once the detector is busy; ``detector.free`` has been cleared before."""
        assert await asyncio.to_thread(self.detector.busy.wait, 10)

    async def until_no_session_is_open(self) -> None:
        async with asyncio.timeout(10):
            while json.loads(await self.page("/healthz"))["sessions"]:
                pass

    async def page(self, path: str) -> str:
        async with self.http.get(self.root + path) as answer:
            return await answer.text()


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Running]:
    detector = LoudnessDetector()
    service = Service(detector, CREDENTIALS, **options)
    async with running(service) as url, ClientSession() as http:
        try:
            yield Running(url, service, detector, http)
        finally:
            detector.free.set()


def lines(page: str, name: str) -> Sequence[str]:
    """The samples of a metric that are not zero."""
    return [
        line
        for line in page.splitlines()
        if line.startswith((f"{name} ", f"{name}{{")) and not line.endswith(" 0.0")
    ]
