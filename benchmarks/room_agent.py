"""The agent that ``benchmarks.room`` calls: it says one long sentence, again for every turn."""

from __future__ import annotations

import runpy
import sys

from livekit.agents import Agent, AgentServer, JobContext, JobProcess
from livekit.plugins import silero

from livekit_barge import BargeSession
from livekit_barge.stage.models import ScriptedLLM, VoiceTTS
from livekit_barge.stage.voices import voice_named

# No pause in it that a barge-in could fall into.
TEXT = (
    "We have two rooms left on Friday with a view of the harbour and a balcony large enough for a "
    "table where breakfast will be brought to you at whatever hour you would like to have it."
)
VOICE = voice_named("joe")


class Talker(Agent):
    """Begins, and begins again."""

    def __init__(self) -> None:
        super().__init__(instructions="")

    async def on_enter(self) -> None:
        self.session.generate_reply()


def load_models(process: JobProcess) -> None:
    """Before the call, so that it does not wait."""
    process.userdata["vad"] = silero.VAD.load()
    VOICE.speak(TEXT)


server = AgentServer(host="127.0.0.1", setup_fnc=load_models)


@server.rtc_session()
async def answer(call: JobContext) -> None:
    """One call; the preset comes from the environment."""
    session: BargeSession[None] = BargeSession(
        vad=call.proc.userdata["vad"],
        llm=ScriptedLLM([TEXT]),
        tts=VoiceTTS(VOICE),
        turn_handling={"turn_detection": "vad"},
    )
    await session.start(Talker(), room=call.room)


if __name__ == "__main__":
    # In production mode a worker on a busy machine takes no calls.
    sys.argv[1:] = ["start", __file__, "--dev"]
    runpy.run_module("livekit.agents", run_name="__main__", alter_sys=True)
