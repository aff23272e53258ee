"""An offset goes, and nothing else does."""

import numpy as np

from livekit_barge.hearing.dc_offset import DcOffset

FRAME = 60
STEP = 200 * FRAME


def hiss(scale: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, scale, STEP).astype(np.float32)


def test_an_offset_is_taken_away():
    removed = DcOffset(FRAME, STEP).removed(hiss(1e-3) + np.float32(0.05))
    assert abs(removed.mean()) < 1e-4


def test_the_samples_that_it_is_taken_from_stay_as_they_are():
    samples = hiss(1e-3) + np.float32(0.05)
    before = samples.copy()
    DcOffset(FRAME, STEP).removed(samples)
    assert samples.tolist() == before.tolist()


def test_without_an_offset_the_samples_stay_as_they_are():
    noise = hiss(1e-2)
    assert DcOffset(FRAME, STEP).removed(noise).tolist() == noise.tolist()


def test_speech_is_no_offset(say):
    spoken = say("Thank you for calling. How can I help you today?")
    removing = DcOffset(FRAME, STEP)
    for begin in range(0, len(spoken), STEP):
        piece = spoken[begin : begin + STEP]
        assert removing.removed(piece).tolist() == piece.tolist()


def test_too_little_to_tell_is_left_alone(say):
    spoken = say("Hold the line.")
    removing = DcOffset(FRAME, STEP)
    for begin in range(0, len(spoken), 20 * FRAME):
        piece = spoken[begin : begin + 20 * FRAME]
        assert removing.removed(piece).tolist() == piece.tolist()


def test_silence_after_an_offset_is_silent_again():
    offset = DcOffset(FRAME, STEP)
    offset.removed(hiss(1e-3) + np.float32(0.05))
    assert not offset.removed(np.zeros(STEP, dtype=np.float32)).any()


def test_steps_together_are_each_looked_at():
    three = np.concatenate([hiss(1e-3), hiss(1e-3) + np.float32(0.05), hiss(1e-3)])
    apart = DcOffset(FRAME, STEP)
    steps = [apart.removed(three[begin : begin + STEP]) for begin in range(0, 3 * STEP, STEP)]
    assert DcOffset(FRAME, STEP).removed(three).tolist() == np.concatenate(steps).tolist()
