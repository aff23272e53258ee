"""The front desk without keys: a local voice and answers from a script, on this machine alone.

    make livekit-server
    .cache/livekit-server --dev --config configs/livekit-server/loopback.yaml
    python agents/local.py          # in a second terminal

It has no recogniser: it hears *that* you speak, by Silero, and never *what* you say. Each time you
have spoken the next answer comes, whatever you said; and since no word tells a "mm-hm" from a
question, a speech that you stopped does not go on.
"""

from __future__ import annotations

import runpy
import sys

from frontdesk import GREETING, LEGAL_NOTICE, FrontDesk, load_models
from livekit.agents import AgentServer, JobContext, JobProcess

from livekit_barge import BargeSession, ScriptedLLM, VoiceTTS, sentences, voice_named

# Short first sentences: the voice speaks a sentence once it has made all of it.
ANSWERS = (
    "We have two rooms on Friday. Both look over the harbour, and breakfast is from seven to ten.",
    "It is ninety euros a night. You can cancel until six in the evening, and it costs nothing.",
    "Take all the time you like. I do not understand a word you say, so I am never in a hurry.",
)

VOICE = voice_named("joe")


def load_voice(process: JobProcess) -> None:
    """Before a call comes in; with the greeting, so that it is there at once."""
    load_models(process)
    for sentence in (*sentences(LEGAL_NOTICE), *sentences(GREETING)):
        VOICE.speak(sentence)


# What `livekit-server --dev` listens on. Another: --url, --api-key, --api-secret.
server = AgentServer(
    ws_url="ws://127.0.0.1:7880",
    api_key="devkey",
    api_secret="secret",
    host="127.0.0.1",
    setup_fnc=load_voice,
)


@server.rtc_session()
async def answer(call: JobContext) -> None:
    """One call."""
    session: BargeSession[None] = BargeSession(
        vad=call.proc.userdata["vad"],
        llm=ScriptedLLM(ANSWERS),
        tts=VoiceTTS(VOICE),
        turn_handling={"turn_detection": "vad"},
    )
    await session.start(FrontDesk(), room=call.room)


if __name__ == "__main__":
    print("local: no recogniser here – it takes turns by your voice alone", file=sys.stderr)
    sys.argv[1:] = ["start", __file__, "--dev", *sys.argv[1:]]
    runpy.run_module("livekit.agents", run_name="__main__", alter_sys=True)
