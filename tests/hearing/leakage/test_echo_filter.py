"""The way from one channel to the other is learnt from what comes by it."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.hearing.leakage.delay import DelayFinder
from livekit_barge.hearing.leakage.echo_filter import LeakagePath
from livekit_barge.hearing.leakage.piece import PIECE

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
    path = LeakagePath(RATE, 0.1)
    path.learn(path.hear(channel, other, RATE, FLOOR))
    assert path.gain_db(path.hear(channel, other, RATE, FLOOR)) > 20
    assert path.delay_s == pytest.approx(0.1, abs=1 / RATE)


def test_it_follows_a_delay_that_drifts():
    path = LeakagePath(RATE, 0.1)
    for delay in range(1600, 1700, 2):  # by 6 ms: further than the response was begun before
        channel, other = echoed(delay)
        path.learn(path.hear(channel, other, RATE, FLOOR))
        path.follow()
    assert path.delay_s == pytest.approx(delay / RATE, abs=4 / RATE)


def test_it_follows_no_leap():
    path = LeakagePath(RATE, 0.1)
    channel, other = echoed(2400)
    path.learn(path.hear(channel, other, RATE, FLOOR))
    assert not path.follow()
    assert path.gain_db(path.hear(channel, other, RATE, FLOOR)) > 20


def test_of_independent_sounds_nothing_is_learnt():
    other = coloured(1, RATE + PIECE_LENGTH)
    path = LeakagePath(RATE, 0.1)
    assert path.learn(path.hear(coloured(5, len(other)), other, RATE, FLOOR)) < 1.0


def test_a_hum_on_both_channels_is_no_way_from_one_to_the_other():
    at_s = np.arange(RATE + PIECE_LENGTH) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * n * at_s + n**2) for n in range(1, 21))
    hum = (1e-3 * hum).astype(np.float32)
    other = coloured(1, len(hum)) + hum
    channel = np.roll(hum, 640) + np.random.default_rng(2).normal(0, 3e-4, len(hum))
    floors = [float(np.quantile(np.square(hum), 0.3))] * 2
    path = LeakagePath(RATE, 0.04)
    heard = path.hear(
        channel.astype(np.float32), other, RATE, floors[0], other_floor=float(np.mean(hum**2))
    )
    assert path.learn(heard) < 3.0


def test_what_a_room_returns_between_words_over_a_background_is_learnt_too():
    other = np.random.default_rng(1).normal(0, 0.05, RATE + PIECE_LENGTH)
    other[np.arange(len(other)) % (RATE // 4) > RATE // 12] = 0  # four words a second
    other = (other + np.random.default_rng(3).normal(0, 1e-3, len(other))).astype(np.float32)
    channel = np.float32(0.1) * (np.roll(other, 1600) + np.roll(other, 1600 + 1280))
    path = LeakagePath(RATE, 0.1)
    heard = path.hear(channel, other, RATE, FLOOR, other_floor=1e-6)
    path.learn(heard)
    assert path.clean(heard).left.mean() < 0.01 * heard.own.mean()


class TestHeardBefore:
    """A piece is heard when it is looked at, and again when it is cleaned."""

    def test_it_is_not_heard_anew_where_only_more_is_known_of_the_floor(self):
        channel, other = echoed(1600)
        path = LeakagePath(RATE, 0.1)
        before = path.hear(channel, other, RATE, FLOOR)
        path.learn(before)
        again = path.hear(channel, other, RATE, 2 * FLOOR, before=before)
        assert again is before
        assert again.floor == 2 * FLOOR
        anew = path.hear(channel, other, RATE, 2 * FLOOR)
        assert path.gain_db(again) == pytest.approx(path.gain_db(anew), rel=1e-6)

    def test_it_is_where_the_way_has_drifted(self):
        channel, other = echoed(1700)
        path = LeakagePath(RATE, 0.1)
        before = path.hear(channel, other, RATE, FLOOR)
        path.learn(before)
        assert path.follow()
        assert path.gain_db(path.hear(channel, other, RATE, FLOOR, before=before)) > 20

    def test_what_another_response_made_of_it_is_forgotten(self):
        channel, other = echoed(1600)
        path, opposite = LeakagePath(RATE, 0.1), LeakagePath(RATE, 0.1)
        heard = path.hear(channel, other, RATE, FLOOR)
        path.learn(heard)
        opposite.learn(opposite.hear(-channel, other, RATE, FLOOR))
        assert opposite.gain_db(heard) == pytest.approx(-6, abs=0.1)  # twice the echo
        assert path.gain_db(heard) > 20


class TestLags:
    @pytest.mark.parametrize("delay", [0, 1600, -800])
    def test_a_copy_is_a_peak_at_its_lag(self, delay):
        other = coloured(1, PIECE_LENGTH)
        copy = np.roll(other, delay) * np.float32(0.1)
        [peak] = DelayFinder(RATE, PIECE_LENGTH).look(np.stack([copy, other]))
        assert peak.ratio > 20
        assert peak.lag_s == pytest.approx(delay / RATE, abs=0.0003)

    def test_independent_sounds_have_none_that_is_high(self):
        audio = np.stack([coloured(1, PIECE_LENGTH), coloured(2, PIECE_LENGTH)])
        [peak] = DelayFinder(RATE, PIECE_LENGTH).look(audio)
        assert peak.ratio < 6

    def test_a_silent_channel_has_none(self):
        audio = np.stack([np.zeros(PIECE_LENGTH, np.float32), coloured(1, PIECE_LENGTH)])
        assert DelayFinder(RATE, PIECE_LENGTH).look(audio) == [None]

    def test_pieces_at_once_have_the_peaks_of_one_at_a_time(self):
        # The floor falls, and stays low for five pieces: sound stands out from there on.
        audio = np.stack([coloured(1, 8 * PIECE_LENGTH), coloured(2, 8 * PIECE_LENGTH)])
        audio[0] += 0.2
        audio[0, 2 * PIECE_LENGTH : 3 * PIECE_LENGTH] = 0
        one_by_one = DelayFinder(RATE, PIECE_LENGTH)
        peaks = [one_by_one.look(piece)[0] for piece in np.split(audio, 8, axis=1)]
        assert [peak is None for peak in peaks] == [True] * 3 + [False] * 4 + [True]
        at_once = DelayFinder(RATE, PIECE_LENGTH)
        for begin, end in ((0, 1), (1, 5), (5, 8)):
            found = at_once.look(audio[:, begin * PIECE_LENGTH : end * PIECE_LENGTH])
            for peak, expected in zip(found, peaks[begin:end], strict=True):
                if expected is None:
                    assert peak is None
                else:
                    assert peak.lag_s == expected.lag_s
                    assert peak.ratio == pytest.approx(expected.ratio, rel=1e-5)
