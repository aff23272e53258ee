"""``agents/local.py`` as shipped: no keys, no vendors, the stage's voice and answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livekit_barge.bench.room.server import LivekitServer
from livekit_barge.measure.call import measure_call
from livekit_barge.measure.turns import Turn
from tests.room.caller import Caller
from tests.room.worker import copied_worker
from tests.vendors.voice import speak

BREAK_IN = speak("Do you have a room on Friday?", voice="joe-high")


async def break_in(caller: Caller) -> None:
    """Wait for the notice to pass, speak over the greeting, hear an answer begin."""
    await caller.hear(4.0)
    caller.say(BREAK_IN)
    await caller.hear_silence(0.5)
    await caller.hear(0.5)


@pytest.fixture(scope="module")
def turns(
    livekit_server: LivekitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Turn]]:
    key, secret = livekit_server.api_key, livekit_server.api_secret
    reached = ("--url", livekit_server.url, "--api-key", key, "--api-secret", secret)
    folder = tmp_path_factory.mktemp("local")
    environment = {"BARGE_PRESET": "snappy"}
    with copied_worker(livekit_server, "local.py", folder, environment, *reached) as worker:
        yield measure_call(worker.ring("local", break_in))


def test_the_greeting_is_given_up_for_the_caller(turns):
    (overlap,) = [overlap for turn in turns for overlap in turn.overlaps]
    assert (overlap.outcome, overlap.cause) == ("yielded", "vad")


def test_the_next_answer_comes_without_a_word_recognised(turns):
    assert [turn.speaker for turn in turns][-2:] == ["caller", "agent"]
    assert (turns[-1].words or "").startswith("We have")
