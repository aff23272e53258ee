"""Interruption or backchannel? A probability per 25 ms of the caller's audio, causal, on the CPU.

    detector = Detector.load()
    probabilities = detector.probabilities(audio)      # 16 kHz mono, int16 or float32, ≤ 3 s
    interrupts = detector.interrupts(probabilities)

The audio begins up to 1 s before the caller's onset, as LiveKit sends it. Each probability depends
on its own 25 ms and on what came before in the same array, on nothing later and on no earlier
request. Who asks also applies :attr:`Detector.long_s`: what sounds for that long is an interruption
whatever it sounds like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livekit_barge.adaptive.causal_network import Weights, logits
from livekit_barge.adaptive.mel import SAMPLE_RATE, STEP, as_float, band_levels
from livekit_barge.adaptive.weights_file import SHIPPED, read_weights
from livekit_barge.call.audio import Float32

STEP_S = STEP / SAMPLE_RATE
MIN_STEPS = 2
"""Steps in a row that make a verdict: LiveKit's ``min_frames``."""


@dataclass(frozen=True, eq=False)
class Detector:
    """A network and its threshold. Holds no state between requests; any thread may use it."""

    weights: Weights
    threshold: float
    """A probability at or above it, for :data:`MIN_STEPS` steps in a row, is an interruption."""
    long_s: float
    """What still sounds after so many seconds is an interruption whatever it sounds like."""
    made_from: str = ""

    @classmethod
    def load(cls, path: Path | None = None) -> Detector:
        """Load the detector of this package, or the one at ``path``.

        Raises :class:`~livekit_barge.errors.SettingsError` where the file cannot be used.
        """
        weights, facts = read_weights(SHIPPED if path is None else path)
        return cls(weights, facts.threshold, facts.long_s, facts.made_from)

    def probabilities(
        self, audio: npt.NDArray[np.int16] | Float32, onset_s: float | None = None
    ) -> Float32:
        """Return the probability of an interruption at the end of each 25 ms of ``audio``.

        ``audio`` is mono at 16 kHz, shape (n,), int16 or float32 of full scale 1. The result has
        shape (ceil(n / 400),). A last step of less than 25 ms repeats the one before it. With
        ``onset_s``, seconds from the start of ``audio``, everything before it is 0.

        Raises ``ValueError`` for another shape or type.
        """
        samples = as_float(audio)
        levels = band_levels(samples)
        found = 1 / (1 + np.exp(-np.clip(logits(self.weights, levels), -30, 30)))
        first = 0 if onset_s is None else max(0, math.floor(onset_s / STEP_S + 1e-6))
        found[:first] = 0
        if len(samples) % STEP:
            found = np.append(found, found[-1] if len(found) else 0)
        return np.asarray(found, np.float32)

    def interrupts(self, probabilities: npt.NDArray[Any]) -> bool:
        """Return whether :data:`MIN_STEPS` probabilities in a row reach the threshold."""
        above = np.asarray(probabilities) >= self.threshold
        return bool((above[1:] & above[:-1]).any())
