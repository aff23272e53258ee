"""The tally of overlaps and labelled events."""

from __future__ import annotations

from livekit_barge.measure.statistics import Measured, Rate
from livekit_barge.measure.totals import Tally
from tests.measure.test_scorecard import overlap


class TestRates:
    def test_yields_are_of_the_callers_who_wanted_the_floor(self):
        outcomes = ["yielded", "yielded", "late", "missed", "held", "natural_end", "unmeasurable"]
        assert Tally.of(map(overlap, outcomes)).yield_rate == Rate(2, 4)

    def test_holds_are_of_the_sounds_to_hold_through(self):
        outcomes = ["held", "held", "held", "false_stop", "yielded"]
        assert Tally.of(map(overlap, outcomes)).hold_rate == Rate(3, 4)

    def test_an_agent_that_came_in_on_the_caller_is_counted_apart(self):
        tally = Tally.of([overlap("missed", agent_over_caller=True)])
        assert (tally.yield_rate, tally.uncounted) == (Rate(0, 0), {"agent_over_caller": 1})


class TestTimes:
    def test_a_miss_is_a_lower_bound_in_the_percentiles(self):
        found = Tally.of([overlap("yielded", 0.4), overlap("missed", 3.0, lower_bound=True)])
        assert found.time_to_yield.at(90) == Measured(3.0, lower_bound=True)

    def test_a_false_stop_has_no_part_in_them(self):
        found = Tally.of([overlap("yielded", 0.4), overlap("false_stop", 0.1)])
        assert found.time_to_yield.at(50) == Measured(0.4)

    def test_a_cancellation_between_two_sentences_is_none(self):
        found = Tally.of([overlap("yielded", 0.2, cancellation_s=0.0, quiet_at_decision=True)])
        assert (found.cancellation.values, found.quiet_at_decision) == ((), 1)

    def test_tallies_add_up_to_that_of_all(self):
        one = [overlap("yielded", 0.4), overlap("held")]
        other = [overlap("missed", 3.0, lower_bound=True), overlap("false_stop", dead_air_s=0.5)]
        one += [overlap("yielded", 0.2, quiet_at_decision=True), overlap("false_stop")]
        added = Tally.total([Tally.of(one), Tally.of(other)])
        assert added.to_json() == Tally.of(one + other).to_json()
