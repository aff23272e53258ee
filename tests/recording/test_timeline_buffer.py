"""One channel as it becomes known, and audio brought to one rate without losing its place."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.recording.timeline_buffer import TimelineBuffer, ToRate

RAMP = np.arange(1, 101, dtype=np.int16)


def sine(rate, begin_s, end_s):
    t = np.arange(round(begin_s * rate), round(end_s * rate)) / rate
    return np.rint(9000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


class TestTrack:
    def test_a_stretch_plays_at_its_place_and_silence_elsewhere(self):
        track = TimelineBuffer()
        track.place(10, RAMP)
        assert track.advance(120).tolist() == [*[0] * 10, *RAMP.tolist(), *[0] * 10]

    @pytest.mark.parametrize("step", [1, 7, 33, 120])
    def test_it_is_the_same_in_steps_of_any_length(self, step):
        track = TimelineBuffer()
        track.place(10, RAMP)
        steps = [track.advance(min(until, 120)) for until in range(step, 120 + step, step)]
        assert np.concatenate(steps).tolist() == [*[0] * 10, *RAMP.tolist(), *[0] * 10]

    def test_what_is_past_is_left_out(self):
        track = TimelineBuffer()
        track.advance(50)
        track.place(0, RAMP)
        assert track.advance(120).tolist() == [*RAMP[50:].tolist(), *[0] * 20]

    def test_a_stretch_that_is_wholly_past_is_left_out(self):
        track = TimelineBuffer()
        track.advance(200)
        track.place(0, RAMP)
        assert not track.advance(400).any()

    def test_sound_from_before_the_start_is_left_out(self):
        track = TimelineBuffer()
        track.place(-30, RAMP)
        assert track.advance(80).tolist() == [*RAMP[30:].tolist(), *[0] * 10]

    def test_going_back_gives_nothing(self):
        track = TimelineBuffer()
        track.place(0, RAMP)
        track.advance(50)
        assert len(track.advance(50)) == len(track.advance(20)) == 0

    def test_stretches_may_be_placed_in_any_order(self):
        track = TimelineBuffer()
        track.place(60, RAMP[60:])
        track.place(0, RAMP[:60])
        assert np.array_equal(track.advance(100), RAMP)

    def test_what_has_been_given_is_forgotten(self):
        track = TimelineBuffer()
        track.place(0, RAMP)
        track.advance(100)
        assert not track._waiting


class TestToRate:
    def test_the_first_frame_sets_the_rate_and_passes_untouched(self):
        to_rate = ToRate()
        assert to_rate(RAMP, 16_000).tolist() == RAMP.tolist()
        assert to_rate.rate == 16_000

    @pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
    def test_a_stretch_of_another_rate_neither_loses_nor_gains_time(self, rate):
        # 24 kHz for 1 s, another rate for 1 s, 24 kHz for 1 s: frames of 50 ms
        to_rate = ToRate()
        rates = [24_000] * 20 + [rate] * 20 + [24_000] * 20
        frames = [to_rate(sine(rate, n / 20, (n + 1) / 20), rate) for n, rate in enumerate(rates)]
        got = np.concatenate(frames)
        assert abs(len(got) - 72_000) <= 1
        assert np.array_equal(got[:24_000], sine(24_000, 0, 1))
        assert np.array_equal(got[-24_000:], sine(24_000, 2, 3))

    def test_a_stretch_of_another_rate_sounds_the_same(self):
        to_rate = ToRate()
        to_rate(sine(24_000, 0, 0.5), 24_000)
        got = np.concatenate([to_rate(sine(48_000, 0.5, 1.5), 48_000), to_rate.end()])
        middle = slice(1000, -1000)  # the ends ring: nothing comes before and after
        error = got[middle].astype(int) - sine(24_000, 0.5, 1.5)[middle]
        assert np.abs(error).max() <= 2

    def test_two_other_rates_in_a_row_follow_each_other_without_loss(self):
        to_rate = ToRate()
        to_rate(sine(24_000, 0, 1), 24_000)
        got = [
            to_rate(sine(48_000, 1, 2), 48_000),
            to_rate(sine(16_000, 2, 3), 16_000),
            to_rate.end(),
        ]
        assert sum(map(len, got)) == 48_000

    def test_the_end_of_a_conversion_is_given_once(self):
        to_rate = ToRate()
        to_rate(sine(24_000, 0, 1), 24_000)
        to_rate(sine(48_000, 1, 2), 48_000)
        assert len(to_rate.end()) > 0
        assert len(to_rate.end()) == 0

    def test_without_a_conversion_nothing_is_held_back(self):
        to_rate = ToRate()
        to_rate(RAMP, 24_000)
        assert len(to_rate.end()) == 0

    def test_before_the_first_frame_there_is_nothing_to_end(self):
        assert len(ToRate().end()) == 0
