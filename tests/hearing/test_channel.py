"""The kept part of a channel, frame by frame and sample by sample."""

import numpy as np
import pytest

from livekit_barge.hearing.channel import Channel

RATE = 16_000
FRAME = 40


def filled(*pieces: np.ndarray) -> Channel:
    kept = Channel(RATE)
    for piece in pieces:
        kept.add(piece.astype(np.float32))
    return kept


def test_a_frame_has_its_mean_square():
    assert filled(np.full(2 * FRAME, 0.5)).powers(0, 2).tolist() == [0.25, 0.25]


def test_a_last_frame_that_is_not_whole_counts_as_far_as_it_goes():
    assert filled(np.full(FRAME + 10, 0.5)).powers(0, 2) == pytest.approx([0.25, 0.25])


def test_samples_come_across_pieces():
    kept = filled(np.zeros(2 * FRAME), np.ones(2 * FRAME))
    assert kept.samples(1, 3).tolist() == [0.0] * FRAME + [1.0] * FRAME


def test_frames_keep_their_numbers_when_earlier_ones_are_forgotten():
    kept = filled(np.zeros(2 * FRAME), np.full(2 * FRAME, 0.5))
    kept.forget(2, 2)
    assert kept.powers(0, 4).tolist() == [0.25, 0.25]
    assert kept.frames == 4


def test_samples_are_kept_piece_by_piece_for_as_long_as_they_may_be_asked_for():
    kept = filled(np.zeros(2 * FRAME), np.ones(2 * FRAME))
    kept.forget(0, 3)
    assert kept.samples(2, 4).tolist() == [1.0] * 2 * FRAME


def test_frames_at_full_scale_are_counted():
    loud = np.zeros(3 * FRAME)
    loud[FRAME] = -1.0
    kept = filled(loud)
    assert [kept.clipped(0, 1), kept.clipped(1, 2), kept.clipped(0, 3)] == [0, 1, 1]


def test_a_loud_frame_is_not_at_full_scale():
    assert filled(np.full(FRAME, 0.998)).clipped(0, 1) == 0
