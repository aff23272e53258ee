"""Stand-ins for the models of a scripted call, with stated timing.

They are real subclasses of livekit's ``stt.STT``, ``llm.LLM`` and ``tts.TTS``: a session drives
them as it drives a provider's. What they say is known beforehand, and so is when; nothing else of
a call is simulated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from livekit import rtc
from livekit.agents import LanguageCode, llm, stt, tokenize, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, TimedString

from livekit_barge.bench.line import USERDATA_CALLER_SAMPLE
from livekit_barge.bench.voices import SAMPLE_RATE, SENTENCE_GAP_S, VOICES, Speech, Voice

_LANGUAGE = LanguageCode("en")


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long each model takes, in seconds. The defaults are what providers and users report.

    They are round on purpose: a stand-in claims no provider's exact latency.
    """

    stt_interim_s: float = 0.25
    """From a word's end to the interim transcript with it. Deepgram promises under 0.3 for its
    streaming models."""
    stt_final_s: float = 0.3
    """From the end of what was said to its final transcript. LiveKit's Deepgram plugin asks for an
    endpoint after 0.025 of silence; users measure the final 0.1 to 0.3 after the end."""
    llm_first_token_s: float = 0.35
    """From the request to the first token: what is reported for small models (gpt-4o-mini)."""
    llm_word_s: float = 0.02
    """From word to word: 50 a second, ten times as fast as speech."""
    tts_first_byte_s: float = 0.15
    """From the first sentence to the first audio: Cartesia states 0.09 for its model, the rest is
    the way there and back."""
    tts_speed: float = 4.0
    """Seconds of audio that come in one second, once it comes."""
    tts_chunk_s: float = 0.1
    """Audio that comes at a time: providers' websocket messages hold about as much."""


@dataclass(frozen=True)
class HeardWord:
    """A word of the caller's, in samples of the caller's track."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    """What the caller says in one go: the final transcript comes after its last word."""

    words: tuple[HeardWord, ...]


class Ear(Protocol):
    """Knows what the caller says, as soon as it passes."""

    def utterances(self) -> Sequence[Utterance]:
        """All so far, also those under way."""
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
        raise NotImplementedError("it hears only streams")


class _Hearing(stt.RecognizeStream):
    """One stream: counts which words came in, and tells of them when their time has come."""

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


class ScriptedLLM(llm.LLM[Any]):
    """Says its texts in order, one for each turn of the caller's; the last one again and again.

    A request for a turn that was answered before, as preemptive generation makes, gets the same.
    """

    def __init__(self, texts: Sequence[str], timing: Timing | None = None) -> None:
        super().__init__()
        self._texts = texts
        self._timing = timing or Timing()
        self._answered: dict[int, int] = {}

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        turns = sum(message.role == "user" for message in chat_ctx.messages())
        place = self._answered.setdefault(turns, len(self._answered))
        text = self._texts[min(place, len(self._texts) - 1)]
        return _Saying(
            self,
            text,
            self._timing,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
        )


class _Saying(llm.LLMStream):
    def __init__(self, owner: ScriptedLLM, text: str, timing: Timing, **more: Any) -> None:
        super().__init__(owner, **more)
        self._text = text
        self._timing = timing

    async def _run(self) -> None:
        await asyncio.sleep(self._timing.llm_first_token_s)
        for number, word in enumerate(self._text.split(" ")):
            if number:
                await asyncio.sleep(self._timing.llm_word_s)
            content = f" {word}" if number else word
            delta = llm.ChoiceDelta(role="assistant", content=content)
            self._event_ch.send_nowait(llm.ChatChunk(id="scripted", delta=delta))


class VoiceTTS(tts.TTS[Any]):
    """Speaks by a local voice, with the times of its words, at a provider's pace.

    Like a provider's, its sentences begin and end in a little silence; ``trimmed`` takes that off.
    """

    def __init__(
        self,
        voice: Voice = VOICES["joe"],
        timing: Timing | None = None,
        *,
        trimmed: bool = False,
    ) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=True),
            sample_rate=SAMPLE_RATE,
            num_channels=1,
        )
        self._voice = voice
        self._timing = timing or Timing()
        self._trimmed = trimmed

    async def speak(self, text: str) -> Speech:
        """Synthesise, in a thread: a sentence takes a tenth of its duration."""
        loop = asyncio.get_running_loop()
        speech = await loop.run_in_executor(None, self._voice.speak, text)
        return speech.trimmed() if self._trimmed else speech

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _Speaking(self, self._timing, conn_options)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)


class _Speaking(tts.SynthesizeStream):
    def __init__(self, owner: VoiceTTS, timing: Timing, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=owner, conn_options=conn_options)
        self._owner = owner
        self._timing = timing

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="voice",
            sample_rate=SAMPLE_RATE,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id="voice")
        sentences = tokenize.blingfire.SentenceTokenizer().stream()
        reading = asyncio.create_task(self._read(sentences))
        try:
            await self._say(sentences, output_emitter)
        finally:
            await utils.aio.cancel_and_wait(reading)
            await sentences.aclose()
        output_emitter.end_segment()

    async def _read(self, sentences: tokenize.SentenceStream) -> None:
        async for text in self._input_ch:
            if isinstance(text, str):
                sentences.push_text(text)
            else:
                sentences.flush()
        sentences.end_input()

    async def _say(self, sentences: tokenize.SentenceStream, emitter: tts.AudioEmitter) -> None:
        loop = asyncio.get_running_loop()
        due_s, said_s = 0.0, 0.0
        async for sentence in sentences:
            asked_s = loop.time()
            self._mark_started()
            speech = await self._owner.speak(sentence.token)
            if said_s:
                gap = bytes(2 * round(SENTENCE_GAP_S * SAMPLE_RATE))
                emitter.push(gap)
                said_s += len(gap) / 2 / SAMPLE_RATE
            emitter.push_timed_transcript(
                [
                    TimedString(f"{word.text} ", start_time=word.start_s, end_time=word.end_s)
                    for word in speech.moved(said_s).words
                ]
            )
            due_s = max(due_s, asked_s + self._timing.tts_first_byte_s)
            size = round(self._timing.tts_chunk_s * SAMPLE_RATE)
            for begin in range(0, len(speech.samples), size):
                if (ahead_s := due_s - loop.time()) > 0:
                    await asyncio.sleep(ahead_s)
                chunk = speech.samples[begin : begin + size]
                emitter.push(chunk.tobytes())
                due_s += len(chunk) / SAMPLE_RATE / self._timing.tts_speed
            said_s += speech.duration_s
            emitter.flush()
