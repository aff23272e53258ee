"""Symptoms 3, 4 and 5 by their stamps: what reached the output, its last frame, what was left.

A made call without audio: the agent begins at 1.0 s, the caller comes in at 3.0, decided at 3.5.
"""

import pytest

from livekit_barge.call.events import (
    Decision,
    OutputCleared,
    OutputPaused,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.diagnosis import diagnose
from livekit_barge.measure.overlap import DecisionMade, Overlap
from livekit_barge.measure.turns import Turn

BEGUN_S, ONSET_S, DECISION_S = 1.0, 3.0, 3.5

PAUSED = OutputPaused(at_s=DECISION_S, speech_id="s", agent_state="speaking")


def codes(
    tmp_path, *, silent_s, pushed_s=9.0, last_frame_s=2.0, orders=(PAUSED,), path="pause", later=()
):
    """The codes of a call with one overlap, of which the audio was switched off."""
    events = [
        SegmentStarted(at_s=BEGUN_S, segment_id=0, speech_id="s", pushed_offset_s=0.0),
        SegmentFlushed(
            at_s=last_frame_s,
            segment_id=0,
            speech_id="s",
            last_frame_at_s=last_frame_s,
            pushed_s=pushed_s,
        ),
        Decision(at_s=DECISION_S, speech_id="s", path=path, cause="vad", queued_s=1.0),
        *orders,
        *later,
    ]
    meta = CallMeta(
        call_id="made",
        source="stage",
        capture_point="agent",
        started_wall_s=0.0,
        started_now_s=0.0,
        audio_recorded=False,
        duration_s=20.0,
    )
    overlap = Overlap(
        onset_s=ONSET_S,
        decision_s=DECISION_S,
        caller_end_s=5.0,
        silent_s=silent_s,
        cancellation_s=silent_s - DECISION_S,
        time_to_yield_s=silent_s - ONSET_S,
        talk_over_s=1.0,
        cause="vad",
        outcome="yielded",
        decisions=(DecisionMade(at_s=DECISION_S, path=path, cause="vad", queued_s=1.0),),
    )
    turn = Turn(
        speaker="agent", started_s=BEGUN_S, ended_s=silent_s, speech_id="s", overlaps=(overlap,)
    )
    reply = Turn(speaker="agent", started_s=silent_s + 2, ended_s=silent_s + 3, speech_id="t")
    call = Call(tmp_path, meta, tuple(sorted(events, key=lambda event: event.at_s)), ())
    return [finding.code for finding in diagnose(call, [turn, reply])]


def test_an_output_that_stops_at_the_order_is_none_of_them(tmp_path):
    assert codes(tmp_path, silent_s=3.6) == []


def test_a_tail_that_livekits_own_queue_explains_is_none_of_them(tmp_path):
    assert codes(tmp_path, silent_s=3.75) == []


def test_silent_late_with_more_to_play_is_a_buffer(tmp_path):
    assert codes(tmp_path, silent_s=4.2) == ["buffered-ahead"]


def test_all_that_was_queued_played_out_is_a_queue(tmp_path):
    # 3.0 s pushed from 1.0 s on are over at 4.0 s.
    assert codes(tmp_path, silent_s=4.0, pushed_s=3.0) == ["queue-plays-out"]


def test_frames_that_come_on_and_are_played_are_a_lost_cancel(tmp_path):
    found = codes(tmp_path, silent_s=6.0, pushed_s=5.0, last_frame_s=5.5)
    assert found == ["cancel-lost"]


@pytest.mark.parametrize("silent_s", [4.2, 6.0])
def test_no_order_at_the_output_is_a_lost_cancel_however_long_the_tail(tmp_path, silent_s):
    assert codes(tmp_path, silent_s=silent_s, orders=(), path="interrupt") == ["cancel-lost"]


def test_an_order_that_comes_late_is_no_order_of_the_decision(tmp_path):
    late = OutputCleared(at_s=DECISION_S + 0.6, speech_id="s")
    assert codes(tmp_path, silent_s=4.15, orders=(late,), path="interrupt") == ["cancel-lost"]


def test_frames_that_an_obeying_output_holds_back_are_no_sign(tmp_path):
    # On the pause path the TTS goes on into an output that plays none of it.
    assert codes(tmp_path, silent_s=3.6, last_frame_s=6.0) == []


def test_a_pause_without_effect_and_a_clear_that_works_are_a_lost_cancel(tmp_path):
    cleared = OutputCleared(at_s=5.5, speech_id="s")
    found = codes(tmp_path, silent_s=5.55, last_frame_s=5.4, later=(cleared,))
    assert found == ["cancel-lost"]


def test_frames_that_come_after_a_clear_and_are_played_are_a_lost_cancel(tmp_path):
    cleared = OutputCleared(at_s=DECISION_S, speech_id="s")
    anew = SegmentStarted(at_s=3.8, segment_id=1, speech_id="s", pushed_offset_s=9.0)
    ended = SegmentFlushed(at_s=3.9, segment_id=1, speech_id="s", last_frame_at_s=3.8, pushed_s=1.0)
    found = codes(tmp_path, silent_s=4.8, orders=(cleared,), path="interrupt", later=(anew, ended))
    assert found == ["cancel-lost"]
