"""Rates, intervals and percentiles against figures worked out elsewhere."""

from __future__ import annotations

import math

import pytest

from livekit_barge.measure.statistics import Measured, Percentiles, Rate, difference


class TestRate:
    # Wilson's interval as in Newcombe 1998, table I: 81 of 263.
    def test_its_interval_is_wilsons(self):
        assert Rate(81, 263).interval() == pytest.approx((0.2553, 0.3662), abs=5e-5)

    def test_none_of_a_few_is_not_certain(self):
        # Newcombe 1998: 0 of 20 gives 0 to 0.1611
        assert Rate(0, 20).interval() == pytest.approx((0.0, 0.1611), abs=5e-5)

    def test_all_of_a_few_is_not_certain(self):
        low, high = Rate(3, 3).interval()
        assert (low, high) == (pytest.approx(0.4385, abs=5e-5), 1.0)

    def test_out_of_nothing_there_is_no_rate(self):
        assert Rate(0, 0).value is None
        assert Rate(0, 0).to_json() == {
            "count": 0,
            "of": 0,
            "rate": None,
            "low": None,
            "high": None,
        }

    def test_counts_add_up(self):
        assert Rate(1, 2) + Rate(2, 5) == Rate(3, 7)


class TestDifference:
    def test_its_interval_is_newcombes(self):
        # Newcombe 1998, hybrid score, 56/70 against 48/80: 0.2, from 0.0524 to 0.3339
        found = difference(Rate(56, 70), Rate(48, 80))
        assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)

    def test_against_nothing_there_is_none(self):
        assert difference(Rate(1, 2), Rate(0, 0)) is None


class TestPercentiles:
    def test_a_percentile_is_a_figure_that_occurred(self):
        values = Percentiles.of(Measured(s) for s in (0.4, 0.1, 0.3, 0.2))
        assert [values.at(p) for p in (50, 90, 95)] == [Measured(0.2), Measured(0.4), Measured(0.4)]

    def test_a_lower_bound_above_it_changes_nothing(self):
        values = Percentiles.of([Measured(0.2), Measured(0.3), Measured(3.0, lower_bound=True)])
        assert values.at(50) == Measured(0.3)

    def test_a_lower_bound_below_it_makes_it_one(self):
        values = Percentiles.of([Measured(0.1, lower_bound=True), Measured(0.2), Measured(0.3)])
        assert values.at(50) == Measured(0.2, lower_bound=True)

    def test_of_nothing_there_is_none(self):
        assert Percentiles.of([]).to_json() == {
            "count": 0,
            "lower_bounds": 0,
            "p50": None,
            "p90": None,
            "p95": None,
            "bounded": [],
        }


class TestIntervalOfPercentiles:
    @staticmethod
    def ranks(count, percent):
        """Its ends among so many values, counted from 1."""
        ends = Percentiles.of(map(Measured, range(1, count + 1))).interval(percent)
        return tuple(end and end.seconds for end in ends)

    # Tables of the median's interval: David and Nagaraja, Conover.
    @pytest.mark.parametrize(
        ("count", "expected"),
        [(5, (None, None)), (6, (1, 6)), (9, (2, 8)), (20, (6, 15)), (100, (40, 61))],
    )
    def test_the_median_lies_between_the_ranks_of_the_tables(self, count, expected):
        assert self.ranks(count, 50) == expected

    def test_the_ends_hold_the_percentile_95_times_in_100_and_no_rank_less_does(self):
        count, share = 50, 0.9
        low, high = self.ranks(count, 90)

        def holds(first: int, last: int) -> float:
            """The chance that the true percentile lies between these two values."""
            return sum(
                math.comb(count, hits) * share**hits * (1 - share) ** (count - hits)
                for hits in range(first, last)
            )

        assert holds(low, high) >= 0.95
        assert holds(0, low + 1) > 0.025
        assert holds(high - 1, count + 1) > 0.025

    def test_one_end_may_be_known_alone(self):
        assert self.ranks(10, 90) == (7, None)

    def test_a_hundred_thousand_values_have_the_ranks_of_the_binomial(self):
        # scipy.stats.binom(100_000, 0.95)
        assert self.ranks(100_000, 95) == (94_864, 95_136)
