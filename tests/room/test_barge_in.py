"""A caller speaks over an agent in a real room. Outcomes, causes and order; never milliseconds."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from livekit.plugins import silero

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.folder import Call
from tests.room.caller import Caller
from tests.room.calls import LONG, STOPPED, Announcer, Played, play
from tests.room.lateness import measurably
from tests.vendors.voice import speak

NOTICE = "This call is recorded. By staying on the line you agree."
BREAK_IN = "Wait a moment please, I have a question."


async def break_in(caller: Caller) -> None:
    """Speak over the agent until it has been silent for a while."""
    await caller.hear(1.0)
    caller.say(speak(BREAK_IN, voice="joe-high"))
    await caller.hear_silence(1.5)


async def leave_while_speaking(caller: Caller) -> None:
    """Hang up in the middle of a barge-in."""
    await caller.hear(1.0)
    caller.say(speak(BREAK_IN, voice="joe-high"))
    await caller.hear_silence(0.4, with_more_to_say=True)


@pytest.fixture(scope="module")
def in_room(livekit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``in_room(NAME, SCRIPT, …)`` plays a call in a room of that name."""
    # Spoken beforehand: no call's event loop shall wait for it.
    speak(LONG), speak(NOTICE), speak(BREAK_IN, voice="joe-high")
    vad = silero.VAD.load()

    def run(name: str, *arguments: Any, **options: Any) -> Played:
        return play(livekit_server, name, tmp_path_factory.mktemp(name), vad, *arguments, **options)

    return run


@pytest.fixture(scope="module")
def yielding(in_room: Any) -> Played:
    """By LiveKit's defaults: a pause."""
    return measurably(lambda n: in_room(f"pause-{n}", break_in), has_stopped)


@pytest.fixture(scope="module")
def hung_up(in_room: Any) -> Played:
    """An interrupt, and a caller who is gone before all is said."""
    options = {"resume_false_interruption": False}
    return measurably(
        lambda n: in_room(f"hang-up-{n}", leave_while_speaking, **options), has_stopped
    )


def has_stopped(played: Played) -> bool:
    return [overlap.outcome in STOPPED for overlap in played.overlaps] == [True]


def rms(call: Call, channel: int) -> float:
    blocks = [block[channel] for block in call.blocks()]
    return float(np.sqrt(np.mean(np.concatenate(blocks) ** 2)))


def test_the_agent_yields_to_the_callers_voice(yielding):
    (overlap,) = yielding.overlaps
    assert (overlap.outcome in STOPPED, overlap.cause) == (True, "vad")


def test_by_default_the_decision_is_a_pause(yielding):
    assert yielding.overlaps[0].decisions[0].path == "pause"


def test_the_folder_holds_both_tracks(yielding):
    assert yielding.call.meta.capture_point == "agent"
    assert min(rms(yielding.call, CALLER), rms(yielding.call, AGENT)) > 0.01


def test_without_resume_the_decision_is_an_interrupt(hung_up):
    (overlap,) = hung_up.overlaps
    assert (overlap.outcome in STOPPED, overlap.cause) == (True, "vad")
    assert overlap.decisions[0].path == "interrupt"


def test_a_caller_who_hangs_up_while_speaking_leaves_a_whole_folder(hung_up):
    assert hung_up.call.meta.duration_s is not None
    assert hung_up.call.notes == ()


def test_a_protected_line_is_not_given_up(in_room):
    agent = partial(Announcer, NOTICE, allow_interruptions=False)
    played = measurably(lambda n: in_room(f"protected-{n}", break_in, agent=agent))
    (overlap,) = played.overlaps
    assert (overlap.yielded, overlap.protected) == (False, ("uninterruptible",))
