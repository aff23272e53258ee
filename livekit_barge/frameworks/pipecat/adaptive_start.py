"""The detector as a Pipecat user-turn-start strategy: a backchannel does not begin a turn.

::

    from livekit_barge.frameworks.pipecat.adaptive_start import AdaptiveUserTurnStartStrategy

    adaptive = AdaptiveUserTurnStartStrategy()
    UserTurnStrategies(start=[adaptive, TranscriptionUserTurnStartStrategy()])

While the bot is silent, the VAD begins the caller's turn, as with Pipecat's own strategy. While it
speaks, the caller's audio is judged every 0.1 s, and only an interruption begins the turn and stops
the bot. What is held for a backchannel leaves the pipeline as a ``UserBackchannelFrame`` with its
words, which stay out of the LLM's context.

The strategy comes first in the list: it answers for the transcripts of what it holds, so those
behind it see only words that the VAD did not hear.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserBackchannelFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import BaseUserTurnStartStrategy
from pipecat.utils.time import time_now_iso8601

from livekit_barge.adaptive.load import load_detector
from livekit_barge.adaptive.protocol import MAX_AUDIO_S, SAMPLE_RATE, Pcm16
from livekit_barge.adaptive.verdict import Detector, Overlaps
from livekit_barge.frameworks.pipecat.verdict_frame import AdaptiveVerdictFrame

ASK_EVERY_S = 0.1
"""LiveKit's ``detection_interval``."""
_BEFORE_S = 1.0
"""The audio before the onset that the detector hears, as LiveKit's prefix."""
# A VAD's start comes this much later than its start_secs say: its own smoothing.
_VAD_LATE_S = 0.1
# A streaming STT's final transcript comes within this after the words' end, or not at all.
_WORDS_WITHIN_S = 2.0


class AdaptiveUserTurnStartStrategy(BaseUserTurnStartStrategy):  # type: ignore[no-untyped-call]
    """Begins the caller's turn for an interruption, and not for a backchannel.

    Args:
        detector: In place of the shipped one, which is loaded at the pipeline's start.
        threshold: The probability from which on it is an interruption; default: the detector's.
        min_frames: So many frames of 25 ms in a row reach it.
        enable_interruptions: As in Pipecat: ``False`` begins a turn without stopping the bot.
    """

    def __init__(
        self,
        *,
        detector: Detector | None = None,
        threshold: float | None = None,
        min_frames: int = 2,
        enable_interruptions: bool = True,
    ) -> None:
        super().__init__(enable_interruptions=enable_interruptions)
        self._detector = detector
        self._threshold = threshold
        self._min_frames = min_frames
        self._overlaps: Overlaps | None = None
        self._heard = _Heard()
        self._bot_speaks = False
        self._in_turn = False
        self._overlap: _Overlap | None = None
        self._held: _Held | None = None

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]
        await super().setup(setup)
        if self._detector is None:
            self._detector = await asyncio.to_thread(load_detector, None)
        self._overlaps = Overlaps.heard_by(
            self._detector, threshold=self._threshold, min_frames=self._min_frames
        )

    async def handle_user_turn_started(self) -> None:
        """Begin anew: what was held belongs to no turn any more."""
        self._in_turn = True
        self._overlap = self._held = None

    async def handle_user_turn_stopped(self) -> None:
        """Judge again what comes over the bot."""
        self._in_turn = False

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        match frame:
            case InputAudioRawFrame():
                return await self._audio(frame)
            case BotStartedSpeakingFrame():
                self._bot_speaks = True
            case BotStoppedSpeakingFrame():
                return await self._bot_stopped()
            case VADUserStartedSpeakingFrame():
                return await self._vad_started(frame)
            case VADUserStoppedSpeakingFrame():
                await self._vad_stopped()
            case InterimTranscriptionFrame() if self._holds:
                return ProcessFrameResult.STOP
            case TranscriptionFrame() if self._holds:
                return await self._words(frame)
        return ProcessFrameResult.CONTINUE

    @property
    def _holds(self) -> bool:
        """Words that come now are those of an overlap that has not begun a turn."""
        return self._overlap is not None or self._held is not None

    async def _vad_started(self, frame: VADUserStartedSpeakingFrame) -> ProcessFrameResult:
        if self._in_turn:  # its speech goes on after a pause
            return ProcessFrameResult.CONTINUE
        if not self._bot_speaks:
            return await self._begin_turn()
        await self._release()
        self._overlap = _Overlap(age_s=frame.start_secs + _VAD_LATE_S)
        return await self._judge(self._overlap)

    async def _audio(self, frame: InputAudioRawFrame) -> ProcessFrameResult:
        passed_s = self._heard.add(frame)
        if self._held is not None:
            self._held.waits_s += passed_s
            if self._held.waits_s >= _WORDS_WITHIN_S:
                await self._release()
        overlap = self._overlap
        if overlap is None:
            return ProcessFrameResult.CONTINUE
        overlap.age_s += passed_s
        overlap.unasked_s += passed_s
        if overlap.unasked_s < ASK_EVERY_S:
            return ProcessFrameResult.CONTINUE
        return await self._judge(overlap)

    async def _judge(self, overlap: _Overlap) -> ProcessFrameResult:
        overlap.unasked_s = 0.0
        audio = self._heard.last(overlap.age_s + _BEFORE_S)
        if len(audio) == 0:
            return ProcessFrameResult.CONTINUE
        detector, overlaps = self._detector, self._overlaps
        assert detector is not None
        assert overlaps is not None
        verdict = await asyncio.get_running_loop().run_in_executor(
            None, lambda: overlaps.judge(audio, detector.probabilities(audio), overlap.age_s)
        )
        overlap.probability = max(overlap.probability, verdict.probability)
        if not verdict.interruption:
            return ProcessFrameResult.CONTINUE
        await self._announce(overlap, interruption=True)
        return await self._begin_turn()

    async def _announce(self, overlap: _Overlap, *, interruption: bool) -> None:
        """Say the verdict before what follows: of a broadcast the copy upstream leaves at once."""
        await self.broadcast_frame(
            AdaptiveVerdictFrame, interruption=interruption, probability=overlap.probability
        )

    async def _vad_stopped(self) -> None:
        if self._overlap is not None:
            await self._announce(self._overlap, interruption=False)
            self._held = _Held(self._overlap.words)
            self._overlap = None
            if self._held.words is not None:
                await self._release()

    async def _words(self, frame: TranscriptionFrame) -> ProcessFrameResult:
        """Keep a final transcript out of the context, and hand it on as a backchannel."""
        await self.trigger_reset_aggregation()  # type: ignore[no-untyped-call]
        if self._overlap is not None:  # still sounding: it may yet be an interruption
            self._overlap.add(frame)
        elif self._held is not None:
            self._held.words = frame
            await self._release()
        return ProcessFrameResult.STOP

    async def _release(self) -> None:
        """Announce what is held for a backchannel, with its words if they have come."""
        held, self._held = self._held, None
        if held is not None:
            words = held.words
            await self.push_frame(
                UserBackchannelFrame(
                    text="" if words is None else words.text,
                    user_id="" if words is None else words.user_id,
                    timestamp=time_now_iso8601() if words is None else words.timestamp,
                )
            )

    async def _bot_stopped(self) -> ProcessFrameResult:
        """Give the turn to a caller who still talks when the bot has ended."""
        self._bot_speaks = False
        if self._overlap is None:
            return ProcessFrameResult.CONTINUE
        return await self._begin_turn()

    async def _begin_turn(self) -> ProcessFrameResult:
        words = None if self._overlap is None else self._overlap.words
        await self.trigger_user_turn_started()
        if words is not None:  # they came before the verdict, and are the turn's first
            await self.push_frame(words)
        return ProcessFrameResult.STOP


@dataclass
class _Overlap:
    """The caller speaks over the bot, and no turn has begun."""

    age_s: float
    """Since its onset."""
    unasked_s: float = 0.0
    probability: float = 0.0
    words: TranscriptionFrame | None = None

    def add(self, frame: TranscriptionFrame) -> None:
        """Keep a final transcript that came while it still sounded."""
        if self.words is not None:
            frame.text = f"{self.words.text} {frame.text}"
        self.words = frame


@dataclass
class _Held:
    """An overlap that has ended as a backchannel and waits for its words."""

    words: TranscriptionFrame | None = None
    waits_s: float = 0.0


class _Heard:
    """The caller's last seconds, at the detector's rate."""

    def __init__(self) -> None:
        self._pieces: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._resampler: soxr.ResampleStream | None = None
        self._rate = 0

    def add(self, frame: InputAudioRawFrame) -> float:
        """Keep a frame; return its length in seconds."""
        samples = np.frombuffer(frame.audio, np.int16).reshape(-1, frame.num_channels)
        mono = samples.mean(axis=1).astype(np.int16) if frame.num_channels > 1 else samples[:, 0]
        if frame.sample_rate != SAMPLE_RATE:
            if self._resampler is None or self._rate != frame.sample_rate:
                self._rate = frame.sample_rate
                self._resampler = soxr.ResampleStream(
                    self._rate, SAMPLE_RATE, 1, dtype="int16", quality="MQ"
                )
            mono = self._resampler.resample_chunk(mono)
        most = round(MAX_AUDIO_S * SAMPLE_RATE)
        self._pieces = np.concatenate((self._pieces, mono))[-most:]
        return float(len(samples)) / frame.sample_rate

    def last(self, seconds: float) -> Pcm16:
        """Return up to so many seconds, the newest last; shape (n,)."""
        return self._pieces[-round(seconds * SAMPLE_RATE) :]
