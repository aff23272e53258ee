"""Tallies: labels, denominators, and that they add up."""

import pytest

from livekit_barge.measure.statistics import Measured
from livekit_barge.measure.totals import Tally
from livekit_barge.suites.event_results import CaseResult, EventResult


def event(expect="yield", outcome="yielded", **more):
    fields = {"case_id": "a", "line": 0, "said": "Wait!", "at": "in mid-word"}
    return EventResult(**fields, expect=expect, outcome=outcome, **more)


EVENTS = [
    event(time_to_yield_s=0.4, detection_s=0.3, cancellation_s=0.1, talked_on=False),
    event(outcome="late", time_to_yield_s=1.5, detection_s=1.0, cancellation_s=0.5, talked_on=True),
    event(outcome="missed", time_to_yield_s=3.0, lower_bound=True),
    event("hold", "held"),
    event("hold", "false_stop", dead_air_s=2.7, talked_on=False),
    event("protected", "held"),
    event(time_to_yield_s=0.4, cancellation_s=0.0, quiet_at_decision=True),
    event(outcome="natural_end"),
    event(outcome="yielded", agent_over_caller=True, detection_s=9.0),
]


class TestATally:
    tally = Tally.of(EVENTS)

    def test_its_rates_have_the_events_they_are_about_as_denominators(self):
        rates = {
            "yield_rate": (2, 4),
            "missed_rate": (1, 4),
            "false_stop_rate": (1, 2),
            "broken_rate": (0, 1),
            "talked_on_rate": (1, 2),
            "resumed_rate": (0, 3),
        }
        for name, (count, of) in rates.items():
            rate = getattr(self.tally, name)
            assert (name, rate.count, rate.of) == (name, count, of)

    def test_a_miss_is_a_lower_bound_in_the_time_to_yield(self):
        slowest = self.tally.time_to_yield.at(95)
        assert (slowest.seconds, slowest.lower_bound) == (3.0, True)

    def test_where_the_agent_came_in_on_the_caller_no_clock_counts(self):
        assert [t.seconds for t in self.tally.detection.values] == [0.3, 1.0]
        assert self.tally.uncounted == {"natural_end": 1, "agent_over_caller": 1}

    def test_where_it_was_between_two_words_there_is_no_cancellation(self):
        assert [t.seconds for t in self.tally.cancellation.values] == [0.1, 0.5]
        assert self.tally.quiet_at_decision == 1

    def test_dead_air_is_counted_per_false_stop(self):
        assert [t.seconds for t in self.tally.dead_air.values] == [2.7]

    def test_dead_air_to_the_call_s_end_is_a_lower_bound(self):
        mute = event("hold", "false_stop", dead_air_s=8.0, dead_air_lower_bound=True)
        assert Tally.of([mute]).dead_air.values == (Measured(8.0, lower_bound=True),)

    def test_the_tallies_of_parts_add_up_to_that_of_the_whole(self):
        parts = Tally.total((Tally.of(EVENTS[:3]), Tally.of(EVENTS[3:])))
        assert parts.to_json() == self.tally.to_json()

    def test_a_rate_of_nine_events_says_that_it_is_of_too_few_and_one_of_ten_does_not(self):
        few, enough = (Tally.of([event()] * count).to_json()["yield_rate"] for count in (9, 10))
        assert (few["too_few"], enough["too_few"]) == (True, False)


def test_a_result_is_read_back_as_it_was_written():

    result = CaseResult(
        case_id="a", preset="snappy", events=tuple(EVENTS), call_s=3.5, unplaced=("x",)
    )
    assert CaseResult.from_line(result.line()) == result


@pytest.mark.parametrize(("outcome", "stopped"), [("held", False), ("false_stop", True)])
def test_a_false_stop_can_be_asked_for_by_sql(outcome, stopped):
    assert event("hold", outcome).to_json()["false_stop"] is stopped
