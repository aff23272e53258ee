"""A Pipecat bot whose voice stalls is named; a caller who speaks in the hole overlaps nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pipecat.frames.frames import Frame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import diagnose
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.script.pipecat_call import Bot, play_pipecat_call
from livekit_barge.script.script import Script

BEFORE_S, HOLE_S = 2.0, 8.0


class Stalling(FrameProcessor):
    """Hands the voice on for a while, then nothing for long, then the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._spoken_s = 0.0
        self._stalled = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self._spoken_s += len(frame.audio) / 2 / frame.sample_rate
            if self._spoken_s > BEFORE_S and not self._stalled:
                self._stalled = True
                await asyncio.sleep(HOLE_S)
        await self.push_frame(frame, direction)


@pytest.fixture(
    scope="module", params=[(), ("Is anybody there?",)], ids=["a silent caller", "a caller asks"]
)
def call(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Call:
    caller = [{"say": said, "at": "7 s after the call starts"} for said in request.param]
    agent = [
        "We have found your booking. It is for two nights in a quiet room on the garden side, and "
        "breakfast is served until eleven.",
        "Yes, I am still with you.",
    ]
    calls_dir = Path(tmp_path_factory.mktemp("stalls"))
    play_pipecat_call(
        Script.parse({"agent": agent, "caller": caller}, name="stall"),
        calls_dir=calls_dir,
        call_id="stall",
        bot=Bot(before_output=lambda: [Stalling()]),
    )
    return Call.open(calls_dir / "stall")


def test_the_stall_is_named_and_laid_at_the_voices_door(call: Call) -> None:
    found = diagnose(call, measure_call(call))
    assert [(finding.code, finding.layer) for finding in found] == [("speaking-silent", "voice")]


def test_nobody_speaks_over_a_hole(call: Call) -> None:
    assert [turn.overlaps for turn in measure_call(call) if turn.overlaps] == []
