"""Levels and backgrounds, on powers whose answer is known."""

import numpy as np
import pytest

from livekit_barge.hearing.levels import (
    SILENT,
    Background,
    active_power,
    in_db,
    quantiles,
    smooth,
    to_db,
)


def test_digital_silence_has_a_level():
    assert to_db(np.array([0.0, 1.0])).tolist() == [-100.0, 0.0]
    assert in_db(0.0) == -100.0


def test_smoothing_takes_the_frame_before_and_the_two_after():
    assert smooth(np.array([0.0, 0, 4, 0, 0, 0])).tolist() == [1, 1, 1, 1, 0, 0]


def test_smoothing_keeps_the_length_of_a_single_frame():
    assert smooth(np.array([3.0])).tolist() == [3.0]


def test_pauses_do_not_lower_the_active_level():
    assert active_power(np.array([1e-2] * 50 + [1e-7] * 50)) == pytest.approx(1e-2)


def test_nothing_has_no_active_power():
    assert active_power(np.zeros(0)) == 0.0


def test_a_click_does_not_raise_the_background():
    powers = np.full(400, 1e-4)
    powers[100:104] = 1.0
    assert Background.of(powers) == Background(-40.0, 0.0)


def test_steady_noise_asks_for_the_least_margin():
    assert Background(-40.0, 0.1).audible_db == -38.5


def test_babble_asks_for_no_more_than_the_most():
    assert Background(-40.0, 5.0).audible_db == -32.0


def test_only_digital_silence_is_silent():
    assert SILENT.is_silent
    assert not Background(-90.0, 0.0).is_silent


@pytest.mark.parametrize("count", [1, 2, 7, 216, 401])
def test_quantiles_are_those_of_numpy_to_the_last_bit(count):
    shares = (0.1, 0.5, 0.95)
    powers = np.random.default_rng(count).lognormal(size=(2, count))
    assert (quantiles(powers, *shares) == np.quantile(powers, shares, axis=1)).all()
