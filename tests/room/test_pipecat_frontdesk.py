"""``agents/pipecat_frontdesk.py`` as shipped: real room, real services, vendors on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("deepgram", reason="the extra pipecat-frontdesk is not installed")

from livekit_barge.call.events import PlaybackFinished
from livekit_barge.call.folder import Call
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.turns import Turn
from livekit_barge.room.processes import child
from livekit_barge.room.server import LivekitServer, tail
from livekit_barge.room.worker import agents_folder
from livekit_barge.stage.voices import SAMPLE_RATE
from tests.room.caller import Caller, audible_s
from tests.room.calls import STOPPED, UNBROKEN
from tests.room.lateness import measurably
from tests.room.worker import AGENTS
from tests.vendors.background import in_background
from tests.vendors.cartesia_server import CartesiaServer
from tests.vendors.chat_server import ChatServer, ToolCall
from tests.vendors.deepgram_server import DeepgramServer
from tests.vendors.loopback import KEY
from tests.vendors.voice import speak

NOTICE = "This call is recorded. By staying on the line you agree to that."
GREETING = "You have reached the Harbour Hotel. How can I help you?"
ASK = "Do you have a room on Friday?"
OFFER = UNBROKEN
BREAK_IN = "How much is that?"
PRICE = "Ninety euros."

KEYS = ("DEEPGRAM_API_KEY", "CARTESIA_API_KEY", "OPENAI_API_KEY")


async def interfere(caller: Caller) -> None:
    """Speak over the notice, hear the greeting, ask, and break into the answer."""
    await caller.hear(0.3)
    caller.say(speak("Hello?", voice="joe-high"))
    await caller.hear(audible_s(speak(NOTICE)) + 1.0)
    await caller.hear_silence(0.7)
    caller.say(speak(ASK, voice="joe-high"))
    await caller.hear(1.5)
    caller.say(speak(BREAK_IN, voice="joe-high"))
    await caller.hear_silence(0.5)
    await caller.hear(0.5)
    await caller.hear_silence(0.5)


@dataclass(frozen=True)
class Desk:
    """A call that was played, what the bot wrote to its log, and what its model was asked."""

    call: Call
    log: list[dict[str, Any]]
    asked: list[list[dict[str, Any]]]
    late_s: float

    @property
    def agent_turns(self) -> list[Turn]:
        """The notice, the greeting, the offer, the price."""
        return [turn for turn in measure_call(self.call) if turn.speaker == "agent"]

    @property
    def as_meant(self) -> bool:
        """The notice was spoken over, the greeting was not, the offer broken into."""
        causes = [[o.cause for o in turn.overlaps] for turn in self.agent_turns]
        return causes == [[None], [], ["vad"], []]


def play(server: LivekitServer, folder: Path, number: int) -> Desk:
    """One call, in a process of the bot's own."""
    room, log = f"pipecat-frontdesk-{number}", folder / f"bot-{number}.log"
    entrypoint = shutil.copy(AGENTS / "pipecat_frontdesk.py", folder)
    deepgram, cartesia = DeepgramServer(["Hello?", ASK, BREAK_IN]), CartesiaServer(speak)
    chat = ChatServer([ToolCall("free_rooms", {"day": "Friday"}), OFFER, PRICE])
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= server.environment() | dict.fromkeys(KEYS, KEY)
    environment |= {"BARGE_PRESET": "snappy", "BARGE_LOG": "json", "BARGE_CALLS_DIR": str(folder)}

    async def call() -> float:
        async with Caller(server, room) as caller:
            await interfere(caller)
        return caller.late_s

    with in_background(deepgram, cartesia, chat):
        environment |= {
            "DEEPGRAM_BASE_URL": deepgram.listen_url,
            "CARTESIA_BASE_URL": cartesia.url,
            "OPENAI_BASE_URL": chat.base_url,
        }
        with child([sys.executable, entrypoint, room], log=log, env=environment) as bot:
            late_s = asyncio.run(call())
            bot.wait(20)  # it hangs up when its caller does
        assert bot.returncode == 0, tail(log)
    logged = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return Desk(Call.open(agents_folder(folder, room)), logged, chat.asked, late_s)


@pytest.fixture(scope="module")
def desk(livekit_server: LivekitServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    for text in (NOTICE, GREETING, OFFER, PRICE):
        speak(text)  # beforehand, or the caller waits for it
    folder = tmp_path_factory.mktemp("pipecat-frontdesk")
    desk = measurably(lambda number: play(livekit_server, folder, number), lambda d: d.as_meant)
    assert len(desk.agent_turns) == 4
    return desk


def test_the_notice_is_heard_to_its_end_although_the_caller_speaks_over_it(desk: Desk) -> None:
    notice = desk.agent_turns[0]
    assert (notice.words or "").startswith(NOTICE)
    assert [(o.cause, o.protected) for o in notice.overlaps] == [(None, ("uninterruptible",))]
    (played,) = (
        e for e in desk.call.events if isinstance(e, PlaybackFinished) and e.segment_id == 0
    )
    assert not played.interrupted
    assert played.position_s == pytest.approx(len(speak(NOTICE)) / SAMPLE_RATE, abs=0.01)


def test_the_greeting_follows_the_notice_and_is_not_lost(desk: Desk) -> None:
    assert (desk.agent_turns[1].words or "").endswith("How can I help you?")


def test_the_answer_is_given_up_for_the_caller_and_both_clocks_are_known(desk: Desk) -> None:
    (overlap,) = desk.agent_turns[2].overlaps
    assert overlap.outcome in STOPPED
    assert overlap.cause == "vad"
    assert overlap.detection_s is not None
    assert overlap.cancellation_s is not None


def test_the_turn_log_says_the_same_of_the_barge_in(desk: Desk) -> None:
    (overlap,) = desk.agent_turns[2].overlaps
    (line,) = (line for line in desk.log if line.get("speech_id") == desk.agent_turns[2].speech_id)
    (logged,) = line["overlaps"]
    assert (line["preset"], logged["outcome"], logged["cause"]) == (
        "snappy",
        overlap.outcome,
        overlap.cause,
    )
    # What it heard last is settled as the call goes on: a frame of audio at most.
    assert logged["detection_s"] == pytest.approx(overlap.detection_s, abs=0.02)
    assert logged["cancellation_s"] == pytest.approx(overlap.cancellation_s, abs=0.02)


def test_the_caller_is_answered_after_the_barge_in(desk: Desk) -> None:
    assert (desk.agent_turns[3].words or "").strip() == PRICE


def test_the_callers_words_come_from_deepgram(desk: Desk) -> None:
    words = [turn.words for turn in measure_call(desk.call) if turn.speaker == "caller"]
    assert [text for text in words if text] == ["Hello?", ASK, BREAK_IN]


def test_the_tool_was_asked(desk: Desk) -> None:
    answers = [m["content"] for asked in desk.asked for m in asked if m["role"] == "tool"]
    assert json.loads(answers[0]) == "2 rooms."
