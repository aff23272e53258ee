"""The Pipecat bot that ``benchmarks.frameworks`` calls: as ``room_agent.py``, in Pipecat.

    python benchmarks/pipecat_agent.py ROOM     # LIVEKIT_URL and key from the environment

It says one long sentence, again for every turn, with the same stand-ins behind it.
"""

from __future__ import annotations

import asyncio
import os
import sys

from livekit import api
from loguru import logger
from pipecat.frames.frames import EndFrame, LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.turns.empty_user_turn import EmptyUserTurnConfig
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from benchmarks.room_agent import TEXT, VOICE
from livekit_barge.frameworks.pipecat import BargeObserver
from livekit_barge.frameworks.pipecat.preset import chosen_preset
from livekit_barge.stage.models import Timing
from livekit_barge.stage.pipecat.services import StageLLM, StageTTS
from livekit_barge.stage.voices import SAMPLE_RATE


def token(room: str) -> str:
    """Lets the bot in, as an agent."""
    grants = api.VideoGrants(room_join=True, room=room, agent=True)
    made = api.AccessToken(os.environ["LIVEKIT_API_KEY"], os.environ["LIVEKIT_API_SECRET"])
    return made.with_identity("bot").with_kind("agent").with_grants(grants).to_jwt()


async def answer(room: str) -> None:
    """One call, to its end; the preset comes from the environment."""
    preset = chosen_preset()
    VOICE.speak(TEXT)  # before the call, so that it does not wait
    transport = LiveKitTransport(
        os.environ["LIVEKIT_URL"],
        token(room),
        room,
        params=LiveKitParams(
            audio_in_enabled=True,
            audio_in_sample_rate=16_000,
            audio_out_enabled=True,
            audio_out_sample_rate=SAMPLE_RATE,
            audio_out_end_silence_secs=0,
            **preset.transport(),
        ),
    )
    # Nobody transcribes here, so a turn ends by its silence, as with turn_detection "vad".
    strategies = UserTurnStrategies(
        start=[VADUserTurnStartStrategy()],
        stop=[SpeechTimeoutUserTurnStopStrategy(wait_for_transcript=False)],
    )
    # … and each such turn is answered: Pipecat's default is one in a row.
    answered = EmptyUserTurnConfig(max_consecutive_recoveries=1_000)
    user, assistant = LLMContextAggregatorPair(
        LLMContext(),
        user_params=preset.user_params(user_turn_strategies=strategies, empty_user_turn=answered),
    )
    timing = Timing()
    worker = PipelineWorker(
        Pipeline(
            [
                transport.input(),
                user,
                StageLLM([TEXT], timing),
                StageTTS(VOICE, timing, {}),
                transport.output(),
                assistant,
            ]
        ),
        observers=[BargeObserver(preset=preset.name)],
        enable_rtvi=False,
    )

    async def begin(*_: object) -> None:
        await worker.queue_frame(LLMRunFrame())

    async def end(*_: object) -> None:
        await worker.queue_frame(EndFrame())

    transport.add_event_handler("on_first_participant_joined", begin)
    transport.add_event_handler("on_participant_disconnected", end)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="INFO")
    asyncio.run(answer(sys.argv[1]))
