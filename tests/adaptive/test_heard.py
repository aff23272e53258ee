"""The shipped detector on the stage's voices, none of which took part in its making."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import soxr

from livekit_barge.adaptive.detector import Detector
from livekit_barge.adaptive.mel import SAMPLE_RATE
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.stage.voices import SAMPLE_RATE as VOICE_RATE
from livekit_barge.stage.voices import VOICES

SPEAKERS = ("joe", "joe-light")
SENTENCES = (
    "No, that is wrong.",
    "Excuse me, can I ask something?",
    "Hold on, I need it today.",
    "Yeah, but what does it cost?",
)
BACKCHANNELS = ("mm-hm", "hmm", "uh-huh", "yeah", "okay", "right")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load()


@cache
def said(speaker: str, text: str) -> Float32:
    """What the speaker says after half a second on a quiet line, and as much silence behind it."""
    speech = to_float(VOICES[speaker].speak(text).trimmed().samples)
    spoken = soxr.resample(speech, VOICE_RATE, SAMPLE_RATE)[: 2 * SAMPLE_RATE]
    quiet = np.zeros(SAMPLE_RATE // 2, np.float32)
    line = np.random.default_rng(1).normal(0, 1e-4, len(spoken) + SAMPLE_RATE)
    return np.asarray(np.concatenate([quiet, spoken, quiet]) + line, np.float32)


def loudest(detector: Detector, text: str) -> list[float]:
    """Return for each speaker the highest probability that two steps in a row reach."""
    found = [detector.probabilities(said(speaker, text), onset_s=0.5) for speaker in SPEAKERS]
    return [float(np.minimum(one[1:], one[:-1]).max()) for one in found]


def test_sentences_are_interruptions_in_voices_never_heard(detector: Detector) -> None:
    found = [p for text in SENTENCES for p in loudest(detector, text)]
    assert min(found) >= detector.threshold


def test_no_backchannel_is_as_probable_as_any_sentence(detector: Detector) -> None:
    sentences = [p for text in SENTENCES for p in loudest(detector, text)]
    backchannels = [p for text in BACKCHANNELS for p in loudest(detector, text)]
    assert max(backchannels) < min(sentences)
