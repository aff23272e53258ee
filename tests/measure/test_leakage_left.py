"""What is left of leakage is measured where it is heard alone, and hides no one who is louder."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.measure.leakage_left import Left

FRAMES, FLOOR = 864, 1e-7
SENT = np.full(FRAMES, 1e-2)
COMES = 1e-4 * (1 + 0.9 * np.sin(np.arange(FRAMES) / 9))


def counted(left: np.ndarray, pieces: int = 4) -> Left:
    found = Left(40)
    for _ in range(pieces):
        found.count(left, found.expected(COMES, SENT), SENT, FLOOR)
    return found


def test_a_good_fit_leaves_little():
    assert counted(1e-3 * COMES).of_what_comes < 0.01


def test_someone_who_speaks_over_it_is_not_taken_for_what_is_left():
    found = counted(1e-3 * COMES)
    left = 1e-3 * COMES
    left[300:420] = 1e-3
    left[420:500] = 5e-6  # the soft end of a word
    found.count(left, found.expected(COMES, SENT), SENT, FLOOR)
    assert found.of_what_comes < 0.01


def test_what_comes_by_another_way_is():
    found = counted(1e-3 * COMES)
    found.count(COMES, found.expected(COMES, SENT), SENT, FLOOR)
    assert found.of_what_comes > 0.5


@pytest.mark.parametrize("fade_s", [0.2, 0.5, 0.9])
def test_a_room_goes_on_to_fade_as_its_response_did(fade_s):
    rate, frame = 16_000, 40
    taps = np.random.default_rng(1).normal(0, 1, 20 * rate // 16)
    taps *= 10 ** (-3 * np.arange(taps.size) / rate / fade_s)
    found = Left(frame)
    found.fades(taps[: 48 * frame])
    sent = np.zeros(FRAMES)
    sent[0] = 1.0
    late = found.expected(np.zeros(FRAMES), sent)
    real = np.square(taps[48 * frame :][: 40 * frame]).reshape(-1, frame).sum(axis=1)
    off_db = 10 * np.log10(late[:40:20] / [real[at : at + 4].mean() for at in (0, 20)])
    assert np.abs(off_db).max() < 4  # what a cover has in hand
