"""A call's events as lanes and marks."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import (
    AgentState,
    Decision,
    OutputCleared,
    OutputPaused,
    OutputResumed,
    PlaybackProgressed,
    ProtectedEnded,
    ProtectedStarted,
    SegmentStarted,
    Transcript,
    UserState,
)
from livekit_barge.measure.turns import Turn
from livekit_barge.report.lanes import lanes, marks


def lane(events, name, turns=()):
    """What is on a lane: from, to, kind."""
    found = {each.name: each for each in lanes(events, turns, ended_s=10.0)}
    return [(s.begin_s, s.end_s, s.kind) for s in found[name].stretches] if name in found else None


class TestLanes:
    def test_a_state_lasts_until_the_next_and_the_last_until_the_end(self):
        events = [
            AgentState(at_s=1.0, old="listening", new="thinking"),
            AgentState(at_s=2.0, old="thinking", new="speaking"),
        ]
        assert lane(events, "agent state") == [(1.0, 2.0, "thinking"), (2.0, 10.0, "speaking")]

    def test_the_vad_s_lane_holds_speech_only(self):
        events = [
            UserState(at_s=1.0, old="listening", new="speaking"),
            UserState(at_s=2.0, old="speaking", new="listening"),
            UserState(at_s=9.0, old="listening", new="away"),
        ]
        assert lane(events, "VAD") == [(1.0, 2.0, "speech")]

    #   0   1   2   3   4
    #       |---played--|
    #               |paused| cleared
    @pytest.mark.parametrize("end", [OutputCleared, OutputResumed])
    def test_the_output_plays_and_is_paused_until_a_resume_or_a_clear(self, end):
        events = [
            SegmentStarted(at_s=1.0, segment_id=0, speech_id="s", pushed_offset_s=0.0),
            OutputPaused(at_s=3.0, speech_id="s", agent_state="speaking"),
            PlaybackProgressed(
                at_s=3.0, segment_id=0, started_at_s=1.0, offset_s=0.0, duration_s=2.0
            ),
            end(at_s=4.0, speech_id="s"),
        ]
        assert lane(events, "output") == [(1.0, 3.0, "playing"), (3.0, 4.0, "paused")]

    def test_two_protections_at_once_are_both_there(self):
        events = [
            ProtectedStarted(at_s=1.0, reason="uninterruptible", speech_id="s"),
            ProtectedStarted(at_s=1.5, reason="aec_warmup"),
            ProtectedEnded(at_s=2.0, reason="uninterruptible", speech_id="s"),
            ProtectedEnded(at_s=4.0, reason="aec_warmup"),
        ]
        assert lane(events, "protected") == [(1.0, 2.0, "protected"), (1.5, 4.0, "protected")]

    def test_an_empty_lane_is_left_out(self):
        turns = [Turn(speaker="caller", started_s=1.0, ended_s=2.0, words="hello")]
        assert lane([], "caller said", turns) == [(1.0, 2.0, "caller")]
        assert lane([], "VAD", turns) is None


class TestMarks:
    def test_a_decision_says_how_by_what_and_what_was_queued(self):
        made = Decision(at_s=1.0, speech_id="s", path="pause", cause="stt_final", queued_s=0.2)
        assert [(m.kind, m.label) for m in marks([made])] == [
            ("decision", "decision to pause, by stt final, 200 ms queued")
        ]

    def test_interim_transcripts_are_none(self):
        heard = [Transcript(at_s=1.0, text="a", is_final=False)]
        assert marks(heard) == ()
        assert (
            marks([Transcript(at_s=1.0, text=None, is_final=True)])[0].label == "final transcript"
        )
