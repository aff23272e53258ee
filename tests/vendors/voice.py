"""The bench's voices at whatever rate is asked for."""

from __future__ import annotations

import numpy as np
import soxr

from livekit_barge.stage.track import Pcm
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named


def speak(text: str, sample_rate: int = SAMPLE_RATE, *, voice: str = "joe") -> Pcm:
    """The text, spoken: the same samples each time."""
    samples = voice_named(voice).speak(text).samples
    if sample_rate == SAMPLE_RATE:
        return samples
    resampled: Pcm = np.asarray(soxr.resample(samples, SAMPLE_RATE, sample_rate), np.int16)
    return resampled
