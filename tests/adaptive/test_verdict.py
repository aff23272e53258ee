"""The verdict on an overlap, exact to the frame.

Time runs to the right, a character is 0.1 s; the request is asked at its end:

    ..........        the second before the overlap
              LL      loud: an interruption for this detector
              ssssss  soft: it is not, until it has lasted long_s
"""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.adaptive.verdict import Overlaps
from tests.adaptive.made import LOUD, SOFT, LoudnessDetector, sound

BEFORE = (1.0, 0.0)


def overlaps(**rules: float) -> Overlaps:
    return Overlaps(**{"threshold": 0.6, "min_frames": 2, "long_s": 0.9} | rules)


def judge(each: Overlaps, audio, at_s):
    return each.judge(audio, LoudnessDetector().probabilities(audio), each.asked(at_s))


def asked_every_tenth(each: Overlaps, parts, until_s):
    """Ask as a client does, from 0.2 s after the onset on; return when the first yes came."""
    audio = sound(BEFORE, *parts)
    for tenths in range(2, round(until_s * 10) + 1):
        heard = audio[: round((1.0 + tenths / 10) * 16_000)]
        if (verdict := judge(each, heard, tenths / 10)).interruption:
            return tenths / 10, verdict.reason
    return None


def test_two_probable_frames_in_a_row_are_an_interruption():
    assert asked_every_tenth(overlaps(), [(0.5, LOUD)], 0.5) == (0.2, "probable")


def test_one_probable_frame_is_not():
    click = [(0.1, SOFT), (0.025, LOUD), (0.1, SOFT), (0.025, LOUD), (0.1, SOFT), (0.3, 0.0)]
    assert asked_every_tenth(overlaps(), click, 0.6) is None


def test_the_client_says_how_many_frames_it_takes():
    assert asked_every_tenth(overlaps(min_frames=12), [(0.5, LOUD)], 0.5) == (0.3, "probable")


def test_a_soft_sound_is_an_interruption_once_it_has_lasted_long():
    assert asked_every_tenth(overlaps(), [(2.0, SOFT)], 2.0) == (0.9, "long")


def test_a_soft_sound_that_ends_before_is_not():
    assert asked_every_tenth(overlaps(), [(0.7, SOFT), (0.8, 0.0)], 1.5) is None


def test_two_soft_sounds_with_silence_between_do_not_add_up():
    nods = [(0.5, SOFT), (0.3, 0.0), (0.5, SOFT), (0.5, 0.0)]
    assert asked_every_tenth(overlaps(), nods, 1.8) is None


def test_a_gap_inside_a_word_does_not_end_the_burst():
    word = [(0.4, SOFT), (0.15, 0.0), (0.6, SOFT)]
    assert asked_every_tenth(overlaps(), word, 1.1) == (0.9, "long")


def test_noise_under_the_line_does_not_keep_a_short_sound_sounding():
    noisy = sound((1.0, 0.006), (0.4, SOFT), (0.8, 0.006))  # 10 dB under it
    each, heard = overlaps(), []
    for tenths in range(2, 13):
        heard.append(judge(each, noisy[: round((1 + tenths / 10) * 16_000)], tenths / 10))
    assert [verdict.interruption for verdict in heard] == [False] * 11


def test_noise_under_the_line_does_not_hide_a_long_sound():
    noisy = sound((1.0, 0.006), (2.0, SOFT))
    each = overlaps()
    reasons = [
        judge(each, noisy[: round((1 + tenths / 10) * 16_000)], tenths / 10).reason
        for tenths in range(2, 10)
    ]
    assert reasons == [None] * 7 + ["long"]


def test_a_short_word_that_was_nearly_probable_is_an_interruption_once_it_has_ended():
    word = [(0.2, LOUD), (0.6, 0.0)]
    unsure = {"threshold": 0.95, "end_threshold": 0.8}
    assert asked_every_tenth(overlaps(**unsure), word, 0.8) == (0.3, "ended")
    assert asked_every_tenth(overlaps(threshold=0.95), word, 0.8) is None


def test_while_it_sounds_the_lower_threshold_does_not_count():
    unsure = {"threshold": 0.95, "end_threshold": 0.8}
    assert asked_every_tenth(overlaps(**unsure), [(0.8, LOUD)], 0.8) is None


def test_a_clients_own_threshold_is_the_only_one():
    detector = LoudnessDetector()
    detector.end_threshold = 0.8
    word = [(0.2, LOUD), (0.6, 0.0)]
    own = Overlaps.heard_by(detector, threshold=0.95, min_frames=2)
    assert asked_every_tenth(own, word, 0.8) is None


def test_the_reverberation_of_a_sound_does_not_prolong_it():
    rings = [(0.6, 0.15), (0.9, 0.0047)]  # 30 dB under it
    assert asked_every_tenth(overlaps(), rings, 1.5) is None


def test_what_was_loud_before_the_overlap_does_not_count():
    """LL..........ss: what the caller said before the agent began to speak."""
    audio = sound((0.5, LOUD), (0.6, 0.0), (0.2, SOFT))
    verdict = judge(overlaps(), audio, 5.0)
    assert not verdict.interruption
    assert verdict.probability == pytest.approx(0.1)
    assert verdict.probabilities[:20].max() == 0.0


def test_an_overlap_before_this_one_does_not_count():
    """The window of the second request still holds the first overlap's loud part."""
    each = overlaps()
    assert judge(each, sound(BEFORE, (0.3, LOUD)), 5.0).interruption
    later = sound(BEFORE, (0.3, LOUD), (0.5, 0.0), (0.2, SOFT))
    assert not judge(each, later, 5.7).interruption


def test_within_an_overlap_what_was_loud_goes_on_counting():
    each = overlaps()
    each.asked(5.0)  # a request that was never judged
    assert judge(each, sound(BEFORE, (0.3, LOUD), (0.1, 0.0)), 5.1).interruption


def test_silence_is_no_sound_at_any_length():
    verdict = judge(overlaps(), np.zeros(48_000, np.int16), 3.0)
    assert (verdict.interruption, verdict.sounding_s) == (False, 0.0)


@pytest.mark.parametrize("samples", [1, 399, 401])
def test_a_request_shorter_than_two_frames_gets_an_answer(samples):
    verdict = judge(overlaps(), np.full(samples, 20_000, np.int16), 1.0)
    assert len(verdict.probabilities) == -(-samples // 400)
