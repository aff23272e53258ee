"""The choice of the threshold, on speakers and phrases of the part ``choice`` alone.

A miss costs three false stops: LiveKit drops the words of an interruption that is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.detector.clips import Clip
from benchmarks.detector.judging import Heard, Share, false, hear, recall
from benchmarks.detector.scenes import Stagehand
from livekit_barge.adaptive.causal_network import Weights
from livekit_barge.adaptive.detector import Detector
from livekit_barge.call.audio import Float32

MISS_COST = 3.0
CANDIDATES = np.round(np.arange(0.2, 0.96, 0.01), 2)


def choose(
    weights: Weights, pairs: Sequence[tuple[Clip, Float32]], hand: Stagehand, *, long_s: float
) -> float:
    """Return the threshold that costs least on ``pairs``."""
    heard = hear(Detector(weights, 0.5, long_s), pairs, hand, share=0.25)
    costs = [cost(heard, float(threshold), long_s) for threshold in CANDIDATES]
    return float(CANDIDATES[int(np.argmin(costs))])


def cost(heard: Sequence[Heard], threshold: float, long_s: float) -> float:
    """Return the share missed, three times, plus the share of others that stop the agent."""

    def rate(share: Share) -> float:
        return share.count / max(share.of, 1)

    missed = 1 - rate(recall(heard, threshold, long_s))
    return MISS_COST * missed + rate(false(heard, threshold, long_s))
