"""A result against a limit: met, missed, or undecided."""

from __future__ import annotations

from dataclasses import replace

from livekit_barge.measure.checks import Check, check, passed
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.totals import Tally
from tests.measure.test_scorecard import LIMITS, card, overlap


class TestLimits:
    def test_a_rate_below_its_limit_falls_short(self):
        made = check(Tally.of([overlap("yielded", 0.4), overlap("late", 1.2)]), LIMITS)
        assert [each.passed for each in made] == [False, None, True]
        assert not passed(made)

    def test_a_limit_that_is_met_exactly_holds(self):
        limits = replace(LIMITS, yield_rate_min=0.5, p90_time_to_yield_max_s=1.2)
        made = check(Tally.of([overlap("yielded", 0.4), overlap("late", 1.2)]), limits)
        assert [each.passed for each in made] == [True, None, True]

    def test_nothing_to_judge_passes(self):
        assert passed(check(Tally.of([]), LIMITS))


class TestLowerBounds:
    """Nine callers waited 0.5 s; two were last seen waiting after 1.2 s."""

    OVERLAPS = (
        *(overlap("yielded", 0.5) for _ in range(9)),
        *(overlap("missed", 1.2, lower_bound=True) for _ in range(2)),
    )

    def test_a_time_that_may_be_over_its_limit_is_undecided(self):
        slowest = check(Tally.of(self.OVERLAPS), LIMITS)[2]
        assert (slowest.value, slowest.passed, slowest.undecided) == (1.2, None, True)

    def test_a_scorecard_and_the_gate_judge_alike(self):
        limits = replace(Limits.load(), scorecard=LIMITS)
        of_gate = check(Tally.of(self.OVERLAPS), limits.scorecard, limits.gate)
        assert card(*self.OVERLAPS).checks == of_gate[:3]

    def test_a_scorecard_with_one_undecided_has_not_passed(self):
        lenient = replace(LIMITS, yield_rate_min=0.5)
        assert card(*self.OVERLAPS, limits=lenient).passed is None

    def test_a_check_that_fell_short_outweighs_an_undecided_one(self):
        undecided = Check(name="p90_dead_air_max_s", limit=3.0, value=2.0, of=20, lower_bound=True)
        short = Check(name="yield_rate_min", limit=0.9, value=0.5, of=20)
        assert passed([undecided, short]) is False
