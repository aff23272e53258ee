"""A stand-in for Deepgram's streaming recogniser: wire protocol and timing real, words scripted.

It listens to the level of the audio that it is sent. While somebody speaks it returns interims of
the utterance's scripted words, as many as a talker has said by then; after a silence the final.
All times but the delays are counted in audio received, as Deepgram counts them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from tests.vendors.loopback import KEY, Loopback, pause

SPEECH_DBFS = -45.0
WORDS_PER_S = 3.0


@dataclass(frozen=True, kw_only=True)
class DeepgramBehaviour:
    """When it says what, and what goes wrong."""

    interim_every_s: float = 0.3
    """Speech between two interims; the first comes after as much."""
    endpoint_s: float = 0.3
    """Silence after which an utterance has ended."""
    interim_delay_s: float = 0.0
    final_delay_s: float = 0.0
    """From the end of that silence to the final's sending."""
    drop_after_s: float | None = None
    """The first connection is cut when it has sent this much audio."""
    malformed_first: bool = False
    """The first message on each connection is not JSON."""


class DeepgramServer(Loopback):
    """Hears ``transcripts`` one after the other, an utterance each; then nothing."""

    def __init__(
        self, transcripts: Iterable[str] = (), behaviour: DeepgramBehaviour | None = None
    ) -> None:
        super().__init__()
        self.behaviour = behaviour or DeepgramBehaviour()
        self.transcripts = list(transcripts)
        self.finals: list[str] = []
        """What was returned as final so far."""
        self.app.router.add_get("/v1/listen", self._listen)

    @property
    def listen_url(self) -> str:
        """The plugin's ``base_url``."""
        return f"{self.url}/v1/listen"

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        self.admit(request.headers.get("Authorization"), f"Token {KEY}")
        if request.query.get("encoding") != "linear16":
            raise web.HTTPBadRequest
        socket = await self.websocket(request)
        behaviour = self.behaviour
        if behaviour.malformed_first:
            await socket.send_str("{")
        hearing = _Hearing(self, socket, int(request.query["sample_rate"]))
        drop_after_s = behaviour.drop_after_s if self.connections == 1 else None
        answers = asyncio.create_task(hearing.answer())
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                hearing.audio(message.data)
            elif message.type is WSMsgType.TEXT and not hearing.order(message.data):
                break
            if drop_after_s is not None and hearing.heard_s >= drop_after_s:
                self.drop(request)
                break
        hearing.end()
        await answers
        await socket.close()
        return socket


class _Hearing:
    """One connection's audio, cut into utterances."""

    def __init__(
        self, server: DeepgramServer, socket: web.WebSocketResponse, sample_rate: int
    ) -> None:
        self.heard_s = 0.0
        self._server = server
        self._socket = socket
        self._sample_rate = sample_rate
        self._began_s: float | None = None
        self._spoke_s = 0.0
        self._interims = 0
        self._words: list[str] = []
        self._answers: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()

    async def answer(self) -> None:
        """Send what is due, in order, until the end."""
        while (due := await self._answers.get()) is not None:
            at_s, text = due
            await pause(at_s - asyncio.get_running_loop().time())
            if not self._socket.closed:
                await self._socket.send_str(text)

    def end(self) -> None:
        self._answers.put_nowait(None)

    def audio(self, data: bytes) -> None:
        samples = np.frombuffer(data, np.int16).astype(np.float64) / 32_768
        before_s, self.heard_s = self.heard_s, self.heard_s + len(samples) / self._sample_rate
        power = float(np.mean(samples**2)) if len(samples) else 0.0
        behaviour = self._server.behaviour
        if power > 10 ** (SPEECH_DBFS / 10):
            if self._began_s is None:
                self._begin(before_s)
            self._spoke_s = self.heard_s
            self._interim()
        elif self._began_s is not None and self.heard_s - self._spoke_s >= behaviour.endpoint_s:
            self._final(from_finalize=False)

    def order(self, text: str) -> bool:
        """Obey a control message; ``False``: the client has finished."""
        kind = json.loads(text)["type"]
        if kind == "Finalize" and self._began_s is not None:
            self._final(from_finalize=True)
        return bool(kind != "CloseStream")

    def _begin(self, at_s: float) -> None:
        script = self._server.transcripts
        self._words = script.pop(0).split() if script else []
        self._began_s, self._interims = at_s, 0
        self._send({"type": "SpeechStarted", "channel": [0], "timestamp": at_s}, 0.0)

    def _interim(self) -> None:
        assert self._began_s is not None
        spoken_s, behaviour = self.heard_s - self._began_s, self._server.behaviour
        if spoken_s < (self._interims + 1) * behaviour.interim_every_s:
            return
        self._interims += 1
        words = self._words[: round(spoken_s * WORDS_PER_S)]
        self._send(self._results(words, is_final=False), behaviour.interim_delay_s)

    def _final(self, *, from_finalize: bool) -> None:
        results = self._results(self._words, is_final=True) | {"from_finalize": from_finalize}
        self._began_s = None
        if self._words:
            self._server.finals.append(" ".join(self._words))
        self._send(results, self._server.behaviour.final_delay_s)

    def _results(self, words: list[str], *, is_final: bool) -> dict[str, Any]:
        assert self._began_s is not None
        length_s = self._spoke_s - self._began_s
        step_s = length_s / max(len(self._words), 1)
        timed = [
            {
                "word": word.lower().strip(",.?!"),
                "punctuated_word": word,
                "start": round(self._began_s + step_s * place, 3),
                "end": round(self._began_s + step_s * (place + 1), 3),
                "confidence": 0.99,
            }
            for place, word in enumerate(words)
        ]
        alternative = {"transcript": " ".join(words), "confidence": 0.99, "words": timed}
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": self._began_s,
            "duration": round(length_s, 3),
            "is_final": is_final,
            "speech_final": is_final,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": f"request-{self._server.connections}"},
        }

    def _send(self, message: dict[str, Any], delay_s: float) -> None:
        at_s = asyncio.get_running_loop().time() + delay_s
        self._answers.put_nowait((at_s, json.dumps(message)))
