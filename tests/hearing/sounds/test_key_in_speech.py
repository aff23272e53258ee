"""A key of the phone that is pressed while someone speaks hides no speech beside it."""

import numpy as np
import pytest

RATE = 8_000
ONSET_S = 2.0


def keyed(say, tone, at_s: float, seconds: float) -> np.ndarray:
    audio = np.zeros(6 * RATE)
    word = say("Excuse me, what does that cost me?", RATE)
    begin = round(ONSET_S * RATE)
    audio[begin : begin + len(word)] = word
    key = 2.5 * tone(seconds, 697, 1209, rate=RATE)
    at = round(at_s * RATE)
    audio[at : at + len(key)] += key
    return audio


@pytest.mark.parametrize("after_s", [0.05, 0.1])
def test_speech_before_a_key_keeps_its_onset(hear, say, tone, after_s):
    bursts, _ = hear(keyed(say, tone, ONSET_S + after_s, 0.25), RATE)
    assert bursts[0].onset_s == pytest.approx(ONSET_S, abs=0.005)


def test_an_onset_within_a_key_is_as_uncertain_as_the_key_is_long(hear, say, tone):
    bursts, _ = hear(keyed(say, tone, ONSET_S - 0.1, 0.2), RATE)
    assert ONSET_S < bursts[0].onset_s < ONSET_S + 0.2
    assert bursts[0].onset_s - ONSET_S <= bursts[0].onset_uncertainty_s < 0.4
