"""What :mod:`benchmarks.echoes` takes from the accuracy corpus, under the names it knows."""

from __future__ import annotations

import numpy as np

from benchmarks.corpus import talkers
from benchmarks.corpus.laying import TRIM_DB, Laid, audible_span, level
from benchmarks.corpus.spoiling import mu_law as _mu_law
from livekit_barge.bench.voices import Voice
from livekit_barge.call.audio import Float32, to_float

__all__ = ["SENTENCES", "TRIM_DB", "Laid", "audible_span", "level", "mu_law", "say"]

SENTENCES = talkers.SENTENCES | {"report": talkers.SENTENCES["figures"]}


def mu_law(audio: Float32) -> Float32:
    """There and back through 8-bit µ-law."""
    return _mu_law(audio, 8_000, np.random.default_rng(0))[0]


def say(voice: Voice, text: str) -> Float32:
    """A sentence at the voices' own rate."""
    return to_float(voice.speak(text).samples)
