"""The line of a scripted call as Pipecat's transports: paced, and sure of what was heard.

The output has the two queues of a transport that publishes to a room: Pipecat's own, and behind it
a far buffer of ``queue_s`` (``LiveKitParams.audio_out_queue_size_ms``) that an interruption clears,
as ``LiveKitTransport`` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from livekit import rtc
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSStartedFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from livekit_barge.stage.playout import AudioPosition, HeardAudio, PlayoutQueue, Timeline
from livekit_barge.stage.spoken_output import AgentSpeech, SaidWord, audible_samples
from livekit_barge.stage.track import CallerTrack, Pcm
from livekit_barge.stage.voices import SAMPLE_RATE

CALLER_SAMPLES = "caller_samples"
"""The frame's metadata that says which samples it holds: the first, and the one after the last."""
INPUT_RATE = 16_000
"""The sample rate that Silero takes."""
INPUT_FRAME_S = 0.02


@dataclass(frozen=True, kw_only=True)
class LineParams:
    """The line's behaviour."""

    noise_dbfs: float | None = -65.0
    seed: int = 0
    queue_s: float = 1.0
    """The length of the far buffer; LiveKitTransport's default."""
    clears: bool = True
    """An interruption drops the buffer's content."""
    chunks: int = 4
    """``audio_out_10ms_chunks``; Pipecat's default."""


class StageInput(BaseInputTransport):
    """The caller's track in frames, each handed over when its last sample has been spoken."""

    def __init__(self, params: TransportParams, track: CallerTrack) -> None:
        super().__init__(params)
        self._track = track
        self.frame_samples = round(INPUT_FRAME_S * track.sample_rate)
        self.before_frame: Callable[[int], None] | None = None
        self._speaking: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._speaking = self.create_task(self._speak())

    async def stop(self, frame: EndFrame) -> None:
        await self._hang_up()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        await self._hang_up()
        await super().cancel(frame)

    async def _hang_up(self) -> None:
        if self._speaking is not None:
            await self.cancel_task(self._speaking)
            self._speaking = None

    async def _speak(self) -> None:
        timeline = Timeline()
        late_s = self._track.sent / self._track.sample_rate
        to_input = soxr.ResampleStream(
            self._track.sample_rate, INPUT_RATE, 1, dtype="int16", quality="LQ"
        )
        while True:
            due_s = (self._track.sent + self.frame_samples) / self._track.sample_rate - late_s
            if (ahead_s := due_s - timeline.now_s()) > 0:
                await asyncio.sleep(ahead_s)
            first = self._track.sent
            if self.before_frame is not None:
                self.before_frame(first)
            pcm = to_input.resample_chunk(self._track.send(self.frame_samples))
            frame = InputAudioRawFrame(pcm.tobytes(), INPUT_RATE, 1)
            frame.metadata[CALLER_SAMPLES] = (first, self._track.sent)
            await self.push_audio_frame(frame)


class StageOutput(BaseOutputTransport):
    """Plays the bot into a queue that empties at the clock's pace; knows what was heard."""

    def __init__(self, params: TransportParams, line: LineParams) -> None:
        super().__init__(params)
        self._line = line
        self._queue: PlayoutQueue | None = None
        self._done_at: dict[int, int | None] = {}
        self.speeches: list[AgentSpeech] = []
        self.words: dict[str | None, list[SaidWord]] = {}
        """The words of each TTS context, filled in by the TTS."""

    @property
    def queued_s(self) -> float:
        """Seconds written and not yet played."""
        return 0.0 if self._queue is None else self._queue.queued_duration

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._queue = PlayoutQueue(Timeline(), SAMPLE_RATE, self._line.queue_s)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, TTSStartedFrame):
            speech = AgentSpeech(len(self.speeches), SAMPLE_RATE)
            speech.words = self.words.setdefault(frame.context_id, speech.words)
            self.speeches.append(speech)
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame) and self._line.clears and self._queue is not None:
            self._queue.clear_queue()

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        if isinstance(frame, BotStoppedSpeakingFrame) and self.speeches:
            self.speeches[-1].complete = True
        await super().push_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        if self._queue is None or not self.speeches:
            return False
        speech = self.speeches[-1]
        piece = rtc.AudioFrame(frame.audio, frame.sample_rate, 1, len(frame.audio) // 2)
        place = AudioPosition(speech.number, speech.pushed)
        speech.push(piece)
        await self._queue.capture_frame(piece, place)
        return True

    # What the caller hears, as a script's director asks for it.

    def heard_since(self, sample: int) -> list[tuple[AgentSpeech, HeardAudio]]:
        """Return what was heard from ``sample`` of the call on, with the speech it belongs to."""
        return [
            (self.speeches[stretch.place.segment], stretch)
            for stretch in ([] if self._queue is None else self._queue.heard(since=sample))
            if stretch.place is not None
        ]

    def done_at(self) -> int | None:
        """The call's sample after the latest speech's last audible one; ``None``: not over yet."""
        if not self.speeches or self._queue is None:
            return None
        speech = self.speeches[-1]
        if not speech.complete or self._queue.queued_duration > 0:
            return None
        if speech.number not in self._done_at:
            self._done_at[speech.number] = self._last_audible(speech)
        return self._done_at[speech.number]

    def heard(self) -> Pcm:
        """Return what the caller heard, sample by sample from the line's opening until now."""
        stretches = [] if self._queue is None else self._queue.heard()
        length = max((stretch.at + len(stretch.samples) for stretch in stretches), default=0)
        heard = np.zeros(length, np.int16)
        for stretch in stretches:
            heard[stretch.at : stretch.at + len(stretch.samples)] = stretch.samples
        return heard

    def _last_audible(self, speech: AgentSpeech) -> int | None:
        assert self._queue is not None
        for stretch in self._queue.heard_backwards():
            if stretch.place is not None and stretch.place.segment == speech.number:
                audible = audible_samples(stretch.samples)
                if len(audible):
                    return stretch.at + int(audible[-1]) + 1
        return None


class StageLine:
    """Both transports, with the interface that a director needs of a line."""

    def __init__(
        self, params: LineParams, output: Callable[[TransportParams, LineParams], StageOutput]
    ) -> None:
        transport = TransportParams(
            audio_in_enabled=True,
            audio_in_sample_rate=INPUT_RATE,
            audio_out_enabled=True,
            audio_out_sample_rate=SAMPLE_RATE,
            audio_out_10ms_chunks=params.chunks,
            audio_out_end_silence_secs=0,
        )
        self.caller = CallerTrack(SAMPLE_RATE, noise_dbfs=params.noise_dbfs, seed=params.seed)
        self.input = StageInput(transport, self.caller)
        self.output = output(transport, params)

    @property
    def speeches(self) -> Sequence[AgentSpeech]:
        return self.output.speeches
