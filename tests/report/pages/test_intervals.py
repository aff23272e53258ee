"""How far a percentile can be trusted."""

from __future__ import annotations

import pytest

from livekit_barge.measure.statistics import Measured, Percentiles
from livekit_barge.report.pages.intervals import interval, ranks
from livekit_barge.report.pages.writer import between


# The ranks that tables of the median's interval give: David and Nagaraja, Conover.
@pytest.mark.parametrize(
    ("count", "expected"),
    [(5, (None, None)), (6, (1, 6)), (9, (2, 8)), (10, (2, 9)), (20, (6, 15)), (100, (40, 61))],
)
def test_the_median_lies_between_the_ranks_of_the_tables(count, expected):
    assert ranks(count, 0.5) == expected


def test_the_ends_hold_the_percentile_95_times_in_100_and_no_rank_less_does():
    import math

    count, share = 50, 0.9
    low, high = ranks(count, share)

    def holds(first: int, last: int) -> float:
        """The chance that the true percentile lies between these two figures."""
        return sum(
            math.comb(count, hits) * share**hits * (1 - share) ** (count - hits)
            for hits in range(first, last)
        )

    assert holds(low, high) >= 0.95
    assert holds(0, low + 1) > 0.025
    assert holds(high - 1, count + 1) > 0.025


def test_thousands_of_figures_have_an_interval():
    low, high = ranks(10_000, 0.9)
    assert (low, high) == (pytest.approx(8_941, abs=2), pytest.approx(9_060, abs=2))


def test_it_is_between_figures_that_occurred_and_a_lower_bound_stays_one():
    times = Percentiles.of([*map(Measured, (0.1, 0.2, 0.3, 0.4, 0.5)), Measured(3.0, True)])
    assert interval(times, 50) == (Measured(0.1), Measured(3.0, True))
    assert between(times, 50) == "100 ms to ≥ 3.0 s"


@pytest.mark.parametrize(
    ("count", "percent", "text"),
    [(0, 50, "–"), (3, 50, "too few to say"), (10, 90, "700 ms or more")],
)
def test_too_few_figures_say_so(count, percent, text):
    times = Percentiles.of(Measured((rank + 1) / 10) for rank in range(count))
    assert between(times, percent) == text
