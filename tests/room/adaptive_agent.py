"""An agent whose jobs, each in a process of its own, have LiveKit ask a detector inside it.

The detector goes by loudness, so that what is tested is the way to it.
"""

from __future__ import annotations

import runpy
import sys

from livekit.agents import AgentServer, JobContext
from livekit.plugins import silero

from livekit_barge import BargeSession
from livekit_barge.adaptive.local import local_service, own_credentials
from livekit_barge.adaptive.service import Service
from tests.adaptive.made import LoudnessDetector
from tests.recording.standins import OneLineLLM, TimedSTT, ToneTTS
from tests.room.calls import Announcer

server = AgentServer(host="127.0.0.1")


@server.rtc_session()
async def answer(call: JobContext) -> None:
    """One call. BARGE_ADAPTIVE=local finds the process's service, which is made here."""
    local_service(lambda: Service(LoudnessDetector(loud=0.02), own_credentials()))
    session: BargeSession[None] = BargeSession(
        vad=silero.VAD.load(),
        stt=TimedSTT(),
        llm=OneLineLLM(),
        tts=ToneTTS(),
        turn_handling={"turn_detection": "vad"},
    )
    await session.start(Announcer(), room=call.room)


if __name__ == "__main__":
    sys.argv[1:] = ["start", __file__, "--dev", *sys.argv[1:]]
    runpy.run_module("livekit.agents", run_name="__main__", alter_sys=True)
