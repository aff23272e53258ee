"""The hotel's front desk of frontdesk.py, in Pipecat. Copy this file and make it yours.

    cp agents/.env.example .env              # fill in the keys
    python agents/pipecat_frontdesk.py ROOM  # answers the caller in that room, once

Each call is kept, measured and logged: ``BARGE_PRESET`` in ``.env`` says how it takes being
interrupted, by one of the presets in configs/pipecat/. The extra ``pipecat-frontdesk`` has all that
it needs.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from livekit_barge.errors import BargeError, SettingsError

try:
    from dotenv import load_dotenv
    from livekit import api
    from pipecat.frames.frames import EndFrame, TTSSpeakFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
    from pipecat.services.cartesia.tts import CartesiaTTSService
    from pipecat.services.deepgram.stt import DeepgramSTTService
    from pipecat.services.llm_service import FunctionCallParams
    from pipecat.services.openai.llm import OpenAILLMService
    from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
    from pipecat.turns.user_mute import MuteUntilFirstBotCompleteUserMuteStrategy
    from pipecat.workers.runner import WorkerRunner
except ImportError as error:
    what = str(error).removeprefix("Missing module: ")  # Pipecat's own words for a missing extra
    print(
        f"pipecat_frontdesk: {what} – install livekit-barge with the extra pipecat-frontdesk",
        file=sys.stderr,
    )
    sys.exit(2)

from livekit_barge.frameworks.pipecat import BargeObserver, PipecatPreset, chosen_preset

load_dotenv()

NEEDED = (
    "LIVEKIT_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "DEEPGRAM_API_KEY",
    "CARTESIA_API_KEY",
    "OPENAI_API_KEY",
)

INSTRUCTIONS = (
    "You are the receptionist of the Harbour Hotel, on the phone. Answer in one or two short "
    "sentences, without lists or symbols. Look up free rooms with the tool and never guess."
)
LEGAL_NOTICE = "This call is recorded. By staying on the line you agree to that."
GREETING = "You have reached the Harbour Hotel. How can I help you?"
FREE_ROOMS = {"friday": 2, "saturday": 0, "sunday": 5}
CARTESIA_VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02"


async def free_rooms(params: FunctionCallParams, day: str) -> None:
    """Return how many rooms are free.

    Args:
        day: The day of the week, in English.
    """
    rooms = FREE_ROOMS.get(day.strip().lower())
    told = "That day is not open for booking yet." if rooms is None else f"{rooms} rooms."
    await params.result_callback(told)


def token(room: str) -> str:
    """Lets the bot into the room, as an agent."""
    grants = api.VideoGrants(room_join=True, room=room, agent=True)
    made = api.AccessToken(os.environ["LIVEKIT_API_KEY"], os.environ["LIVEKIT_API_SECRET"])
    return made.with_identity("front-desk").with_kind("agent").with_grants(grants).to_jwt()


async def answer(room: str, preset: PipecatPreset) -> None:
    """One call, to its end."""
    transport = LiveKitTransport(
        os.environ["LIVEKIT_URL"],
        token(room),
        room,
        params=LiveKitParams(
            audio_in_enabled=True,
            audio_in_sample_rate=16_000,
            audio_out_enabled=True,
            audio_out_sample_rate=24_000,
            **preset.transport(),
        ),
    )
    context = LLMContext(tools=[free_rooms])
    # What the law wants said is said to its end: nobody is heard until the first speech is over.
    # TTSSpeakFrame(…).interruptible = False would still lose what waits in the transport's queue;
    # so may this, of the notice's very end: a preset with a short queue leaves no word in it.
    mutes = [MuteUntilFirstBotCompleteUserMuteStrategy(), *preset.mutes()]
    user, assistant = LLMContextAggregatorPair(
        context, user_params=preset.user_params(user_mute_strategies=mutes)
    )
    llm = OpenAILLMService(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=os.environ.get("OPENAI_BASE_URL"),
        settings=OpenAILLMService.Settings(
            model=os.environ.get("FRONTDESK_MODEL", "gpt-4.1-mini"), system_instruction=INSTRUCTIONS
        ),
    )
    cartesia = os.environ.get("CARTESIA_BASE_URL", "https://api.cartesia.ai")
    worker = PipelineWorker(
        Pipeline(
            [
                transport.input(),
                DeepgramSTTService(
                    api_key=os.environ["DEEPGRAM_API_KEY"],
                    # The same address as frontdesk.py's; Deepgram's own client adds the path.
                    base_url=os.environ.get("DEEPGRAM_BASE_URL", "").removesuffix("/v1/listen"),
                ),
                user,
                llm,
                CartesiaTTSService(
                    api_key=os.environ["CARTESIA_API_KEY"],
                    url=cartesia.replace("http", "ws", 1) + "/tts/websocket",
                    settings=CartesiaTTSService.Settings(voice=CARTESIA_VOICE),
                ),
                transport.output(),
                assistant,
            ]
        ),
        observers=[BargeObserver(preset=preset.name)],
    )

    async def greet(*_: object) -> None:
        await worker.queue_frames([TTSSpeakFrame(LEGAL_NOTICE), TTSSpeakFrame(GREETING)])

    async def hang_up(*_: object) -> None:
        await worker.queue_frame(EndFrame())

    transport.add_event_handler("on_first_participant_joined", greet)
    transport.add_event_handler("on_participant_disconnected", hang_up)
    runner = WorkerRunner()
    await runner.add_workers(worker)
    await runner.run()


def check(arguments: list[str], environment: Mapping[str, str]) -> str:
    """The room to answer in.

    Raises :class:`BargeError` for what would otherwise fail in the middle of a call.
    """
    if len(arguments) != 1:
        raise SettingsError("no room", where="arguments", remedy="pipecat_frontdesk.py ROOM")
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise SettingsError(
            f"not set: {', '.join(missing)}",
            where="environment",
            remedy="copy agents/.env.example to .env and fill it in",
        )
    return arguments[0]


def main() -> int:
    """Answer one caller."""
    try:
        room = check(sys.argv[1:], os.environ)
        preset = chosen_preset()
    except BargeError as error:
        print(f"pipecat_frontdesk: {error}", file=sys.stderr)
        return 2
    asyncio.run(answer(room, preset))
    return 0


if __name__ == "__main__":
    sys.exit(main())
