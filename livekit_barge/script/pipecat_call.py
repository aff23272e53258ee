"""Plays a script to a Pipecat pipeline, and measures it like any other call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.frames.frames import EndFrame, LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_start import (
    BaseUserTurnStartStrategy,
    VADUserTurnStartStrategy,
)
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from livekit_barge.frameworks.pipecat.observer import BargeObserver
from livekit_barge.script.director import Director
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import LONGEST_S, QUIET_S, WAITING_S
from livekit_barge.stage.models import Timing
from livekit_barge.stage.offline_recorder import RecorderAtTheEnd, keep_folder, keep_turns
from livekit_barge.stage.pipecat.services import StageLLM, StageSTT, StageTTS
from livekit_barge.stage.pipecat.transports import LineParams, StageLine, StageOutput
from livekit_barge.stage.time.virtual import at_once, run_virtual
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

# It only computes, so it needs no thread of its own in virtual time.
at_once(VADAnalyzer._run_analyzer)
_LOOK_S = 0.25  # between looks at whether it has ended


def _starts_by_vad() -> Sequence[BaseUserTurnStartStrategy]:
    return [VADUserTurnStartStrategy()]


@dataclass(frozen=True, kw_only=True)
class Bot:
    """The bot's knobs, and what stands in the way of its frames."""

    vad: Mapping[str, float] = field(default_factory=dict)
    """Fields of Pipecat's ``VADParams``."""
    user: Callable[[], Mapping[str, Any]] = dict
    """Further fields of ``LLMUserAggregatorParams``, made anew for each call."""
    starts: Callable[[], Sequence[BaseUserTurnStartStrategy]] = _starts_by_vad
    tells_words: bool = True
    """The TTS gives the times of its words."""
    before_llm: Callable[[], Sequence[FrameProcessor]] = tuple
    """Processors between the user's aggregator and the LLM."""
    before_output: Callable[[], Sequence[FrameProcessor]] = tuple
    """Processors between the TTS and the output transport."""
    output: Callable[[TransportParams, LineParams], StageOutput] = StageOutput


def play_pipecat_call(
    script: Script,
    *,
    calls_dir: Path | None,
    call_id: str | None = None,
    bot: Bot | None = None,
    line: LineParams | None = None,
) -> PlayedCall:
    """Play a script to its end in virtual time, as :func:`.scripted_call.play_call` does."""

    async def play() -> PlayedCall:
        return await _play(script, bot or Bot(), line or LineParams(), calls_dir, call_id)

    return run_virtual(play)


async def _play(
    script: Script,
    bot: Bot,
    params: LineParams,
    calls_dir: Path | None,
    call_id: str | None,
) -> PlayedCall:
    director = Director(script)
    line = StageLine(params, bot.output)
    director.direct(line)
    voice = voice_named(script.agent_voice)
    for text in script.agent:
        voice.speak(text)  # now, so that it takes no time of the call's
    timing = Timing()
    llm = StageLLM(script.agent, timing)
    observer = BargeObserver(
        calls_dir=calls_dir or Path("calls"),
        call_id=call_id,
        source="pipecat-stage",
        retention_days=None,
        recorder=RecorderAtTheEnd,
        keeper=keep_turns if calls_dir is None else keep_folder,
        folder=calls_dir is not None,
    )
    context = LLMContext([{"role": "system", "content": "You answer the front desk's phone."}])
    user, assistant = LLMContextAggregatorPair(
        context,
        user_params=LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(params=VADParams(**bot.vad)),
            user_turn_strategies=UserTurnStrategies(
                start=list(bot.starts()), stop=[SpeechTimeoutUserTurnStopStrategy()]
            ),
            **bot.user(),
        ),
    )
    worker = PipelineWorker(
        Pipeline(
            [
                line.input,
                StageSTT(director, timing),
                user,
                *bot.before_llm(),
                llm,
                StageTTS(voice, timing, line.output.words, tells_words=bot.tells_words),
                *bot.before_output(),
                line.output,
                assistant,
            ]
        ),
        observers=[observer],
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
    )
    ended_s = await _run(worker, line, director, llm)
    return PlayedCall(
        observer.turns,
        tuple(director.placed),
        director.waiting,
        ended_s,
        None if calls_dir is None else observer.call_dir,
    )


async def _run(worker: PipelineWorker, line: StageLine, director: Director, llm: StageLLM) -> float:
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        await worker.queue_frame(LLMRunFrame())
        await _until_over(running, line, director, llm)
        ended_s = line.caller.sent / SAMPLE_RATE
        await worker.queue_frame(EndFrame())
        await running
    finally:
        if not running.done():
            await worker.cancel()
            await asyncio.wait([running])
    return ended_s


async def _until_over(
    running: asyncio.Task[None], line: StageLine, director: Director, llm: StageLLM
) -> None:
    """Wait until nobody has anything left to say."""
    quiet_s = 0.0
    while line.caller.sent < LONGEST_S * SAMPLE_RATE and not running.done():
        await asyncio.sleep(_LOOK_S)
        speaks = bool(line.speeches) and not line.speeches[-1].complete
        talking = (
            llm.thinks
            or speaks
            or line.output.queued_s > 0
            or director.caller_done > line.caller.sent
        )
        quiet_s = 0.0 if talking else quiet_s + _LOOK_S
        if quiet_s >= (WAITING_S if director.waiting else QUIET_S):
            return
