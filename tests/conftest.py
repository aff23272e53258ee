"""Speech for the tests: a voice of the stage, the same samples on every run."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import soxr

from livekit_barge.call.audio import to_float
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named


@cache
def _say(text: str, rate: int) -> np.ndarray:
    spoken = to_float(voice_named("joe").speak(text).samples)
    return soxr.resample(spoken, SAMPLE_RATE, rate).astype(np.float32)


@pytest.fixture(scope="session")
def say() -> Callable[..., np.ndarray]:
    """``say(text, rate)``: trimmed so that its first and last samples are well audible."""

    def trimmed(text: str, rate: int = 24_000) -> np.ndarray:
        spoken = _say(text, rate)
        # A tenth of the peak: about 20 dB below the active level.
        loud = np.flatnonzero(np.abs(spoken) > 0.1 * np.abs(spoken).max())
        return spoken[loud[0] : loud[-1] + 1]

    return trimmed
