"""The place of audio on the timeline, from the output's events and the arrivals."""

import pytest

from livekit_barge.call.events import (
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.call.placement import AgentTimeline, CallerTimeline, Placement, place_agent

RATE = 24_000
FRAME_S = 0.05
FRAME = 1200


def started(at_s, segment_id=0, offset_s=0.0):
    return SegmentStarted(at_s=at_s, segment_id=segment_id, speech_id="s", pushed_offset_s=offset_s)


def progressed(at_s, started_at_s, offset_s, duration_s, segment_id=0):
    return PlaybackProgressed(
        at_s=at_s,
        segment_id=segment_id,
        started_at_s=started_at_s,
        offset_s=offset_s,
        duration_s=duration_s,
    )


def finished(at_s, position_s, segment_id=0, interrupted=False):
    return PlaybackFinished(
        at_s=at_s, segment_id=segment_id, position_s=position_s, interrupted=interrupted
    )


def paused(at_s):
    return OutputPaused(at_s=at_s, speech_id="s", agent_state="speaking")


def resumed(at_s):
    return OutputResumed(at_s=at_s, speech_id="s")


class TestAgent:
    def test_what_the_sink_reports_is_placed_as_reported(self):
        # pushed  0 ......... 2.0
        # played  |--0.5--|   |--1.3--|     0.2 s of queue dropped at the pause
        events = [
            started(1.0),
            progressed(1.6, 1.1, 0.0, 0.5),
            progressed(4.0, 2.7, 0.7, 1.3),
            finished(4.0, 1.8),
        ]
        assert place_agent(events, ended_s=5.0) == [
            Placement(1.1, 0.0, 0.5, 0),
            Placement(2.7, 0.7, 1.3, 0),
        ]

    def test_a_later_segment_begins_where_the_pushed_audio_of_the_first_ended(self):
        events = [
            started(1.0),
            progressed(2.0, 1.0, 0.0, 1.0),
            finished(2.0, 1.0),
            started(3.0, segment_id=1, offset_s=4.0),
            progressed(3.5, 3.0, 0.0, 0.5, segment_id=1),
        ]
        assert place_agent(events, ended_s=4.0)[-1] == Placement(3.0, 4.0, 0.5, 1)

    def test_a_sink_that_reports_no_stretches_is_described_by_its_ends(self):
        events = [
            started(1.0),
            PlaybackStarted(at_s=1.2, segment_id=0, livekit_at_s=1.15),
            finished(3.2, 2.0),
        ]
        assert place_agent(events, ended_s=4.0) == [Placement(1.15, 0.0, 2.0, 0, estimated=True)]

    def test_a_pause_splits_what_is_reckoned_from_the_ends(self):
        # played  1.0 |--0.5--| paused 1.5–2.5 |--1.0--| 3.5
        events = [
            started(1.0),
            PlaybackStarted(at_s=1.0, segment_id=0),
            paused(1.5),
            resumed(2.5),
            finished(3.5, 1.5),
        ]
        assert place_agent(events, ended_s=4.0) == [
            Placement(1.0, 0.0, 0.5, 0, estimated=True),
            Placement(2.5, 0.5, 1.0, 0, estimated=True),
        ]

    def test_a_cut_while_paused_plays_nothing_after_the_pause(self):
        events = [
            started(1.0),
            PlaybackStarted(at_s=1.0, segment_id=0),
            paused(1.5),
            finished(2.5, 0.5, interrupted=True),
        ]
        assert place_agent(events, ended_s=4.0) == [Placement(1.0, 0.0, 0.5, 0, estimated=True)]

    def test_a_call_that_broke_off_played_no_more_than_was_pushed(self):
        events = [
            started(1.0),
            PlaybackStarted(at_s=1.0, segment_id=0),
            SegmentFlushed(
                at_s=1.1, segment_id=0, speech_id="s", last_frame_at_s=1.1, pushed_s=0.7
            ),
        ]
        assert place_agent(events, ended_s=9.0) == [Placement(1.0, 0.0, 0.7, 0, estimated=True)]

    def test_a_segment_in_flight_keeps_the_timeline_unsettled_from_its_first_frame_on(self):
        timeline = AgentTimeline()
        timeline.feed(started(1.0))
        assert timeline.settled_s(3.0) == 1.0
        timeline.feed(progressed(2.5, 1.1, 0.0, 1.4))
        assert timeline.settled_s(3.0) == 2.5
        timeline.feed(finished(2.5, 1.4))
        assert timeline.settled_s(3.0) == 3.0


class TestCaller:
    def feed(self, arrivals):
        timeline = CallerTimeline(RATE)
        anchors = [anchor for at_s in arrivals for anchor in timeline.feed(at_s, FRAME)]
        return timeline, anchors + timeline.close()

    def steady(self, first_s, frames):
        return [first_s + n * FRAME_S for n in range(frames)]

    def test_the_first_sample_lies_a_frame_before_its_arrival(self):
        _, anchors = self.feed(self.steady(0.30, 20))
        assert [(anchor.at_s, anchor.sample) for anchor in anchors] == [(0.25, 0)]

    def test_jitter_moves_nothing(self):
        late = [0.0, 0.03, 0.01, 0.02, 0.0, 0.09, 0.04, 0.0, 0.02, 0.01, 0.0, 0.08]
        arrivals = [at_s + extra for at_s, extra in zip(self.steady(1.0, 12), late, strict=True)]
        _, anchors = self.feed(arrivals)
        assert [anchor.at_s for anchor in anchors] == [0.95]

    def test_a_first_frame_that_came_late_is_dated_by_those_after_it(self):
        _, anchors = self.feed([1.04, *self.steady(1.05, 12)])
        assert [anchor.at_s for anchor in anchors] == [0.95]

    def test_a_stalled_loop_is_no_gap(self):
        before, after = self.steady(1.0, 20), self.steady(2.0, 40)
        stalled = [max(at_s, 2.8) for at_s in after]
        _, anchors = self.feed(before + stalled)
        assert [anchor.reason for anchor in anchors] == ["first"]

    def test_missing_audio_is_a_gap_where_it_began(self):
        before, after = self.steady(1.0, 20), self.steady(3.5, 20)
        timeline, anchors = self.feed(before + after)
        assert [(anchor.at_s, anchor.sample, anchor.reason) for anchor in anchors] == [
            (0.95, 0, "first"),
            (3.45, 20 * FRAME, "gap"),
        ]
        assert timeline.settled_samples == 40 * FRAME

    def test_frames_that_come_before_they_can_have_been_spoken_show_as_uncertainty(self):
        timeline, _ = self.feed([*self.steady(1.0, 10), *self.steady(1.46, 10)])
        assert timeline.early_s == pytest.approx(0.04)

    def test_silence_made_up_ahead_of_time_is_no_uncertainty(self):
        # LiveKit hands over half a second of it at once when the caller's track ends.
        timeline, _ = self.feed(self.steady(1.0, 10))
        timeline.feed(1.46, 10 * FRAME)
        assert timeline.early_s == pytest.approx(0.0)

    def test_a_finer_ear_takes_less_lateness_for_a_gap(self):
        before, after = self.steady(1.0, 20), self.steady(2.03, 20)
        timeline = CallerTimeline(RATE, gap_late_s=0.02)
        anchors = [anchor for at_s in before + after for anchor in timeline.feed(at_s, FRAME)]
        assert [(anchor.at_s, anchor.reason) for anchor in anchors] == [
            (0.95, "first"),
            (1.98, "gap"),
        ]
