"""A speech that Pipecat may not interrupt: kept, but for what lay behind the transport."""

from __future__ import annotations

import pytest
from pipecat.frames.frames import Frame, TTSStartedFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from livekit_barge.call.events import (
    PlaybackFinished,
    PlaybackProgressed,
    SegmentFlushed,
    SpeechDone,
)
from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import diagnose
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.script.pipecat_call import Bot, play_pipecat_call
from livekit_barge.script.script import Script
from livekit_barge.stage.pipecat.transports import LineParams

QUEUE_S = 0.4


class ProtectsTheFirst(FrameProcessor):
    """As a ``TTSSpeakFrame`` with ``interruptible = False`` does with its own audio."""

    def __init__(self) -> None:
        super().__init__()
        self._context_id: str | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSStartedFrame) and self._context_id is None:
            self._context_id = frame.context_id
        if self._context_id is not None:
            frame.interruptible = getattr(frame, "context_id", None) != self._context_id
        await self.push_frame(frame, direction)


@pytest.fixture(scope="module")
def call(barge_in: Script, tmp_path_factory: pytest.TempPathFactory) -> Call:
    calls_dir = tmp_path_factory.mktemp("uninterruptible")
    bot = Bot(before_output=lambda: [ProtectsTheFirst()])
    line = LineParams(queue_s=QUEUE_S)
    play_pipecat_call(barge_in, calls_dir=calls_dir, call_id="kept", bot=bot, line=line)
    return Call.open(calls_dir / "kept")


def test_it_is_protected_and_no_decision_is_laid_to_it(call: Call) -> None:
    (overlap,) = measure_call(call)[0].overlaps
    assert overlap.decisions == ()
    assert overlap.protected == ("uninterruptible",)


def test_it_is_done_and_was_not_interrupted(call: Call) -> None:
    done = next(event for event in call.events if isinstance(event, SpeechDone))
    finished = next(event for event in call.events if isinstance(event, PlaybackFinished))
    assert not done.interrupted
    assert not finished.interrupted


def test_what_lay_behind_the_transport_is_known_to_be_lost(call: Call) -> None:
    one, other = (e for e in call.events if isinstance(e, PlaybackProgressed) and e.segment_id == 0)
    pushed_s = next(e.pushed_s for e in call.events if isinstance(e, SegmentFlushed))
    assert other.offset_s - (one.offset_s + one.duration_s) == pytest.approx(QUEUE_S, abs=0.05)
    assert other.offset_s + other.duration_s == pytest.approx(pushed_s, abs=0.001)


def test_the_diagnosis_calls_it_a_protected_line(call: Call) -> None:
    assert [f.code for f in diagnose(call, measure_call(call))] == ["protected-talked-over"]
