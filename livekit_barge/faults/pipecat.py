"""Faults planted in Pipecat pipelines, each with the code that must name it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.user_start import MinWordsUserTurnStartStrategy, VADUserTurnStartStrategy

from livekit_barge.script.pipecat_call import Bot, play_pipecat_call
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.stage.pipecat.transports import LineParams, StageOutput


class Swallows(FrameProcessor):
    """A processor of the user's that does not pass on what it does not know.

    Pipecat's base class has handled an ``InterruptionFrame`` by then; only pushing it on is left.
    """

    def __init__(self, kind: type[Frame]) -> None:
        super().__init__()
        self._kind = kind

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, self._kind):
            await self.push_frame(frame, direction)


class DeafOutput(StageOutput):
    """An output transport that overrides ``process_frame`` and never handles the interruption."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, InterruptionFrame):
            await self.push_frame(frame, direction)
        else:
            await super().process_frame(frame, direction)


class SendsLate(FrameProcessor):
    """A TTS whose server sends on after the interruption: the end of the speech comes late."""

    def __init__(self, late_s: float = 0.3, frames: int = 12) -> None:
        super().__init__()
        self._late_s, self._frames = late_s, frames
        self._kept: list[TTSAudioRawFrame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self._kept.append(frame)
        await self.push_frame(frame, direction)
        down = direction is FrameDirection.DOWNSTREAM
        if isinstance(frame, InterruptionFrame) and down and self._kept:
            late, self._kept = self._kept[-self._frames :], []
            self.create_task(self._send(late))

    async def _send(self, frames: list[TTSAudioRawFrame]) -> None:
        await asyncio.sleep(self._late_s)
        for old in frames:
            audio = TTSAudioRawFrame(
                old.audio, old.sample_rate, old.num_channels, context_id=old.context_id
            )
            await self.push_frame(audio)


class PutsCutMessageLast(FrameProcessor):
    """Edits the context, and puts the cut text behind the caller's answer to it."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            _swap_last_two(frame.context)
        await self.push_frame(frame, direction)


def _swap_last_two(context: LLMContext) -> None:
    messages = list(context.messages)
    if len(messages) >= 2 and _is(messages[-1], "user") and _is(messages[-2], "assistant"):
        messages[-2:] = reversed(messages[-2:])
        context.set_messages(messages)


def _is(message: object, role: str) -> bool:
    return isinstance(message, dict) and message.get("role") == role


@dataclass(frozen=True, kw_only=True)
class PipecatFault:
    """A bot with one fault."""

    name: str
    code: str
    """The diagnosis' code for it."""
    symptom: int
    bot: Bot = field(default_factory=Bot)
    line: LineParams = field(default_factory=LineParams)
    says: str | None = None
    """The caller's lines; ``None``: the script's."""

    def play(self, script: Script, calls_dir: Path) -> PlayedCall:
        """A call to that bot, in a folder of the fault's name."""
        if self.says is not None:
            lines = tuple(replace(line, text=self.says) for line in script.caller)
            script = replace(script, caller=lines)
        return play_pipecat_call(
            script, calls_dir=calls_dir, call_id=self.name, bot=self.bot, line=self.line
        )


def _before_output(make: Callable[[], FrameProcessor]) -> Bot:
    return Bot(before_output=lambda: [make()])


PIPECAT_FAULTS = (
    PipecatFault(
        name="interruptions-off",
        code="interruptions-off",
        symptom=1,
        bot=Bot(starts=lambda: [VADUserTurnStartStrategy(enable_interruptions=False)]),
    ),
    PipecatFault(
        name="words-gate-of-twelve",
        code="words-gate",
        symptom=1,
        bot=Bot(starts=lambda: [MinWordsUserTurnStartStrategy(min_words=12)]),
        line=LineParams(queue_s=0.0),  # or Pipecat takes it to be silent while its queue plays
    ),
    PipecatFault(
        name="one-word-at-a-words-gate-of-two",
        code="words-gate",
        symptom=1,
        bot=Bot(starts=lambda: [MinWordsUserTurnStartStrategy(min_words=2)]),
        line=LineParams(queue_s=0.0),
        says="Stop!",
    ),
    PipecatFault(
        name="vad-starts-after-half-a-second",
        code="duration-gate",
        symptom=1,
        bot=Bot(vad={"start_secs": 0.5}),
    ),
    PipecatFault(
        name="chunks-too-large",
        code="buffered-ahead",
        symptom=3,
        line=LineParams(chunks=100, clears=False, queue_s=0.0),
    ),
    PipecatFault(
        name="queue-not-cleared",
        code="buffered-ahead",
        symptom=3,
        line=LineParams(clears=False),
    ),
    PipecatFault(
        name="interruption-swallowed",
        code="cancel-lost",
        symptom=4,
        bot=_before_output(lambda: Swallows(InterruptionFrame)),
    ),
    PipecatFault(
        name="audio-sent-after-the-interruption",
        code="cancel-lost",
        symptom=4,
        bot=_before_output(SendsLate),
    ),
    PipecatFault(
        name="deaf-output",
        code="queue-plays-out",
        symptom=5,
        bot=Bot(output=DeafOutput),
        line=LineParams(clears=False),
    ),
    PipecatFault(
        name="context-out-of-order",
        code="context-broken",
        symptom=6,
        bot=Bot(before_llm=lambda: [PutsCutMessageLast()]),
    ),
    PipecatFault(
        name="no-word-times",
        code="context-broken",
        symptom=6,
        bot=Bot(tells_words=False),
    ),
    PipecatFault(
        name="stopped-swallowed",
        code="speaking-silent",
        symptom=7,
        bot=_before_output(lambda: Swallows(TTSStoppedFrame)),
    ),
)
