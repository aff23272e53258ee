"""The recogniser's stand-in: hears the words whose audio really reaches it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from livekit import rtc
from livekit.agents import LanguageCode, stt, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from livekit_barge.stage.line import USERDATA_CALLER_SAMPLE
from livekit_barge.stage.models.timing import Timing

_LANGUAGE = LanguageCode("en")


@dataclass(frozen=True)
class HeardWord:
    """A word of the caller's, in samples of the caller's track."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    """A caller's utterance: the final transcript comes after its last word."""

    words: tuple[HeardWord, ...]


class Ear(Protocol):
    """A source of what the caller says, as soon as it passes."""

    def utterances(self) -> Sequence[Utterance]:
        """Return all utterances so far, including unfinished ones."""
        ...


class ScriptedSTT(stt.STT[Any]):
    """Hears the words whose audio really reaches it.

    A word is heard if the frame with its middle comes in; a frame that a session replaces by
    silence, as it does while it discards audio, says nothing.
    """

    def __init__(self, ear: Ear, timing: Timing | None = None) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=False
            )
        )
        self._ear = ear
        self._timing = timing or Timing()

    def stream(
        self,
        *,
        language: Any = None,  # noqa: ARG002
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Hearing(self, self._ear, self._timing, conn_options)

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError("only streaming is supported")


class _Hearing(stt.RecognizeStream):
    """One stream: counts the words that came in, and reports them when they are due."""

    def __init__(
        self, owner: ScriptedSTT, ear: Ear, timing: Timing, conn_options: APIConnectOptions
    ) -> None:
        super().__init__(stt=owner, conn_options=conn_options)
        self._ear = ear
        self._timing = timing
        self._heard: dict[int, list[HeardWord]] = {}
        self._ended: set[int] = set()
        self._position: int | None = None

    async def _run(self) -> None:
        telling: set[asyncio.Task[None]] = set()
        try:
            async for frame in self._input_ch:
                if isinstance(frame, rtc.AudioFrame):
                    for tell in self._hear(frame):
                        task = asyncio.create_task(tell)
                        telling.add(task)
                        task.add_done_callback(telling.discard)
        finally:
            await utils.aio.cancel_and_wait(*telling)

    def _hear(self, frame: rtc.AudioFrame) -> Iterable[Any]:
        audible = USERDATA_CALLER_SAMPLE in frame.userdata
        first = frame.userdata.get(USERDATA_CALLER_SAMPLE, self._position)
        if first is None:
            return
        end, rate = first + frame.samples_per_channel, frame.sample_rate
        self._position = end
        for number, utterance in enumerate(self._ear.utterances()):
            if number in self._ended:
                continue
            heard = self._heard.setdefault(number, [])
            for word in utterance.words:
                if audible and first <= (word.start + word.end) // 2 < end:
                    heard.append(word)
                    due = word.end + round(self._timing.stt_interim_s * rate)
                    yield self._interim(number, len(heard), (due - end) / rate)
            if utterance.words and utterance.words[-1].end <= end:
                self._ended.add(number)
                due = utterance.words[-1].end + round(self._timing.stt_final_s * rate)
                yield self._final(number, (due - end) / rate)

    async def _interim(self, number: int, words: int, in_s: float) -> None:
        await asyncio.sleep(max(in_s, 0.0))
        if words == 1:
            self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))
        self._send(stt.SpeechEventType.INTERIM_TRANSCRIPT, self._heard[number][:words])

    async def _final(self, number: int, in_s: float) -> None:
        await asyncio.sleep(max(in_s, 0.0))
        if heard := self._heard[number]:
            self._send(stt.SpeechEventType.FINAL_TRANSCRIPT, heard)
            self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))

    def _send(self, kind: stt.SpeechEventType, words: Sequence[HeardWord]) -> None:
        data = stt.SpeechData(
            language=_LANGUAGE, text=" ".join(word.text for word in words), confidence=1.0
        )
        self._event_ch.send_nowait(stt.SpeechEvent(kind, alternatives=[data]))
