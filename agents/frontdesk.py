"""A hotel's front desk that answers calls. Copy this file and make it yours.

    cp agents/.env.example .env     # fill in the keys
    python agents/frontdesk.py      # --dev: readable logs

It takes every call that comes in on your LiveKit server. Each call is kept, measured and logged:
``BARGE_PRESET`` in ``.env`` says how it takes being interrupted.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping

from dotenv import load_dotenv
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    AgentServer,
    JobContext,
    JobProcess,
    RunContext,
    function_tool,
)
from livekit.plugins import cartesia, deepgram, openai, silero

from livekit_barge import BargeSession, Settings, check_settings
from livekit_barge.errors import BargeError, SettingsError

load_dotenv()

NEEDED = (
    "LIVEKIT_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "DEEPGRAM_API_KEY",
    "CARTESIA_API_KEY",
    "OPENAI_API_KEY",
)

LEGAL_NOTICE = "This call is recorded. By staying on the line you agree to that."
GREETING = "You have reached the Harbour Hotel. How can I help you?"
FREE_ROOMS = {"friday": 2, "saturday": 0, "sunday": 5}


class FrontDesk(Agent):
    """Greets, answers, and looks up free rooms."""

    def __init__(self) -> None:
        super().__init__(
            instructions=(
                "You are the receptionist of the Harbour Hotel, on the phone. Answer in one or two "
                "short sentences, without lists or symbols. Look up free rooms with the tool and "
                "never guess."
            )
        )

    async def on_enter(self) -> None:
        # What the law wants said is said to its end, whatever the caller does meanwhile.
        self.session.say(LEGAL_NOTICE, allow_interruptions=False)
        self.session.say(GREETING)

    @function_tool
    async def free_rooms(self, context: RunContext, day: str) -> str:  # noqa: ARG002
        """Return how many rooms are free.

        Args:
            day: The day of the week, in English.
        """
        rooms = FREE_ROOMS.get(day.strip().lower())
        return "That day is not open for booking yet." if rooms is None else f"{rooms} rooms."


def load_models(process: JobProcess) -> None:
    """Before a call comes in, so that no caller waits for it."""
    process.userdata["vad"] = silero.VAD.load()


# The host is that of its health check and its metrics; "" where others on the network ask for them.
server = AgentServer(
    setup_fnc=load_models,
    host="127.0.0.1",
    prometheus_port=int(os.environ.get("METRICS_PORT") or 0) or NOT_GIVEN,
)


@server.rtc_session()
async def answer(call: JobContext) -> None:
    """One call."""
    session: BargeSession[None] = BargeSession(
        vad=call.proc.userdata["vad"],
        stt=deepgram.STT(
            base_url=os.environ.get("DEEPGRAM_BASE_URL", "https://api.deepgram.com/v1/listen")
        ),
        llm=openai.LLM(model=os.environ.get("FRONTDESK_MODEL", "gpt-4.1-mini")),
        tts=cartesia.TTS(base_url=os.environ.get("CARTESIA_BASE_URL", "https://api.cartesia.ai")),
    )
    await session.start(FrontDesk(), room=call.room)


def check(environment: Mapping[str, str]) -> None:
    """Raise :class:`BargeError` for what would otherwise fail in the middle of a call."""
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise SettingsError(
            f"not set: {', '.join(missing)}",
            where="environment",
            remedy="copy agents/.env.example to .env and fill it in",
        )
    check_settings(Settings())


def main() -> int:
    """Start the worker: ``python -m livekit.agents start frontdesk.py``, once all is in place."""
    try:
        check(os.environ)
    except BargeError as error:
        print(f"frontdesk: {error}", file=sys.stderr)
        return 2
    sys.argv[1:] = ["start", __file__, *sys.argv[1:]]
    runpy.run_module("livekit.agents", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
