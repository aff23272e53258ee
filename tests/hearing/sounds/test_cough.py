"""A sound that Silero half takes for speech is a burst if it has a voice, else a cough."""

import numpy as np
import pytest

from livekit_barge.hearing import vad_islands
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.sounds.cough import has_voice

RATE = 16_000


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE))


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """A vowel of 0.12 s at 140 Hz: eight harmonics."""
    time = np.arange(round(0.12 * RATE)) / RATE
    return sum(0.05 / n * np.sin(2 * np.pi * 140 * n * time) for n in range(1, 9))


@pytest.fixture(scope="module")
def hiss() -> np.ndarray:
    """Noise of 0.12 s."""
    return np.random.default_rng(1).normal(0, 0.05, round(0.12 * RATE))


@pytest.fixture
def half_sure(monkeypatch):
    """Silero takes the 0.13 s from 0.99 s on for speech, at 0.6: the gate opens four windows before
    the sound."""
    said = [0.0] * 4 + [0.6] * 4

    def probabilities(_windows, _gains, pieces):
        count = sum(map(len, pieces))
        now, said[:] = said[:count], said[count:]
        return np.pad(now, (0, count - len(now)))

    monkeypatch.setattr(vad_islands, "probabilities", probabilities)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_a_voice_is_told_from_noise_at_any_rate(rate):
    time = np.arange(round(0.1 * rate)) / rate
    voice = np.sign(np.sin(2 * np.pi * 140 * time)).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 1, len(time)).astype(np.float32)
    assert (has_voice(voice, Channel(rate)), has_voice(noise, Channel(rate))) == (True, False)


def test_a_call_may_end_in_the_middle_of_a_frame():
    assert not has_voice(np.zeros(48_001, dtype=np.float32), Channel(48_000))


def test_a_moment_is_too_short_for_a_voice():
    assert not has_voice(np.ones(200, dtype=np.float32), Channel(RATE))


@pytest.mark.usefixtures("half_sure")
class TestHalfSure:
    def test_noise_is_named_a_cough_and_no_burst(self, hear, hiss):
        bursts, (sound,) = hear(np.concatenate([silence(1), hiss, silence(2)]))
        assert (bursts, sound.kind) == ([], "cough")
        assert (sound.start_s, sound.end_s) == pytest.approx((1.0, 1.12), abs=0.005)

    def test_a_voice_is_a_burst(self, hear, voice):
        (burst,), sounds = hear(np.concatenate([silence(1), voice, silence(2)]))
        assert (burst.onset_s, burst.end_s) == pytest.approx((1.0, 1.12), abs=0.005)
        assert sounds == []


@pytest.mark.parametrize("word", ["Yes.", "No.", "Stop.", "Hey.", "Wait.", "Six."])
def test_a_short_word_is_a_burst(hear, say, word):
    bursts, sounds = hear(np.concatenate([silence(1), say(word, RATE), silence(1)]))
    assert (len(bursts), sounds) == (1, [])
