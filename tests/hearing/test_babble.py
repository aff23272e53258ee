"""A crowd behind the talker, in levels of 50 ms, and sentences before a crowd."""

import numpy as np
import pytest

from livekit_barge.hearing.babble import crowd
from livekit_barge.hearing.speech_finder import SpeechFinder

RATE, TALKER_DB = 24_000, -20.0


def around(level_db: float, spread_db: float, count: int = 100) -> np.ndarray:
    return np.random.default_rng(1).normal(level_db, spread_db, count)


def test_what_stays_under_the_talker_and_moves_is_a_crowd():
    behind = crowd(around(-40, 3), TALKER_DB)
    assert behind is not None
    assert behind.audible_db == pytest.approx(-40 + 2 * 1.28 * 3, abs=1.5)


def test_one_thirty_db_under_the_talker_is_a_crowd_too():
    assert crowd(around(-50, 4), TALKER_DB) is not None


def test_gaps_in_a_far_crowd_neither_hide_it_nor_raise_it():
    # Three levels in twenty; all that is under −55 dB counts as −55 dB.
    levels = around(-50, 2)
    levels[::20] = levels[1::20] = levels[2::20] = -60
    behind = crowd(levels, TALKER_DB)
    assert behind is not None
    assert behind.audible_db == pytest.approx(-50 + 2 * 5, abs=1.5)


def test_a_bed_that_begins_in_silence_is_none():
    assert crowd(np.concatenate([around(-75, 0.5, 20), around(-40, 0.5)]), TALKER_DB) is None


def test_words_in_between_do_not_move_it():
    levels = np.insert(around(-40, 3), [30, 60], -18.0)
    alone, among = crowd(around(-40, 3), TALKER_DB), crowd(levels, TALKER_DB)
    assert among.audible_db == pytest.approx(alone.audible_db, abs=1.0)


def test_steady_noise_is_none():
    assert crowd(around(-40, 0.3), TALKER_DB) is None


def test_what_fades_to_a_quiet_line_is_none():
    assert crowd(around(-55, 3), TALKER_DB) is None


def test_what_is_weak_in_words_does_not_last():
    assert crowd(np.tile([*[-20.0] * 4, *[-28.0, -35.0] * 3], 20), TALKER_DB) is None


def test_under_two_seconds_are_not_enough():
    assert crowd(around(-40, 3, 40), TALKER_DB) is None


def test_sentences_before_a_crowd_are_a_burst_each(say):
    """
    ::

        crowd    ::::::::::::::::::::::    six voices, 20 dB under the talker
        talker   ......###......###....
    """
    dice = np.random.default_rng(1)
    lines = ["Hold the line.", "One moment please.", "I would like to change the address."]
    said = np.concatenate([say(line) for line in lines] * 4)
    behind = sum(np.roll(said, dice.integers(len(said))) for _ in range(6))
    audio = 0.1 * behind / np.sqrt(6 * np.mean(np.square(said))) * np.sqrt(np.mean(said**2))
    word, onsets_s = say("Seven of them."), [4.0, 7.0, 10.0]
    for onset_s in onsets_s:
        audio[round(onset_s * RATE) :][: len(word)] += word
    finder = SpeechFinder(RATE)
    bursts = finder.push(audio.astype(np.float32)) + finder.finish()
    loud = [burst for burst in bursts if "quiet" not in burst.flags and burst.onset_s > 3.5]
    for burst, onset_s in zip(loud, onsets_s, strict=True):
        assert abs(burst.onset_s - onset_s) <= burst.onset_uncertainty_s
        assert abs(burst.end_s - onset_s - len(word) / RATE) <= burst.end_uncertainty_s
