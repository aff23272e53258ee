"""A Pipecat bot in a real room, called by the caller that calls LiveKit's agents."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("loguru", reason="Pipecat is not installed")

from benchmarks.room import barge_in_script
from livekit_barge.call.folder import Call
from livekit_barge.measure.join import join
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.room.processes import child
from livekit_barge.room.server import LivekitServer
from livekit_barge.room.worker import agents_folder

REPO = Path(__file__).parents[2]


async def test_a_pipecat_bot_yields_in_a_room_and_both_ends_are_joined(
    livekit_server: LivekitServer, tmp_path: Path
) -> None:
    room = "pipecat"
    environment = os.environ | livekit_server.environment()
    environment |= {"BARGE_CALLS_DIR": str(tmp_path), "PYTHONPATH": str(REPO)}
    dial = Dial(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        room=room,
    )
    command = [sys.executable, "-m", "benchmarks.pipecat_agent", room]
    with child(command, log=tmp_path / "bot.log", env=environment):
        played = await call_room(barge_in_script(1), dial, calls_dir=tmp_path, call_id="caller")
        agent = Call.open(agents_folder(tmp_path, room))
    assert agent.meta.source == "pipecat"
    assert [overlap.yielded for overlap in played.overlaps] == [True]
    assert played.call_dir is not None
    (both,) = join(Call.open(played.call_dir), agent, played.turns, measure_call(agent)).overlaps
    assert both.agent is not None
    assert both.agent.cause == "vad"
    assert both.detection_s is not None
    assert both.stopping_s is not None
