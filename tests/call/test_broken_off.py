"""A call that breaks off in the middle of a segment: its audio is placed around the pauses."""

from __future__ import annotations

from livekit_barge.call.events import (
    OutputPaused,
    OutputResumed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.call.placement import Placement, place_agent

BEGINS = [
    SegmentStarted(at_s=1.0, segment_id=0, speech_id="s", pushed_offset_s=0.0),
    PlaybackStarted(at_s=1.0, segment_id=0),
]
PAUSED = OutputPaused(at_s=1.5, speech_id="s", agent_state="speaking")
RESUMED = OutputResumed(at_s=2.5, speech_id="s")
FLUSHED = SegmentFlushed(at_s=2.6, segment_id=0, speech_id="s", last_frame_at_s=2.6, pushed_s=9.0)


def test_a_pause_before_the_break_is_not_counted_as_played():
    # 1.0 |-- 0.5 --| paused 1.5–2.5 |-- 0.75 --| 3.25, the call breaks off
    assert place_agent([*BEGINS, PAUSED, RESUMED], ended_s=3.25) == [
        Placement(1.0, 0.0, 0.5, 0, estimated=True),
        Placement(2.5, 0.5, 0.75, 0, estimated=True),
    ]


def test_a_call_that_breaks_off_in_a_pause_played_up_to_the_pause():
    # 1.0 |-- 0.5 --| paused from 1.5, the call breaks off at 3.25
    assert place_agent([*BEGINS, PAUSED], ended_s=3.25) == [
        Placement(1.0, 0.0, 0.5, 0, estimated=True)
    ]


def test_audio_that_was_pushed_and_cannot_have_played_yet_is_not_placed():
    assert place_agent([*BEGINS, PAUSED, RESUMED, FLUSHED], ended_s=3.25) == [
        Placement(1.0, 0.0, 0.5, 0, estimated=True),
        Placement(2.5, 0.5, 0.75, 0, estimated=True),
    ]
