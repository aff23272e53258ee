"""The residual leakage is measured where it is heard alone, and hides nobody who is louder."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.hearing.leakage.residual import Residual

FRAMES, FLOOR = 864, 1e-7
SENT = np.full(FRAMES, 1e-2)
COMES = 1e-4 * (1 + 0.9 * np.sin(np.arange(FRAMES) / 9))


def counted(left: np.ndarray, pieces: int = 4) -> Residual:
    found = Residual(40)
    for _ in range(pieces):
        count(found, left)
    return found


def count(found: Residual, left: np.ndarray) -> None:
    found.count(left, found.expected(COMES, SENT), found.most(COMES), SENT, FLOOR)


def test_a_good_fit_leaves_little():
    assert counted(1e-3 * COMES).of_what_comes < 0.01


def test_someone_who_speaks_over_it_is_not_taken_for_what_is_left():
    found = counted(1e-3 * COMES)
    left = 1e-3 * COMES
    left[300:420] = 1e-3
    left[420:500] = 5e-6  # the soft end of a word
    count(found, left)
    assert found.of_what_comes < 0.01


def test_what_comes_by_another_way_is():
    found = counted(1e-3 * COMES)
    count(found, COMES)
    assert found.of_what_comes > 0.5


class TestWhereMoreIsExpectedThanCame:
    def test_who_is_louder_than_what_came_is_not_counted(self):
        found = Residual(40)
        expected, left = 100 * COMES, 1e-3 * COMES
        found.count(left, expected, found.most(COMES), SENT, FLOOR)
        before = found.of_what_comes
        left[300:420] = 1e-3
        found.count(left, expected, found.most(COMES), SENT, FLOOR)
        assert found.of_what_comes == before

    def test_no_cover_hides_who_is_louder_than_what_came(self):
        found = Residual(40)
        assert found.cover(1e6 * COMES, found.most(COMES), FLOOR).max() < 5 * COMES.max()


def test_a_slow_room_still_holds_what_came_in_the_piece_before():
    found = Residual(40)
    found.most(COMES)
    after = found.most(np.zeros(FRAMES))
    assert 10 * np.log10(after[0] / after[400]) == pytest.approx(60)  # in a second
    assert after[0] == pytest.approx(4 * COMES[-200:].max(), rel=0.5)


@pytest.mark.parametrize("fade_s", [0.2, 0.5, 0.9])
def test_a_room_goes_on_to_fade_as_its_response_did(fade_s):
    rate, frame = 16_000, 40
    taps = np.random.default_rng(1).normal(0, 1, 20 * rate // 16)
    taps *= 10 ** (-3 * np.arange(taps.size) / rate / fade_s)
    found = Residual(frame)
    found.fades(taps[: 48 * frame])
    sent = np.zeros(FRAMES)
    sent[0] = 1.0
    late = found.expected(np.zeros(FRAMES), sent)
    real = np.square(taps[48 * frame :][: 40 * frame]).reshape(-1, frame).sum(axis=1)
    off_db = 10 * np.log10(late[:40:20] / [real[at : at + 4].mean() for at in (0, 20)])
    assert np.abs(off_db).max() < 4  # what a cover has in hand
