"""The models of a scripted Pipecat call: stand-ins with the same timing as LiveKit's stage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language

from livekit_barge.stage.models import Ear, HeardWord, Timing
from livekit_barge.stage.pipecat.transports import CALLER_SAMPLES
from livekit_barge.stage.spoken_output import SaidWord
from livekit_barge.stage.time.virtual import at_once
from livekit_barge.stage.voices import SAMPLE_RATE, SENTENCE_GAP_S, Speech, Voice


class StageSTT(FrameProcessor):
    """Hears the words whose audio really reaches it, and reports them when they are due."""

    def __init__(self, ear: Ear, timing: Timing) -> None:
        super().__init__()
        self._ear = ear
        self._timing = timing
        self._heard: dict[int, list[HeardWord]] = {}
        self._ended: set[int] = set()
        self._telling: set[asyncio.Task[None]] = set()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame) and CALLER_SAMPLES in frame.metadata:
            self._hear(*frame.metadata[CALLER_SAMPLES])
        elif isinstance(frame, EndFrame | CancelFrame):
            for task in list(self._telling):
                await self.cancel_task(task)

    def _hear(self, first: int, end: int) -> None:
        for number, utterance in enumerate(self._ear.utterances()):
            if number in self._ended or not utterance.words:
                continue
            heard = self._heard.setdefault(number, [])
            for word in utterance.words:
                if first <= (word.start + word.end) // 2 < end:
                    heard.append(word)
                    due_s = (word.end - end) / SAMPLE_RATE + self._timing.stt_interim_s
                    self._tell_in(due_s, heard[:], final=False)
            if utterance.words[-1].end <= end:
                self._ended.add(number)
                due_s = (utterance.words[-1].end - end) / SAMPLE_RATE + self._timing.stt_final_s
                self._tell_in(due_s, heard[:], final=True)

    def _tell_in(self, seconds: float, words: Sequence[HeardWord], *, final: bool) -> None:
        task = self.create_task(self._tell(seconds, words, final=final))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, seconds: float, words: Sequence[HeardWord], *, final: bool) -> None:
        await asyncio.sleep(max(seconds, 0.0))
        text = " ".join(word.text for word in words)
        if not text:
            return
        if final:
            await self.push_frame(
                TranscriptionFrame(text, "caller", "", Language.EN, finalized=True)
            )
        else:
            await self.push_frame(InterimTranscriptionFrame(text, "caller", "", Language.EN))


class StageLLM(FrameProcessor):
    """Answers with its texts in order, one per request; then repeats the last."""

    def __init__(self, texts: Sequence[str], timing: Timing) -> None:
        super().__init__()
        self._texts = texts
        self._timing = timing
        self._asked = 0
        self.thinks = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        text = self._texts[min(self._asked, len(self._texts) - 1)]
        self._asked += 1
        self.thinks = True
        try:
            await self._say(text)
        finally:
            self.thinks = False

    async def _say(self, text: str) -> None:
        await self.push_frame(LLMFullResponseStartFrame())
        await asyncio.sleep(self._timing.llm_first_token_s)
        for number, word in enumerate(text.split(" ")):
            if number:
                await asyncio.sleep(self._timing.llm_word_s)
            await self.push_frame(LLMTextFrame(f" {word}" if number else word))
        await self.push_frame(LLMFullResponseEndFrame())


class StageTTS(TTSService):
    """Speaks by a local voice at a provider's pace; Pipecat's base does all the rest.

    ``tells_words``: it gives the times of its words, as Cartesia's does. Of a TTS that gives none
    Pipecat enters a sentence into the context when it has been played to its end, and a sentence
    that was cut not at all.
    """

    def __init__(
        self,
        voice: Voice,
        timing: Timing,
        words: dict[str | None, list[SaidWord]],
        *,
        tells_words: bool = True,
    ) -> None:
        super().__init__(
            push_text_frames=not tells_words,
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=SAMPLE_RATE,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._speaker = voice
        self._timing = timing
        self._words = words
        self._tells_words = tells_words
        self._said_s: dict[str, float] = {}

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The sentence in chunks, the first after the provider's first byte."""
        loop = asyncio.get_running_loop()
        asked_s = loop.time()
        speech = await loop.run_in_executor(None, _spoken, self._speaker, text)
        said_s = self._said_s.get(context_id, 0.0)
        if said_s:
            gap = bytes(2 * round(SENTENCE_GAP_S * SAMPLE_RATE))
            yield TTSAudioRawFrame(gap, SAMPLE_RATE, 1, context_id=context_id)
            said_s += SENTENCE_GAP_S
        words = [
            SaidWord(word.text, word.start_s, word.end_s) for word in speech.moved(said_s).words
        ]
        self._words.setdefault(context_id, []).extend(words)
        if self._tells_words:
            await self.add_word_timestamps([(w.text, w.start_s) for w in words], context_id)
        self._said_s[context_id] = said_s + speech.duration_s
        due_s = asked_s + (0.0 if said_s else self._timing.tts_first_byte_s)
        size = round(self._timing.tts_chunk_s * SAMPLE_RATE)
        for begin in range(0, len(speech.samples), size):
            if (ahead_s := due_s - loop.time()) > 0:
                await asyncio.sleep(ahead_s)
            chunk = speech.samples[begin : begin + size]
            yield TTSAudioRawFrame(chunk.tobytes(), SAMPLE_RATE, 1, context_id=context_id)
            due_s += len(chunk) / SAMPLE_RATE / self._timing.tts_speed


@at_once
def _spoken(voice: Voice, text: str) -> Speech:
    return voice.speak(text.strip())
