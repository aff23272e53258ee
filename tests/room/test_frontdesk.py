"""``agents/frontdesk.py`` as shipped: real room, real plugins, vendors on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from livekit_barge.call.folder import Call
from livekit_barge.errors import SettingsError
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.turns import Turn
from livekit_barge.room.server import LivekitServer, free_port
from tests.room.caller import Caller, audible_s
from tests.room.calls import STOPPED
from tests.room.worker import AGENTS, Worker, copied_worker
from tests.vendors.background import in_background
from tests.vendors.cartesia_server import CartesiaServer
from tests.vendors.chat_server import ChatServer, ToolCall
from tests.vendors.deepgram_server import DeepgramServer
from tests.vendors.loopback import KEY
from tests.vendors.voice import speak

NOTICE = ("This call is recorded.", "By staying on the line you agree to that.")
GREETING = ("You have reached the Harbour Hotel.", "How can I help you?")
ASK = "Do you have a room on Friday?"
OFFER = "Yes, on Friday we have two rooms, both with a view of the harbour and with breakfast."
BREAK_IN = "Wait, how much is that?"
PRICE = "Ninety euros."

KEYS = ("DEEPGRAM_API_KEY", "CARTESIA_API_KEY", "OPENAI_API_KEY")
ALL_SET = dict.fromkeys(("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", *KEYS), "-")


@dataclass(frozen=True)
class Desk:
    """The worker, and the vendors it relies on."""

    worker: Worker
    deepgram: DeepgramServer
    chat: ChatServer
    metrics_port: int


@pytest.fixture(scope="module")
def desk(livekit_server: LivekitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    for text in (*NOTICE, *GREETING, OFFER, PRICE):
        speak(text)  # beforehand, or the caller waits for it
    deepgram, cartesia, chat = DeepgramServer(), CartesiaServer(speak), ChatServer([PRICE])
    with in_background(deepgram, cartesia, chat):
        environment = livekit_server.environment() | dict.fromkeys(KEYS, KEY)
        environment |= {
            "DEEPGRAM_BASE_URL": deepgram.listen_url,
            "CARTESIA_BASE_URL": cartesia.url,
            "OPENAI_BASE_URL": chat.base_url,
            "BARGE_PRESET": "snappy",
            "METRICS_PORT": str(metrics_port := free_port(socket.SOCK_STREAM)),
            "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("metrics")),
        }
        folder = tmp_path_factory.mktemp("frontdesk")
        with copied_worker(livekit_server, "frontdesk.py", folder, environment) as worker:
            yield Desk(worker, deepgram, chat, metrics_port)


async def interfere(caller: Caller) -> None:
    """Speak over the notice, mutter over the greeting, ask, and break into the answer."""
    heard_s = caller.agent_spoke_s
    await caller.hear(0.3)
    caller.say(speak("Hello? Hello?", voice="joe-high"))
    notice_s = sum(audible_s(speak(sentence)) for sentence in NOTICE)
    await caller.hear(notice_s + 0.5 - (caller.agent_spoke_s - heard_s))
    caller.say(speak("uh-huh", voice="joe-high"))
    await caller.hear_silence(0.4)
    await caller.hear(0.5)
    await caller.hear_silence(1.0)
    caller.say(speak(ASK, voice="joe-high"))
    await caller.hear(1.5)
    caller.say(speak(BREAK_IN, voice="joe-high"))
    await caller.hear_silence(0.5)
    await caller.hear(0.5)
    await caller.hear_silence(1.0)


@pytest.fixture(scope="module")
def call(desk: Desk) -> Call:
    """One long call.

    The recogniser hears silence while the notice is said, which LiveKit does for what cannot be
    interrupted, and no word in the muttering.
    """

    async def script(caller: Caller) -> None:
        desk.deepgram.transcripts[:] = ["", ASK, BREAK_IN]
        desk.chat.answers[:] = [ToolCall("free_rooms", {"day": "Friday"}), OFFER, PRICE]
        desk.chat.asked.clear()
        await interfere(caller)

    return desk.worker.ring("frontdesk", script, went_as_meant)


def went_as_meant(call: Call) -> bool:
    """The notice was spoken over, the greeting muttered over, the answer broken into."""
    turns = [turn for turn in measure_call(call) if turn.speaker == "agent"]
    return [[o.outcome for o in turn.overlaps] for turn in turns[:3:2]] == [["held"], ["yielded"]]


@pytest.fixture(scope="module")
def agent_turns(call: Call) -> list[Turn]:
    """The notice, the greeting, the offer, the price."""
    turns = [turn for turn in measure_call(call) if turn.speaker == "agent"]
    assert len(turns) == 4
    return turns


def test_the_notice_is_heard_to_its_end_although_the_caller_speaks_over_it(agent_turns):
    notice = agent_turns[0]
    assert notice.words == " ".join(NOTICE)
    assert [o.outcome for o in notice.overlaps] == ["held"]
    assert "uninterruptible" in notice.overlaps[0].protected


def test_after_a_sound_that_is_no_word_the_greeting_goes_on(agent_turns):
    greeting = agent_turns[1]
    assert greeting.words == " ".join(GREETING)
    assert [(o.cause, o.resumed) for o in greeting.overlaps] == [("vad", True)]


def test_the_answer_is_given_up_for_the_caller(agent_turns):
    assert [(o.outcome in STOPPED, o.cause) for o in agent_turns[2].overlaps] == [(True, "vad")]


def test_the_caller_is_answered_after_the_barge_in(agent_turns):
    assert (agent_turns[3].words or "").strip() == PRICE


def test_the_callers_words_come_from_deepgram(call):
    words = [turn.words for turn in measure_call(call) if turn.speaker == "caller"]
    assert [text for text in words if text] == [ASK, BREAK_IN]


@pytest.mark.usefixtures("call")
def test_the_tool_was_asked(desk):
    answers = [m["content"] for m in desk.chat.asked[1] if m["role"] == "tool"]
    assert answers == ["2 rooms."]


def test_the_preset_comes_from_the_environment(call):
    assert call.meta.preset == "snappy"


def test_what_its_job_measured_can_be_scraped_when_the_job_is_over(desk, agent_turns):
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.metrics_port}/metrics") as answer:
        scraped = list(text_string_to_metric_families(answer.read().decode()))
    overlaps = {
        (sample.labels["cause"], sample.labels["outcome"]): sample.value
        for family in scraped
        for sample in family.samples
        if sample.name == "livekit_barge_overlaps_total" and sample.labels["preset"] == "snappy"
    }
    logged = Counter((o.cause or "none", o.outcome) for turn in agent_turns for o in turn.overlaps)
    assert overlaps == logged


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the entrypoint where it cannot work."""
    command = [sys.executable, str(AGENTS / "frontdesk.py")]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=60,
        check=False,
    )


def test_a_missing_key_is_named_in_one_line(tmp_path):
    done = start(tmp_path, **(ALL_SET | {"CARTESIA_API_KEY": ""}))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "not set: CARTESIA_API_KEY" in line


def test_a_preset_that_does_not_exist_is_named_before_the_first_call(monkeypatch):
    monkeypatch.setattr("dotenv.load_dotenv", lambda: False)  # nobody's own .env
    monkeypatch.setenv("BARGE_PRESET", "snapy")
    monkeypatch.syspath_prepend(AGENTS)
    import frontdesk

    with pytest.raises(SettingsError, match="snapy"):
        frontdesk.check(ALL_SET)
