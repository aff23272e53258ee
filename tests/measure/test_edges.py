"""Change points and runs, on values whose answer is known."""

import numpy as np
import pytest

from livekit_barge.measure.edges import Stretch, bridged, change_point, onset_sample, runs
from livekit_barge.measure.levels import Background


def stretch(*levels_db: float, background_db: float = -60.0, least_db: float = -90.0) -> Stretch:
    background = Background(background_db, 0.0)
    powers = 10 ** (np.array(levels_db) / 10)
    core = (0, len(levels_db))
    return Stretch.between(powers, core, background, background, least_db)


def test_runs_are_found_at_both_ends_too():
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]


def test_no_marks_make_no_runs():
    assert runs(np.zeros(3, dtype=bool)) == []


def test_a_gap_of_just_the_limit_is_not_bridged():
    assert bridged([(0, 1), (4, 5), (7, 9)], 3) == [(0, 1), (4, 9)]


def test_the_change_point_is_where_the_weights_turn():
    assert change_point(np.array([-1.0, -2.0, 3.0, -1.0, 3.0])) == 2


def test_a_change_of_power_is_found_at_its_sample():
    noise = np.random.default_rng(1).normal(0, 1, 120).astype(np.float32)
    noise[:70] *= 0.01
    assert onset_sample(noise, 1e-4, 1.0) == pytest.approx(70, abs=1)


def test_where_nothing_changes_the_middle_is_taken():
    assert onset_sample(np.zeros(10, dtype=np.float32), 1.0, 1.0) == 5


def test_an_onset_is_dated_to_its_frame():
    steps = stretch(*[-60] * 20, *[-30] * 20)
    assert steps.onset(int(np.argmax(steps.audible()))) == 20


def test_an_end_is_an_onset_backward():
    steps = stretch(*[-30] * 15, *[-60] * 25).backward()
    assert 40 - steps.onset(int(np.argmax(steps.audible()))) == 15


def test_a_last_short_sound_after_a_closure_is_kept():
    steps = stretch(*[-30] * 10, *[-80] * 20, -30, *[-80] * 20, background_db=-100, least_db=-55)
    backward = steps.backward()
    assert 51 - backward.onset(int(np.argmax(backward.audible()))) == 31


def test_what_the_margin_leaves_out_is_not_audible():
    assert not stretch(*[-50] * 8, background_db=-100, least_db=-45).audible().any()


def test_a_soft_edge_is_less_certain_than_a_sharp_one():
    sharp = stretch(*[-60] * 20, *[-30] * 20)
    soft = stretch(*[-60] * 20, *np.linspace(-60, -30, 20))
    assert soft.uncertainty_s(20) > sharp.uncertainty_s(20)


def test_the_more_the_background_hides_the_less_certain_an_edge_is():
    masked = stretch(*[-60] * 20, *[-30] * 20, least_db=-75)
    barely = stretch(*[-60] * 20, *[-30] * 20, least_db=-62)
    assert masked.uncertainty_s(20) > barely.uncertainty_s(20)


def test_an_end_in_noise_is_less_certain_than_an_onset():
    masked = stretch(*[-60] * 20, *[-30] * 20, least_db=-75)
    assert masked.uncertainty_s(20, is_end=True) > masked.uncertainty_s(20)
