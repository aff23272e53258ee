"""The caller's track: what is mixed in is sent, to the sample, and what was sent stays."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.stage.track import CallerTrack

RATE = 24_000
RAMP = np.arange(1, 2401, dtype=np.int16)


def test_a_clip_begins_at_its_sample_and_ends_with_its_last():
    track = CallerTrack(RATE)
    track.mix(RAMP, 1000)
    sent = track.send(5000)
    assert np.array_equal(np.flatnonzero(sent), np.arange(1000, 3400))
    assert np.array_equal(sent[1000:3400], RAMP)


def test_frames_one_after_the_other_are_the_track():
    track = CallerTrack(RATE)
    track.mix(RAMP, 1000)
    frames = [track.send(700) for _ in range(6)]
    assert np.array_equal(np.concatenate(frames)[1000:3400], RAMP)


def test_two_clips_add_up_where_they_overlap():
    track = CallerTrack(RATE)
    track.mix(np.full(100, 1000, np.int16), 0)
    track.mix(np.full(100, -300, np.int16), 50)
    assert track.send(150).tolist() == [1000] * 50 + [700] * 50 + [-300] * 50


@pytest.mark.parametrize(("value", "limit"), [(30_000, 32_767), (-30_000, -32_768)])
def test_a_sum_beyond_full_scale_is_clipped_not_wrapped(value, limit):
    track = CallerTrack(RATE)
    for _ in range(2):
        track.mix(np.full(10, value, np.int16), 0)
    assert track.send(10).tolist() == [limit] * 10


def test_a_third_clip_can_bring_a_clipped_sum_back():
    track = CallerTrack(RATE)
    for value in (30_000, 30_000, -20_000, -20_000):
        track.mix(np.full(10, value, np.int16), 0)
    assert track.send(10).tolist() == [20_000] * 10


def test_a_clip_may_begin_with_the_next_sample_to_be_sent():
    track = CallerTrack(RATE)
    track.send(1200)
    track.mix(RAMP, 1200)
    assert np.array_equal(track.send(2400), RAMP)


def test_a_clip_that_should_have_begun_already_is_refused_with_both_times():
    track = CallerTrack(RATE)
    track.send(36_000)
    with pytest.raises(ScriptError, match=r"begin at 1\.499 s, but the call is at 1\.500 s"):
        track.mix(RAMP, 35_987)


def test_a_refused_clip_leaves_no_trace():
    track = CallerTrack(RATE)
    track.send(1200)
    with pytest.raises(ScriptError):
        track.mix(RAMP, 1199)
    assert not track.send(2400).any()


def test_without_noise_there_is_silence():
    assert not CallerTrack(RATE).send(RATE).any()


def test_noise_has_the_level_asked_for():
    noise = CallerTrack(RATE, noise_dbfs=-40).send(10 * RATE).astype(float)
    assert 10 * np.log10(np.mean((noise / 32_768) ** 2)) == pytest.approx(-40, abs=0.05)


def test_noise_is_the_same_however_the_track_is_cut():
    whole = CallerTrack(RATE, noise_dbfs=-40, seed=3).send(3 * RATE)
    track = CallerTrack(RATE, noise_dbfs=-40, seed=3)
    assert np.array_equal(np.concatenate([track.send(900) for _ in range(80)]), whole)


def test_noise_differs_from_second_to_second():
    noise = CallerTrack(RATE, noise_dbfs=-40).send(2 * RATE)
    assert not np.array_equal(noise[:RATE], noise[RATE:])


def test_another_seed_is_another_noise():
    noises = [CallerTrack(RATE, noise_dbfs=-40, seed=seed).send(RATE) for seed in (0, 1)]
    assert not np.array_equal(*noises)


def test_a_clip_is_heard_over_the_noise_to_the_sample():
    bare = CallerTrack(RATE, noise_dbfs=-60).send(RATE)
    track = CallerTrack(RATE, noise_dbfs=-60)
    track.mix(RAMP, 1000)
    assert np.array_equal((track.send(RATE) - bare)[1000:3400], RAMP)
