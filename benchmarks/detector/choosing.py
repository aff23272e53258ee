"""The choice of the threshold, on speakers and phrases of the part ``choice`` alone.

A miss costs three false stops: LiveKit drops the words of an interruption that is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.detector.clips import Clip
from benchmarks.detector.judging import Heard, false, hear, recall
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
    """Return the share missed, three times, plus the share of others that stop the agent.

    Each kind counts the same, however many clips of it there are; shouts of game characters, which
    no caller sounds like, do not count.
    """
    missed, stopped = [], []
    for kind in {one.clip.kind for one in heard} - {"shout"}:
        some = [one for one in heard if one.clip.kind == kind]
        if some[0].clip.interrupts:
            found = recall(some, threshold, long_s)
            missed.append(1 - found.count / found.of)
        else:
            wrong = false(some, threshold, long_s)
            stopped.append(wrong.count / wrong.of)
    return MISS_COST * float(np.mean(missed)) + float(np.mean(stopped))
