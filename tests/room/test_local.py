"""``agents/local.py`` as shipped: no keys, no vendors, the stage's voice and answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from livekit_barge.cli import app
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.turns import Turn
from livekit_barge.room.server import LivekitServer
from livekit_barge.room.worker import agents_folder
from tests.room.caller import Caller
from tests.room.calls import STOPPED
from tests.room.worker import Worker, copied_worker
from tests.vendors.voice import speak

BREAK_IN = speak("Do you have a room on Friday?", voice="joe-high")


async def break_in(caller: Caller) -> None:
    """Wait for the notice to pass, speak over the greeting, hear an answer begin."""
    await caller.hear(4.0)
    caller.say(BREAK_IN)
    await caller.hear_silence(0.5)
    await caller.hear(0.5)


@pytest.fixture(scope="module")
def worker(
    livekit_server: LivekitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    key, secret = livekit_server.api_key, livekit_server.api_secret
    reached = ("--url", livekit_server.url, "--api-key", key, "--api-secret", secret)
    folder = tmp_path_factory.mktemp("local")
    environment = {"BARGE_PRESET": "snappy"}
    with copied_worker(livekit_server, "local.py", folder, environment, *reached) as worker:
        yield worker


@pytest.fixture(scope="module")
def turns(worker: Worker) -> list[Turn]:
    return measure_call(worker.ring("local", break_in, lambda call: stopped(measure_call(call))))


def stopped(turns: list[Turn]) -> bool:
    """Whether there is one overlap, and the agent stopped in it."""
    outcomes = [overlap.outcome for turn in turns for overlap in turn.overlaps]
    return [outcome in STOPPED for outcome in outcomes] == [True]


def test_the_greeting_is_given_up_for_the_caller(turns):
    (overlap,) = [overlap for turn in turns for overlap in turn.overlaps]
    assert (overlap.outcome in STOPPED, overlap.cause) == (True, "vad")


def test_the_next_answer_comes_without_a_word_recognised(turns):
    assert [turn.speaker for turn in turns][-2:] == ["caller", "agent"]
    assert (turns[-1].words or "").startswith("We have")


SCRIPT = """
agent: [In a room the agent says what it will.]
caller:
  - say: Do you have a room on Friday?
    at: after the agent has spoken 4 s
    expect: yield
"""


def test_called_from_the_command_line_and_joined_with_its_own_folder(
    worker, tmp_path, monkeypatch, capsys
):
    (tmp_path / "script.yaml").write_text(SCRIPT)
    for name, value in worker.server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    options = "room --script script.yaml --room desk --kind sip --loss 1 --delay 20ms --jitter 5ms"
    said = command(monkeypatch, capsys, *options.split())
    assert "desk (the caller is a sip participant)" in said
    assert "all media crossed it, by UDP" in said
    agents = agents_folder(worker.calls_dir, "desk")
    said = command(monkeypatch, capsys, "join", "calls/desk", str(agents))
    assert "Do you have a room on Friday?" in said
    assert "the caller is a sip participant" in said


def command(monkeypatch, capsys, *arguments):
    """What ``livekit-barge`` prints; it must end well."""
    monkeypatch.setattr(sys, "argv", ["livekit-barge", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    return said.out
