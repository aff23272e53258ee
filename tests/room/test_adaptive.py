"""A job in a process of its own, in a real room: LiveKit asks the service inside that process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_barge.call.events import Decision, OverlappingSpeech, SessionError
from livekit_barge.call.folder import Call
from livekit_barge.room.server import LivekitServer
from livekit_barge.room.worker import running_worker
from tests.room.caller import Caller
from tests.room.worker import Worker
from tests.vendors.voice import speak

ROOT = Path(__file__).parents[2]
BREAK_IN = speak("Do you have a room on Friday?", voice="joe-high")


async def break_in(caller: Caller) -> None:
    await caller.hear(2.0)
    caller.say(BREAK_IN)
    await caller.hear_silence(0.5)


def causes(call: Call) -> list[str]:
    return [event.cause for event in call.events if isinstance(event, Decision)]


@pytest.fixture(scope="module")
def call(livekit_server: LivekitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    folder = tmp_path_factory.mktemp("adaptive")
    worker = Worker(livekit_server, folder / "calls")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "BARGE_ADAPTIVE": "local",
        "BARGE_PRESET": "adaptive",
        "BARGE_CALLS_DIR": str(worker.calls_dir),
        **livekit_server.environment(),
    }
    agent = ROOT / "tests" / "room" / "adaptive_agent.py"
    with running_worker(agent, log=folder / "worker.log", environment=environment):
        yield worker.ring("adaptive", break_in, lambda call: causes(call)[:1] == ["adaptive"])


def test_the_verdict_stops_the_agent(call):
    assert causes(call)[0] == "adaptive"


def test_the_folder_holds_the_verdict_and_no_error(call):
    verdicts = [event for event in call.events if isinstance(event, OverlappingSpeech)]
    assert verdicts[0].is_interruption
    assert verdicts[0].probability >= 0.6
    assert [event for event in call.events if isinstance(event, SessionError)] == []
