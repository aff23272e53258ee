"""Models that say what a test tells them, when it tells them, by the audio that they are given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, APIError, llm, stt, tts
from livekit.agents.types import NOT_GIVEN

RATE = 24_000

Heard = tuple[float, bool, str]
"""After so many seconds of the call's audio: is it final, and the text."""


class TimedSTT(stt.STT):
    """Hears what it is told to hear."""

    def __init__(self, heard: Sequence[Heard] = ()) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.heard = heard

    def stream(
        self,
        *,
        language: Any = NOT_GIVEN,  # noqa: ARG002
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _TimedSTTStream(stt=self, conn_options=conn_options)

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError


class _TimedSTTStream(stt.RecognizeStream):
    async def _run(self) -> None:
        assert isinstance(self._stt, TimedSTT)
        waiting, passed_s = list(self._stt.heard), 0.0
        async for item in self._input_ch:
            if not isinstance(item, rtc.AudioFrame):
                continue
            passed_s = round(passed_s + item.duration, 6)
            while waiting and waiting[0][0] <= passed_s:
                self._tell(*waiting.pop(0)[1:])

    def _tell(self, final: bool, text: str) -> None:
        kind = (
            stt.SpeechEventType.FINAL_TRANSCRIPT
            if final
            else stt.SpeechEventType.INTERIM_TRANSCRIPT
        )
        said = stt.SpeechData(language="en", text=text, confidence=1.0)
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=[said]))


class OneLineLLM(llm.LLM):
    """Answers everything with the same line, at once."""

    def __init__(self, line: str = "Certainly.") -> None:
        super().__init__()
        self.line = line

    def chat(self, *, chat_ctx: llm.ChatContext, **_: Any) -> llm.LLMStream:
        return _OneLineStream(
            self, chat_ctx=chat_ctx, tools=[], conn_options=DEFAULT_API_CONNECT_OPTIONS
        )


class _OneLineStream(llm.LLMStream):
    async def _run(self) -> None:
        assert isinstance(self._llm, OneLineLLM)
        delta = llm.ChoiceDelta(role="assistant", content=self._llm.line)
        self._event_ch.send_nowait(llm.ChatChunk(id="c", delta=delta))


class ToneTTS(tts.TTS):
    """Speaks a tone, 0.1 s a character; with ``fail_after_s`` it breaks off there."""

    def __init__(self, *, fail_after_s: float | None = None) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1
        )
        self.fail_after_s = fail_after_s

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _ToneStream(tts=self, input_text=text, conn_options=conn_options)


class _ToneStream(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        assert isinstance(self._tts, ToneTTS)
        output_emitter.initialize(
            request_id="r", sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        seconds = 0.1 * len(self._input_text)
        if self._tts.fail_after_s is not None:
            output_emitter.push(tone(min(seconds, self._tts.fail_after_s)).tobytes())
            output_emitter.flush()
            await asyncio.sleep(0.1)
            raise APIError("the voice is gone", retryable=False)
        output_emitter.push(tone(seconds).tobytes())


def tone(seconds: float, *, hz: float = 220.0, level: float = 0.2) -> Any:
    """An agent's voice, as far as these tests care: something that is not silence."""
    t = np.arange(round(seconds * RATE)) / RATE
    return np.rint(32_767 * level * np.sin(2 * np.pi * hz * t)).astype(np.int16)


async def frames(samples: Any) -> AsyncIterator[rtc.AudioFrame]:
    """Ready audio for ``session.say(text, audio=...)``."""
    for begin in range(0, len(samples), 1200):
        piece = samples[begin : begin + 1200]
        yield rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece))


class SpeechToSpeech(llm.RealtimeModel):
    """A realtime model with ears of its own: it hears the caller at ``hears_s``."""

    def __init__(self, *, speaks: Any, hears_s: float | None = None) -> None:
        super().__init__(
            capabilities=llm.RealtimeCapabilities(
                message_truncation=True,
                turn_detection=True,
                user_transcription=False,
                auto_tool_reply_generation=False,
                audio_output=True,
                manual_function_calls=False,
            )
        )
        self.speaks = speaks
        self.hears_s = hears_s

    def session(self, **_: Any) -> llm.RealtimeSession:
        return _SpeechToSpeechSession(self)

    async def aclose(self) -> None:
        return None


class _SpeechToSpeechSession(llm.RealtimeSession):
    def __init__(self, model: SpeechToSpeech) -> None:
        super().__init__(model)
        self._speaks, self._hears_s = model.speaks, model.hears_s
        self._passed_s = 0.0
        self._chat_ctx = llm.ChatContext.empty()

    @property
    def chat_ctx(self) -> llm.ChatContext:
        return self._chat_ctx

    @property
    def tools(self) -> llm.ToolContext:
        return llm.ToolContext.empty()

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        self._passed_s = round(self._passed_s + frame.duration, 6)
        if self._hears_s is not None and self._passed_s >= self._hears_s:
            self._hears_s = None
            self.emit("input_speech_started", llm.InputSpeechStartedEvent())

    def generate_reply(self, **_: Any) -> asyncio.Future[llm.GenerationCreatedEvent]:
        async def once(item: Any) -> AsyncIterator[Any]:
            yield item

        async def nothing() -> AsyncIterator[Any]:
            return
            yield

        modalities: asyncio.Future[list[str]] = asyncio.Future()
        modalities.set_result(["audio", "text"])
        message = llm.MessageGeneration(
            message_id="m",
            text_stream=once("…"),
            audio_stream=frames(self._speaks),
            modalities=modalities,  # type: ignore[arg-type]
        )
        created = llm.GenerationCreatedEvent(
            message_stream=once(message), function_stream=nothing(), user_initiated=True
        )
        self.emit("generation_created", created)
        result: asyncio.Future[llm.GenerationCreatedEvent] = asyncio.Future()
        result.set_result(created)
        return result

    async def update_instructions(self, instructions: str) -> None: ...

    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None: ...

    async def update_tools(self, tools: list[llm.Tool]) -> None: ...

    def update_options(self, **_: Any) -> None: ...

    def push_video(self, frame: rtc.VideoFrame) -> None: ...

    def commit_audio(self) -> None: ...

    def clear_audio(self) -> None: ...

    def interrupt(self) -> None: ...

    def truncate(self, **_: Any) -> None: ...

    async def aclose(self) -> None: ...
