"""What the finder hears, when it says so, and how near the truth its edges are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livekit_barge.measure.speech import SpeechFinder

RATE = 24_000


def silence(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.zeros(round(seconds * rate), dtype=np.float32)


def hiss(samples: int, dbfs: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 10 ** (dbfs / 20), samples)
    return noise.astype(np.float32)


def find(audio: np.ndarray, rate: int = RATE):
    finder = SpeechFinder(rate)
    return finder.push(audio) + finder.finish()


@pytest.fixture(scope="module")
def two_speeches(say):
    """
    ::

        ....####........###....   0.8 s, "hold the line", 0.9 s, "one moment please", 0.8 s
    """
    line, moment = say("Hold the line."), say("One moment please.")
    return np.concatenate([silence(0.8), line, silence(0.9), moment, silence(0.8)])


class TestEdges:
    @pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 24_000, 44_100, 48_000])
    def test_speech_in_digital_silence_is_dated_to_a_frame_at_any_rate(self, say, rate):
        spoken = say("Hold the line.", rate)
        (burst,) = find(np.concatenate([silence(1.0, rate), spoken, silence(1.0, rate)]), rate)
        assert burst.onset_s == pytest.approx(1.0, abs=0.0025)
        assert burst.end_s == pytest.approx(1.0 + len(spoken) / rate, abs=0.0025)

    def test_speech_that_fills_the_audio_is_dated_to_its_ends(self, say):
        spoken = say("Hold the line.")
        (burst,) = find(spoken)
        assert burst.onset_s == pytest.approx(0.0, abs=0.0025)
        assert burst.end_s == pytest.approx(len(spoken) / RATE, abs=0.0025)


class TestNoSpeech:
    @pytest.mark.parametrize(
        "audio",
        [
            silence(0),
            silence(3),
            hiss(3 * RATE, -40),
            (0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)).astype(np.float32),
            np.full(3 * RATE, 0.1, dtype=np.float32),
        ],
        ids=["nothing", "digital silence", "white noise", "a constant tone", "an offset"],
    )
    def test_it_holds_no_bursts(self, audio):
        assert find(audio) == []


class TestStreaming:
    @settings(max_examples=15, deadline=None)
    @given(data=st.data())
    def test_bursts_do_not_depend_on_how_the_audio_is_cut(self, two_speeches, data):
        audio = two_speeches + hiss(len(two_speeches), -50)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(audio)), max_size=40)))
        finder = SpeechFinder(RATE)
        found = [
            burst
            for begin, end in zip([0, *cuts], [*cuts, len(audio)], strict=True)
            for burst in finder.push(audio[begin:end])
        ]
        assert found + finder.finish() == find(audio)

    def test_bursts_are_the_same_sample_by_sample(self, two_speeches):
        finder = SpeechFinder(RATE)
        found = [
            burst
            for at in range(len(two_speeches))
            for burst in finder.push(two_speeches[at : at + 1])
        ]
        assert found + finder.finish() == find(two_speeches)

    def test_no_burst_begins_before_what_was_called_settled(self, two_speeches):
        finder = SpeechFinder(RATE)
        settled_s = 0.0
        for at in range(0, len(two_speeches), RATE // 10):
            found = finder.push(two_speeches[at : at + RATE // 10])
            assert all(burst.onset_s >= settled_s for burst in found)
            assert finder.settled_s >= settled_s
            settled_s = finder.settled_s
        assert all(burst.onset_s >= settled_s for burst in finder.finish())
