"""Rates and percentiles that say how much they rest on.

A rate is two counts; its interval is Wilson's, which stays inside 0 and 1 and is honest for a few
trials. A percentile is nearest-rank: a figure that occurred, never one between two. Its interval is
between two that did, whatever their distribution.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# Two-sided intervals of 95 %, and where the standard normal leaves off that much.
_TAIL = 0.025
_Z = 1.959964
PERCENTS = (50, 90, 95)


@dataclass(frozen=True)
class Rate:
    """``count`` out of ``of``."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; ``None`` out of nothing."""
        return self.count / self.of if self.of else None

    def interval(self) -> tuple[float, float] | None:
        """The bounds of the true rate, 95 times in 100, by Wilson; ``None`` for an empty sample."""
        if not self.of:
            return None
        share, z2 = self.count / self.of, _Z**2 / self.of
        middle = (share + z2 / 2) / (1 + z2)
        half = _Z * math.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of)) / (1 + z2)
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.count + other.count, self.of + other.of)

    def to_json(self) -> dict[str, Any]:
        low, high = self.interval() or (None, None)
        return {
            "count": self.count,
            "of": self.of,
            "rate": _rounded(self.value),
            "low": _rounded(low),
            "high": _rounded(high),
        }


def difference(now: Rate, before: Rate) -> tuple[float, float, float] | None:
    """Return how far a rate rose, and the bounds of that, 95 times in 100.

    Newcombe's interval, made of both Wilson ones. ``None`` where either is out of nothing.
    """
    of_now, of_before = now.interval(), before.interval()
    if of_now is None or of_before is None:
        return None
    p, q = now.count / now.of, before.count / before.of
    low = p - q - math.hypot(p - of_now[0], of_before[1] - q)
    high = p - q + math.hypot(of_now[1] - p, q - of_before[0])
    return p - q, low, high


@dataclass(frozen=True)
class Measured:
    """A time; with ``lower_bound`` it is at least that."""

    seconds: float
    lower_bound: bool = False


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of times, some of which are lower bounds."""

    values: tuple[Measured, ...]
    """In ascending order."""

    @classmethod
    def of(cls, values: Iterable[Measured]) -> Percentiles:
        return cls(tuple(sorted(values, key=lambda value: value.seconds)))

    def at(self, percent: int) -> Measured | None:
        """The nearest-rank percentile; ``None`` of nothing.

        It is a lower bound itself if a value up to it is one: that value may belong further up.
        """
        if not self.values:
            return None
        rank = max(math.ceil(percent / 100 * len(self.values)), 1)
        found = self.values[rank - 1].seconds
        bound = any(value.lower_bound and value.seconds <= found for value in self.values)
        return Measured(found, bound)

    def interval(self, percent: int) -> tuple[Measured | None, Measured | None]:
        """The true percentile lies between these two values, 95 times in 100.

        ``None``: too few values to say.
        """
        low, high = _ranks(len(self.values), percent / 100)
        return (
            None if low is None else self.values[low - 1],
            None if high is None else self.values[high - 1],
        )

    def to_json(self) -> dict[str, Any]:
        at = {f"p{percent}": self.at(percent) for percent in PERCENTS}
        return {
            "count": len(self.values),
            "lower_bounds": sum(value.lower_bound for value in self.values),
            **{name: None if found is None else found.seconds for name, found in at.items()},
            "bounded": [name for name, found in at.items() if found and found.lower_bound],
        }


def nearest_rank(values: Sequence[float], percent: int) -> float | None:
    """The percentile of plain figures; ``None`` of nothing."""
    found = Percentiles.of(map(Measured, values)).at(percent)
    return None if found is None else found.seconds


def _ranks(count: int, share: float) -> tuple[int | None, int | None]:
    """The ends of a percentile's interval among ``count`` values in ascending order, from 1 on.

    How many of them lie up to the true percentile is binomial (David and Nagaraja, *Order
    Statistics*, 7.1).
    """
    low = high = None
    # Ten deviations below the mean the sum is next to nothing; of 100,000 ranks few are left.
    deviation = math.sqrt(count * share * (1 - share))
    rank = max(int(count * share - 10 * deviation), 0)
    ways = math.lgamma(count + 1) - math.lgamma(rank + 1) - math.lgamma(count - rank + 1)
    chance = math.exp(ways + rank * math.log(share) + (count - rank) * math.log1p(-share))
    fewer = 0.0  # the chance that fewer than ``rank`` do
    while rank < count and high is None:
        fewer += chance
        chance *= (count - rank) / (rank + 1) * share / (1 - share)
        rank += 1
        if fewer <= _TAIL:
            low = rank
        if fewer >= 1 - _TAIL:
            high = rank
    return low, high


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
