"""Frames and events become samples in place, whatever their rate, width and order."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.events import (
    CallerAnchored,
    OptionsInForce,
    PlaybackProgressed,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.call.folder import Call
from livekit_barge.recording.call_writer import AgentFrame, Close
from tests.recording.conftest import spoken
from tests.recording.made import (
    META,
    RATE,
    MadeCall,
    SpokenLine,
    agent_frames,
    caller_frames,
    keep,
    open_book,
    told,
    track,
)

RAMP = (np.arange(RATE) % 9000).astype(np.int16)
"""A second of audio whose every sample tells where it belongs."""


@pytest.fixture
def kept(tmp_path):
    """Has a book keep items and opens what it kept; nothing may fail."""

    def run(items, meta=META):
        says = told()
        keep(open_book(tmp_path / "a-call", says, meta), items)
        assert says.failures == []
        return Call.open(tmp_path / "a-call")

    return run


def channel(call, number):
    blocks = [block[number] for block in call.blocks()]
    return np.rint(np.concatenate(blocks) * 32_768).astype(np.int16)


def sine(rate, begin_s, end_s):
    t = np.arange(round(begin_s * rate), round(end_s * rate)) / rate
    return np.rint(9000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


def segment(number, at_s, offset_s):
    return SegmentStarted(at_s=at_s, segment_id=number, speech_id="s", pushed_offset_s=offset_s)


def flushed(number, at_s, pushed_s):
    return SegmentFlushed(
        at_s=at_s, segment_id=number, speech_id="s", last_frame_at_s=at_s, pushed_s=pushed_s
    )


def played(number, at_s, started_at_s, duration_s):
    return PlaybackProgressed(
        at_s=at_s,
        segment_id=number,
        started_at_s=started_at_s,
        offset_s=0.0,
        duration_s=duration_s,
    )


class TestCaller:
    def test_frames_are_kept_to_the_sample_from_where_the_first_was_spoken(self, kept):
        call = kept([*caller_frames(RAMP, from_s=0.5), Close(1.5)])
        assert np.array_equal(channel(call, CALLER)[12_000:], RAMP)

    def test_the_first_anchor_is_among_the_events(self, kept):
        call = kept([*caller_frames(RAMP, from_s=0.5), Close(1.5)])
        assert call.events == (CallerAnchored(at_s=0.5, sample=0, reason="first"),)

    def test_a_call_shorter_than_it_takes_to_be_sure_has_its_anchor(self, kept):
        call = kept([*caller_frames(RAMP[:2400], from_s=0.5), Close(0.6)])
        assert np.array_equal(channel(call, CALLER)[12_000:], RAMP[:2400])

    def test_audio_after_a_gap_lies_where_it_was_spoken(self, kept):
        call = kept([*caller_frames(RAMP), *caller_frames(RAMP, from_s=3.0), Close(4.0)])
        caller = channel(call, CALLER)
        assert np.array_equal(caller[:RATE], RAMP)
        assert not caller[RATE : 3 * RATE].any()
        assert np.array_equal(caller[3 * RATE :], RAMP)

    def test_stereo_becomes_the_mean_of_both(self, kept):
        stereo = np.stack([RAMP, RAMP + 100], axis=1).astype(np.int16)
        call = kept([*caller_frames(stereo, channels=2), Close(1.0)])
        assert np.array_equal(channel(call, CALLER), RAMP + 50)

    def test_stereo_at_full_scale_does_not_wrap(self, kept):
        stereo = np.full((RATE, 2), 32_767, np.int16)
        call = kept([*caller_frames(stereo, channels=2), Close(1.0)])
        assert set(channel(call, CALLER).tolist()) == {32_767}

    def test_the_rate_of_the_first_frame_is_the_calls(self, kept):
        call = kept([*caller_frames(sine(16_000, 0, 1), rate=16_000), Close(1.0)])
        assert call.sample_rate == 16_000
        assert np.array_equal(channel(call, CALLER), sine(16_000, 0, 1))

    @pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
    def test_after_a_stretch_of_another_rate_audio_lies_where_it_was_spoken(self, kept, rate):
        call = kept(
            [
                *caller_frames(sine(RATE, 0, 1)),
                *caller_frames(sine(rate, 1, 2), rate=rate, from_s=1.0),
                *caller_frames(sine(RATE, 2, 3), from_s=2.0),
                Close(3.0),
            ]
        )
        caller = channel(call, CALLER)
        assert np.array_equal(caller[:RATE], sine(RATE, 0, 1))
        assert np.array_equal(caller[-RATE:], sine(RATE, 2, 3))
        assert len(caller) == 3 * RATE

    def test_a_change_of_width_loses_no_sample(self, kept):
        stereo = np.stack([RAMP, RAMP], axis=1)
        call = kept(
            [*caller_frames(RAMP), *caller_frames(stereo, channels=2, from_s=1.0), Close(2.0)]
        )
        assert np.array_equal(channel(call, CALLER), np.concatenate([RAMP, RAMP]))


class TestAgent:
    def test_what_played_lies_where_it_played(self, kept):
        call = kept(
            [
                segment(0, 0.5, 0.0),
                *agent_frames(RAMP),
                flushed(0, 0.5, 1.0),
                played(0, 1.5, 0.5, 1.0),
                Close(2.0),
            ]
        )
        agent = channel(call, AGENT)
        assert np.array_equal(agent[12_000:36_000], RAMP)
        assert np.count_nonzero(agent) == np.count_nonzero(RAMP)

    @pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
    def test_a_segment_of_another_rate_leaves_the_next_in_its_place(self, kept, rate):
        call = kept(
            [
                segment(0, 0.0, 0.0),
                *agent_frames(sine(RATE, 0, 1)),
                flushed(0, 0.0, 1.0),
                played(0, 1.0, 0.0, 1.0),
                segment(1, 1.0, 1.0),
                *agent_frames(sine(rate, 1, 2), rate=rate),
                flushed(1, 1.0, 1.0),
                played(1, 2.0, 1.0, 1.0),
                segment(2, 2.0, 2.0),
                *agent_frames(sine(RATE, 2, 3)),
                flushed(2, 2.0, 1.0),
                played(2, 3.0, 2.0, 1.0),
                Close(3.0),
            ]
        )
        agent = channel(call, AGENT)
        assert np.array_equal(agent[:RATE], sine(RATE, 0, 1))
        assert np.array_equal(agent[-RATE:], sine(RATE, 2, 3))
        middle = slice(RATE + 1000, 2 * RATE - 1000)
        whole = sine(RATE, 0, 3)
        assert np.abs(agent[middle].astype(int) - whole[middle]).max() < 10

    def test_stereo_becomes_the_mean_of_both(self, kept):
        stereo = np.stack([RAMP, RAMP + 100], axis=1).astype(np.int16)
        call = kept(
            [
                segment(0, 0.0, 0.0),
                *agent_frames(stereo, channels=2),
                flushed(0, 0.0, 1.0),
                played(0, 1.0, 0.0, 1.0),
                Close(1.0),
            ]
        )
        assert np.array_equal(channel(call, AGENT), RAMP + 50)

    def test_a_last_segment_of_another_rate_is_kept_to_its_end(self, kept):
        call = kept(
            [
                segment(0, 0.0, 0.0),
                *agent_frames(sine(RATE, 0, 1)),
                flushed(0, 0.0, 1.0),
                segment(1, 0.0, 1.0),
                *agent_frames(sine(48_000, 1, 2), rate=48_000),
                flushed(1, 0.0, 1.0),
                Close(2.0),
            ]
        )
        pushed = soundfile.read(call.path / "pushed.flac", dtype="int16")[0]
        assert len(pushed) == 2 * RATE
        assert np.abs(pushed[-100:]).max() > 5000

    def test_segments_of_odd_lengths_do_not_drift(self, kept):
        # 40 × 1001 samples at 44.1 kHz: 544.76 each at 24 kHz, by themselves 545
        begins_s = [0.1 + n * 1001 / 44_100 for n in range(41)]
        short = [
            item
            for n, begin_s in enumerate(begins_s[:-1])
            for item in (
                segment(n + 1, 0.0, begin_s),
                AgentFrame(RAMP[:1001].tobytes(), 44_100, 1),
                flushed(n + 1, 0.0, 1001 / 44_100),
            )
        ]
        call = kept(
            [
                segment(0, 0.0, 0.0),
                *agent_frames(RAMP[:2400]),
                flushed(0, 0.0, 0.1),
                *short,
                segment(41, 0.0, begins_s[-1]),
                *agent_frames(RAMP),
                flushed(41, 0.0, 1.0),
                Close(3.0),
            ]
        )
        pushed = soundfile.read(call.path / "pushed.flac", dtype="int16")[0]
        assert np.array_equal(pushed[round(begins_s[-1] * RATE) :], RAMP)

    def test_a_segment_is_as_long_as_it_says_though_frames_of_it_are_missing(self, kept):
        call = kept(
            [
                segment(0, 0.0, 0.0),
                *agent_frames(RAMP[:12_000]),
                flushed(0, 0.0, 1.0),
                segment(1, 0.0, 1.0),
                *agent_frames(RAMP),
                flushed(1, 0.0, 1.0),
                Close(2.0),
            ]
        )
        pushed = soundfile.read(call.path / "pushed.flac", dtype="int16")[0]
        assert np.array_equal(pushed[RATE:], RAMP)

    def test_what_was_pushed_is_kept_though_it_never_played(self, kept):
        call = kept([segment(0, 0.0, 0.0), *agent_frames(RAMP), flushed(0, 0.0, 1.0), Close(1.0)])
        assert not channel(call, AGENT).any()
        assert np.array_equal(soundfile.read(call.path / "pushed.flac", dtype="int16")[0], RAMP)

    def test_a_flush_before_any_frame_is_no_trouble(self, kept):
        assert kept([segment(0, 0.0, 0.0), flushed(0, 0.0, 0.0), Close(1.0)]).duration_s == 1.0


class TestCall:
    def test_events_are_kept_in_the_order_in_which_they_came(self, kept):
        events = [segment(0, 0.0, 0.0), flushed(0, 0.2, 0.0)]
        assert list(kept([*events, Close(1.0)]).events) == events

    def test_the_options_last_in_force_stand_in_the_description(self, kept):
        call = kept(
            [
                OptionsInForce(at_s=0.0, options={"min_interruption_duration": 0.5}),
                OptionsInForce(at_s=1.0, options={"min_interruption_duration": 0.3}),
                Close(2.0),
            ]
        )
        assert call.meta.options == {"min_interruption_duration": 0.3}

    def test_frames_that_came_before_they_can_have_been_spoken_are_the_uncertainty(self, kept):
        early = caller_frames(RAMP, from_s=0.97)
        call = kept([*caller_frames(RAMP), *early, Close(2.0)])
        assert call.meta.alignment_uncertainty_s == pytest.approx(0.03)

    def test_without_audio_the_turns_are_measured_all_the_same(self, tmp_path):
        caller = track(6.0, [(1.0, spoken("Wait a moment."))])
        says = told()
        meta = dataclasses.replace(META, audio_recorded=False)
        keep(open_book(tmp_path / "a-call", says, meta), MadeCall(caller).items())
        assert [turn.speaker for turn in says.turns] == ["caller"]
        assert not list(tmp_path.glob("a-call/*.flac"))

    def test_a_turn_stands_in_the_folder_as_soon_as_it_is_told(self, tmp_path):
        caller = track(20.0, [(1.0, spoken("Wait a moment."))])
        says = told()
        book = open_book(tmp_path / "a-call", says)
        for frame in caller_frames(caller):
            book.take(frame)
            book.advance()
        assert len(says.turns) == 1
        assert len((tmp_path / "a-call" / "turns.jsonl").read_text().splitlines()) == 1
        book.release()

    def test_a_disk_that_fails_costs_no_turn(self, tmp_path):
        (tmp_path / "calls").write_text("a file, where the calls should be")
        agent = spoken("Of course, I can help you with that today.")
        call = MadeCall(track(8.0, [(4.5, spoken("Wait a moment."))]), [SpokenLine(1.0, agent)])
        says = told()
        keep(open_book(tmp_path / "calls" / "a-call", says), call.items())
        assert [turn.speaker for turn in says.turns] == ["agent", "caller"]
        assert len(says.failures) == 1

    def test_a_frame_that_is_no_whole_number_of_samples_is_a_fault_of_ours(self, tmp_path):
        book = open_book(tmp_path / "a-call", told())
        with pytest.raises(ValueError, match="multiple of element size"):
            book.take(AgentFrame(b"\x00", RATE, 1))
        book.release()
