"""The room caller and an agent, both ends kept. Outcomes, causes and order; never milliseconds."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from livekit.plugins import silero

from livekit_barge.errors import RoomError
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.script.script import Script, caller_line
from tests.room.caller import Caller
from tests.room.calls import LONG, UNBROKEN, BothEnds, play_script
from tests.room.lateness import measurably
from tests.vendors.voice import speak

BREAK_IN = "Please hold on a moment because I have a question."
# LiveKit's defaults give no heed to a caller for an agent's first three seconds.
LATER = Script(
    name="later",
    agent=(),
    caller=(caller_line(BREAK_IN, "after the agent has spoken 3.6 s", "yield"),),
)
SOON = Script(
    name="soon", agent=(), caller=(caller_line(BREAK_IN, "after the agent has spoken 1 s"),)
)
AT_ONCE = {
    "turn_handling": {"turn_detection": "vad", "interruption": {"mode": "vad"}},
    "aec_warmup_duration": None,
}


@pytest.fixture(scope="module", autouse=True)
def _spoken() -> None:
    """Beforehand: no call's event loop shall wait for it."""
    speak(LONG), speak(UNBROKEN), speak(BREAK_IN, voice="joe-high")


@pytest.fixture(scope="module", params=["livekit-defaults", "snappy"])
def ends(request: Any, livekit_server: Any, tmp_path_factory: Any) -> BothEnds:
    """A call under each preset."""

    def play(number: int) -> BothEnds:
        name = f"{request.param}-{number}"
        folder = tmp_path_factory.mktemp(name)
        call = play_script(livekit_server, name, folder, LATER, text=UNBROKEN, preset=request.param)
        return asyncio.run(call)

    return measurably(play, lambda ends: ends.stopped)


def test_the_agent_stops_and_both_ends_say_so(ends):
    assert ends.stopped
    [overlap] = [overlap for turn in ends.turns for overlap in turn.overlaps]
    assert overlap.cause == "vad"
    assert ends.heard.unplaced == ()


def test_the_caller_has_a_time_to_yield_and_no_clocks_of_the_agents(ends):
    [overlap] = ends.heard.overlaps
    assert overlap.time_to_yield_s is not None
    assert (overlap.decision_s, overlap.detection_s, overlap.cancellation_s) == (None, None, None)


def test_joined_each_step_comes_after_the_one_before(ends):
    [overlap] = ends.joined.overlaps
    steps = [
        overlap.onset_s,
        overlap.heard_s,
        overlap.decision_s,
        overlap.stopped_s,
        overlap.silent_s,
    ]
    assert all(earlier <= later for earlier, later in pairwise(steps))


def test_the_folder_says_who_recorded_it(ends):
    assert (ends.caller.meta.source, ends.caller.meta.capture_point) == ("room", "caller")
    assert (ends.caller.meta.room, ends.caller.notes) == (ends.agent.meta.room, ())


def test_both_folders_say_as_what_the_caller_came(ends):
    assert (ends.caller.caller_kind, ends.agent.caller_kind) == ("standard", "standard")


def test_on_one_host_the_clocks_join_the_ends(ends):
    assert ends.joined.alignment.by == "clocks"


@pytest.fixture(scope="module")
def with_bystander(livekit_server, tmp_path_factory):
    """Somebody else comes in and speaks; the caller waits."""
    listen = Script(
        name="listen", agent=(), caller=(caller_line("Goodbye.", "0.8 s after the agent stops"),)
    )

    async def come_in(_: object) -> None:
        async with Caller(livekit_server, "bystander", "bystander") as bystander:
            await bystander.hear(1.0)
            bystander.say(speak(BREAK_IN, voice="joe-high"))
            await bystander.hear_silence(0.5)

    folder = tmp_path_factory.mktemp("bystander")
    played = play_script(
        livekit_server,
        "bystander",
        folder,
        listen,
        meanwhile=come_in,
        vad=silero.VAD.load(),
        **AT_ONCE,
    )
    return asyncio.run(played)


def test_a_second_participant_does_not_stop_the_agent(with_bystander):
    agents = [turn for turn in with_bystander.turns if turn.speaker == "agent"]
    assert [turn.overlaps for turn in agents] == [()]


def test_the_callers_folder_says_who_else_came(with_bystander):
    [note] = with_bystander.caller.notes
    assert note.startswith("bystander came into the room and is not recorded, ")


@pytest.fixture(scope="module")
def server_killed(start_livekit_server, tmp_path_factory):
    """The server dies while the agent speaks; the caller does not wait long for it."""
    server = start_livekit_server()

    async def kill(session: Any) -> None:
        await asyncio.sleep(2.0)
        assert session.agent_state == "speaking"
        server.process.kill()
        await asyncio.sleep(0.5)
        await session.room_io.room.disconnect()  # or it tries for half a minute

    folder = tmp_path_factory.mktemp("killed")
    played = play_script(
        server, "killed", folder, LATER, meanwhile=kill, vad=silero.VAD.load(), **AT_ONCE
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livekit_barge.room.caller.LOST_AFTER_S", 1.0)
        return asyncio.run(played)


def test_when_the_server_dies_both_folders_open_and_say_so(server_killed):
    for call in (server_killed.caller, server_killed.agent):
        assert call.meta.duration_s is not None
        assert [note for note in call.notes if "the connection to the room was lost at" in note]


def test_what_was_heard_until_then_is_there(server_killed):
    assert [turn.speaker for turn in server_killed.heard.turns] == ["agent"]
    assert server_killed.heard.unplaced == LATER.caller


def test_several_callers_at_once_each_have_a_call_of_their_own(livekit_server, tmp_path):
    async def call_all() -> list[BothEnds]:
        vad = silero.VAD.load()
        calls = (
            play_script(livekit_server, f"one-of-{n}", tmp_path / str(n), SOON, vad=vad, **AT_ONCE)
            for n in range(3)
        )
        return await asyncio.gather(*calls)

    ends = asyncio.run(call_all())
    # What each agent makes of it is for the tests of one call: three at once, with their agents,
    # may be more than this machine hears in time.
    assert [end.heard.unplaced for end in ends] == [()] * 3
    assert [end.caller.meta.room for end in ends] == [f"one-of-{n}" for n in range(3)]


async def test_a_room_without_an_agent_is_one_line(livekit_server, tmp_path, monkeypatch):
    monkeypatch.setattr("livekit_barge.room.caller.ANSWER_WITHIN_S", 0.5)
    server = livekit_server
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room="empty")
    with pytest.raises(RoomError, match="no agent was heard"):
        await call_room(SOON, dial, calls_dir=tmp_path)
