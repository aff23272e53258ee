"""A stand-in for Cartesia's speech websocket: protocol and pacing real, the voice a given function.

A context takes sentences as they come and speaks them one after the other. The plugin cancels none:
it drops the connection of an interrupted speech, once the next speech needs one.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from aiohttp import WSMsgType, web

from tests.vendors.loopback import KEY, Loopback, pause

Pcm = npt.NDArray[np.int16]
Voice = Callable[[str, int], Pcm]
"""``voice(text, sample_rate)`` speaks the text. It runs in a thread."""


def hum(text: str, sample_rate: int) -> Pcm:
    """Fifty milliseconds a letter at 150 Hz: a voice for whoever only counts samples."""
    times = np.arange(len(text.strip()) * sample_rate // 20) / sample_rate
    samples: Pcm = np.rint(6_000 * np.sin(2 * np.pi * 150 * times)).astype(np.int16)
    return samples


@dataclass(frozen=True, kw_only=True)
class CartesiaBehaviour:
    """How fast it speaks, and what goes wrong."""

    first_byte_s: float = 0.0
    """From a sentence's arrival to its first chunk, beside what the voice needs."""
    chunk_s: float = 0.1
    """Audio in one message."""
    pace: float = 0.0
    """Seconds between two chunks for each second of audio in them: 1 is real time, 0 at once."""
    done_delay_s: float = 0.0
    """From the last chunk to ``done``."""
    drop_after_chunks: int | None = None
    """The first connection is cut after this many chunks."""
    malformed_first: bool = False
    """The first connection's first message is not JSON."""
    error_first: bool = False
    """The first context is answered with an error."""


class CartesiaServer(Loopback):
    """Speaks with ``voice`` whatever it is sent."""

    def __init__(self, voice: Voice = hum, behaviour: CartesiaBehaviour | None = None) -> None:
        super().__init__()
        self.behaviour = behaviour or CartesiaBehaviour()
        self.voice = voice
        self.said: list[str] = []
        """The sentences it was sent so far."""
        self.abandoned = 0
        """Connections that ended before their context was done."""
        self.app.router.add_get("/tts/websocket", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.admit(request.headers.get("X-API-Key"), KEY)
        socket = await self.websocket(request)
        line = _Connection(self, request, socket, first=self.connections == 1)
        contexts: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                packet = json.loads(message.data)
                context_id = packet["context_id"]
                if packet.get("cancel"):
                    if (task := tasks.pop(context_id, None)) is not None:
                        task.cancel()
                    continue
                if context_id not in contexts:
                    contexts[context_id] = asyncio.Queue()
                    tasks[context_id] = asyncio.create_task(line.speak(contexts[context_id]))
                contexts[context_id].put_nowait(packet)
        finally:
            self.abandoned += any(not task.done() for task in tasks.values())
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        return socket


class _Connection:
    """One websocket, and the faults that belong to it."""

    def __init__(
        self,
        server: CartesiaServer,
        request: web.Request,
        socket: web.WebSocketResponse,
        *,
        first: bool,
    ) -> None:
        self._server = server
        self._request = request
        self._socket = socket
        self._first = first
        self._chunks = 0

    async def speak(self, sentences: asyncio.Queue[dict[str, Any]]) -> None:
        """Speak a context's sentences until the one that is its last."""
        behaviour, spoken_s = self._server.behaviour, 0.0
        while True:
            packet = await sentences.get()
            if behaviour.error_first and not self._server.said:
                self._server.said.append("")
                await self._send(packet, "error", error="a scripted error", done=True)
                return
            if packet["transcript"].strip():
                self._server.said.append(packet["transcript"].strip())
                spoken_s = await self._sentence(packet, spoken_s)
            if not packet["continue"]:
                break
        await pause(behaviour.done_delay_s)
        await self._send(packet, "done", done=True)

    async def _sentence(self, packet: dict[str, Any], from_s: float) -> float:
        """Send one sentence that begins at ``from_s`` of its context; where it ends."""
        behaviour, text = self._server.behaviour, str(packet["transcript"])
        if self._first and behaviour.malformed_first:
            await self._socket.send_str("{")
        rate = int(packet["output_format"]["sample_rate"])
        samples = await asyncio.to_thread(self._server.voice, text, rate)
        await pause(behaviour.first_byte_s)
        if packet.get("add_timestamps"):
            await self._send(
                packet, "timestamps", word_timestamps=_words(text, from_s, len(samples) / rate)
            )
        step = round(behaviour.chunk_s * rate)
        for begin in range(0, len(samples), step):
            if begin:
                await pause(behaviour.chunk_s * behaviour.pace)
            piece = samples[begin : begin + step]
            await self._send(packet, "chunk", data=base64.b64encode(piece.tobytes()).decode())
            self._chunks += 1
            if self._first and self._chunks == behaviour.drop_after_chunks:
                self._server.drop(self._request)
        return from_s + len(samples) / rate

    async def _send(self, packet: dict[str, Any], kind: str, **fields: Any) -> None:
        head = {"type": kind, "context_id": packet["context_id"], "done": False, "status_code": 206}
        await self._socket.send_str(json.dumps(head | fields))


def _words(text: str, from_s: float, length_s: float) -> dict[str, list[Any]]:
    words = text.split()
    edges = np.linspace(from_s, from_s + length_s, len(words) + 1).round(3).tolist()
    return {"words": words, "start": edges[:-1], "end": edges[1:]}
