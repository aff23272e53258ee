"""The speech synthesis' stand-in: a local voice at a provider's pace."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import tokenize, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, TimedString

from livekit_barge.stage.models.timing import Timing
from livekit_barge.stage.time.virtual import at_once
from livekit_barge.stage.voices import SAMPLE_RATE, SENTENCE_GAP_S, VOICES, Speech, Voice


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
        speech = await loop.run_in_executor(None, _spoken, self._voice, text)
        return speech.trimmed() if self._trimmed else speech

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _Speaking(self, self._timing, conn_options)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)


@at_once
def _spoken(voice: Voice, text: str) -> Speech:
    return voice.speak(text)


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
