"""How far a percentile can be trusted: an interval between two figures that occurred.

Of ``n`` figures the number at or under the true percentile is binomial, whatever their
distribution; so the ranks between which that number lies 95 times in 100 give the interval
(David and Nagaraja, *Order Statistics*, 7.1).
"""

from __future__ import annotations

import math

from livekit_barge.measure.statistics import Measured, Percentiles

# Two-sided intervals of 95 %.
_TAIL = 0.025


def interval(times: Percentiles, percent: int) -> tuple[Measured | None, Measured | None]:
    """The percentile lies between these, 95 times in 100; ``None``: too few figures to say."""
    low, high = ranks(len(times.values), percent / 100)
    return (
        None if low is None else times.values[low - 1],
        None if high is None else times.values[high - 1],
    )


def ranks(count: int, share: float) -> tuple[int | None, int | None]:
    """The interval's ends among ``count`` figures in ascending order, counted from 1."""
    low = high = None
    up_to = 0.0  # the probability that fewer than ``rank`` lie at or under the percentile
    for rank in range(1, count + 1):
        up_to += _binomial(count, rank - 1, share)
        if up_to <= _TAIL:
            low = rank
        if high is None and up_to >= 1 - _TAIL:
            high = rank
    return low, high


def _binomial(count: int, hits: int, share: float) -> float:
    """The probability of so many hits; by logarithms, since ``count`` may be thousands."""
    ways = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    return math.exp(ways + hits * math.log(share) + (count - hits) * math.log1p(-share))
