"""Sounds that are no speech, made sample by sample."""

from collections.abc import Callable

import numpy as np
import pytest

from livekit_barge.hearing.speech_finder import SpeechFinder

Heard = Callable[..., tuple[list, list]]


@pytest.fixture(scope="session")
def hear() -> Heard:
    """``hear(audio, rate)``: the bursts and the named sounds, in quiet noise, pushed in pieces."""

    def hear(audio: np.ndarray, rate: int = 16_000, piece_s: float = 10.0, noise_dbfs: float = -70):
        noise = np.random.default_rng(1).normal(0, 10 ** (noise_dbfs / 20), len(audio))
        heard = (audio + noise * (audio != 0 if noise_dbfs > -65 else 1)).astype(np.float32)
        finder, piece = SpeechFinder(rate), round(piece_s * rate)
        bursts = []
        for at in range(0, len(heard), piece):
            bursts += finder.push(heard[at : at + piece])
        bursts += finder.finish()
        return bursts, finder.sounds

    return hear


@pytest.fixture(scope="session")
def tone() -> Callable[..., np.ndarray]:
    """``tone(seconds, *hz, rate=)``: tones together, each at a tenth of full scale."""

    def tone(seconds: float, *hz: float, rate: int = 16_000) -> np.ndarray:
        time = np.arange(round(seconds * rate)) / rate
        return sum((0.1 * np.sin(2 * np.pi * one * time) for one in hz), np.zeros(len(time)))

    return tone
