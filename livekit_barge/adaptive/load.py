"""Loads the detector, and has it ready: the first request is then as fast as any."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livekit_barge.adaptive.detector import Detector
from livekit_barge.adaptive.protocol import SAMPLE_RATE


def load_detector(model: Path | None = None) -> Detector:
    """Load the shipped detector, or the one in the file ``model``.

    Raises:
        SettingsError: if the file cannot be used.
    """
    loaded = Detector.load(model)
    loaded.probabilities(np.zeros(SAMPLE_RATE, np.int16))
    return loaded
