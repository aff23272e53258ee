"""The room's caller without a room: an agent that a stand-in lets come, speak and leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from livekit_barge.call.folder import Call
from livekit_barge.errors import RoomError
from livekit_barge.room import caller
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.script.script import Script, caller_line
from livekit_barge.stage.voices import SAMPLE_RATE

LINE = caller_line("Wait!", "after the agent has spoken 9 s", "yield")
SCRIPT = Script(name="short", agent=(), caller=(LINE,))
AGENT = SimpleNamespace(identity="agent", kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
TRACK = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO)
FRAME = SAMPLE_RATE // 50
LOUD = np.full(FRAME, 8_000, np.int16).tobytes()


class Room:
    """In which, with ``has_agent``, one speaks for a fifth of a second, and leaves."""

    has_agent = True

    def __init__(self) -> None:
        self._told: dict[str, Callable[..., None]] = {}
        self.local_participant = self

    def on(self, event: str, tell: Callable[..., None]) -> None:
        self._told[event] = tell

    def off(self, event: str, _: Callable[..., None]) -> None:
        del self._told[event]

    async def connect(self, *_: Any) -> None: ...

    async def disconnect(self) -> None: ...

    async def publish_track(self, *_: Any) -> None:
        if self.has_agent:
            self._told["track_subscribed"](TRACK, None, AGENT)

    def from_track(self, **_: Any) -> Room:
        return self

    async def __aiter__(self) -> AsyncIterator[Any]:
        for _ in range(10):
            yield SimpleNamespace(frame=rtc.AudioFrame(LOUD, SAMPLE_RATE, 1, FRAME))
            await asyncio.sleep(0.02)

    async def aclose(self) -> None:
        """The stream has ended, and only then is it told that the agent left."""
        asyncio.get_running_loop().call_soon(self._told["participant_disconnected"], AGENT)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()

    async def no_paths(_: object) -> dict[str, str]:
        return {}

    monkeypatch.setattr(caller.rtc, "Room", lambda: room)
    monkeypatch.setattr(caller.rtc, "AudioStream", room)
    monkeypatch.setattr(caller, "media_paths", no_paths)
    monkeypatch.setattr(caller, "LONGEST_S", 3.0)
    return room


def dial(room: str) -> Dial:
    return Dial(url="ws://nowhere", api_key="key", api_secret="secret" * 6, room=room)


@pytest.mark.usefixtures("room")
async def test_an_agent_that_leaves_ends_the_call_though_its_audio_has_ended_before(tmp_path):
    played = await call_room(SCRIPT, dial("lobby"), calls_dir=tmp_path)
    (note,) = Call.open(played.call_dir).notes
    assert note.startswith("the agent left, ")


async def test_a_room_s_name_with_a_slash_is_one_folder_and_a_second_call_has_a_number(
    room, tmp_path, monkeypatch
):
    room.has_agent = False
    monkeypatch.setattr(caller, "ANSWER_WITHIN_S", 0.1)
    for _ in range(2):
        with pytest.raises(RoomError, match="no agent was heard"):
            await call_room(SCRIPT, dial("a/b"), calls_dir=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_b", "a_b-2"]
