"""The way from one channel to the other is learnt from what comes by it."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.measure.leakage_delay import Lags
from livekit_barge.measure.leakage_path import PIECE, Path, solved

RATE = 16_000
PIECE_LENGTH = PIECE * 40
FLOOR = 1e-7


def coloured(seed: int, count: int) -> np.ndarray:
    """Noise with the tilt of speech, and a pause in each half second."""
    noise = np.random.default_rng(seed).normal(0, 0.05, count)
    noise[np.arange(count) % (RATE // 2) < RATE // 8] = 0
    return np.convolve(noise, 0.9 ** np.arange(40))[:count].astype(np.float32)


def echoed(delay: int) -> tuple[np.ndarray, np.ndarray]:
    other = coloured(1, RATE + PIECE_LENGTH)
    channel = np.roll(other, delay) * np.float32(0.1)
    channel[:delay] = 0
    return channel + np.random.default_rng(2).normal(0, 3e-4, len(other)).astype(np.float32), other


def test_what_came_is_taken_away():
    channel, other = echoed(1600)
    path = Path(RATE, 0.1)
    path.learn(path.hear(channel, other, RATE, FLOOR))
    assert path.gain_db(path.hear(channel, other, RATE, FLOOR)) > 20
    assert path.delay_s == pytest.approx(0.1, abs=1 / RATE)


def test_it_follows_a_delay_that_drifts():
    path = Path(RATE, 0.1)
    for delay in range(1600, 1700, 2):  # by 6 ms: further than the response was begun before
        channel, other = echoed(delay)
        path.learn(path.hear(channel, other, RATE, FLOOR))
        path.follow()
    assert path.delay_s == pytest.approx(delay / RATE, abs=4 / RATE)


def test_of_independent_sounds_nothing_is_learnt():
    other = coloured(1, RATE + PIECE_LENGTH)
    path = Path(RATE, 0.1)
    assert path.learn(path.hear(coloured(5, len(other)), other, RATE, FLOOR)) < 1.0


def test_a_toeplitz_system_is_solved():
    auto = 0.5 ** np.arange(64)
    toward = np.random.default_rng(3).normal(0, 1, 64)
    matrix = auto[np.abs(np.subtract.outer(np.arange(64), np.arange(64)))] + 0.1 * np.eye(64)
    assert solved(auto, toward, 0.1) == pytest.approx(np.linalg.solve(matrix, toward), abs=1e-3)


class TestLags:
    @pytest.mark.parametrize("delay", [0, 1600, -800])
    def test_a_copy_is_a_peak_at_its_lag(self, delay):
        other = coloured(1, PIECE_LENGTH)
        peak = Lags(RATE).look(np.stack([np.roll(other, delay) * np.float32(0.1), other]))
        assert peak.ratio > 20
        assert peak.lag_s == pytest.approx(delay / RATE, abs=0.0003)

    def test_independent_sounds_have_none_that_is_high(self):
        peak = Lags(RATE).look(np.stack([coloured(1, PIECE_LENGTH), coloured(2, PIECE_LENGTH)]))
        assert peak.ratio < 6

    def test_a_silent_channel_has_none(self):
        audio = np.stack([np.zeros(PIECE_LENGTH, np.float32), coloured(1, PIECE_LENGTH)])
        assert Lags(RATE).look(audio) is None
