"""Loads a detector, of whichever kind: it is imported only where one is needed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from livekit_barge.adaptive.protocol import SAMPLE_RATE
from livekit_barge.adaptive.verdict import Detector


def load_detector(model: Path | None = None) -> Detector:
    """Load the shipped detector, or the one in the file ``model``.

    Raises:
        SettingsError: if the file cannot be used.
    """
    shipped = import_module("livekit_barge.adaptive.detector").Detector
    loaded: Detector = shipped.load(model)
    loaded.probabilities(np.zeros(SAMPLE_RATE, np.int16))  # the first request is as fast as any
    return loaded
