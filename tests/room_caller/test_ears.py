"""Ears on frames of 10 ms, drawn: 1,000 samples a second, so a sample is a millisecond.

::

    #  audible     .  silent     one character a frame
"""

import numpy as np

from livekit_barge.room.ears import Ears

LOUD = np.full(10, 3_000, np.int16)
QUIET = np.zeros(10, np.int16)


def ears(heard: str) -> Ears:
    hearing = Ears(1_000, 10)
    for number, frame in enumerate(heard, start=1):
        hearing.hear(LOUD if frame == "#" else QUIET, number * 10)
    return hearing


def test_nobody_has_spoken_yet():
    assert ears("...").heard_since(30) == []
    assert ears("...").done_at() is None


def test_a_silence_of_half_a_second_parts_two_speeches():
    assert len(ears("##" + "." * 49 + "##").speeches) == 1
    assert len(ears("##" + "." * 50 + "##").speeches) == 2


def test_a_speech_is_done_after_its_last_audible_frame_once_the_silence_is_long_enough():
    assert ears("..####" + "." * 49).done_at() is None
    assert ears("..####" + "." * 50).done_at() == 60


def test_who_speaks_now_is_taken_to_speak_on_while_the_next_frame_leaves():
    [(speech, stretch)] = ears("..####").heard_since(140)
    assert (speech.number, stretch.at, stretch.place.offset) == (0, 140, 120)


def test_who_has_paused_for_a_fifth_of_a_second_is_not():
    assert len(ears("##" + "." * 19).heard_since(300)) == 1
    assert ears("##" + "." * 20).heard_since(300) == []
