"""Differences of stamps, outcomes by time, and dead air."""

from __future__ import annotations

import pytest

from livekit_barge.hearing.span import Span
from livekit_barge.measure.figures import dead_air_s, minus, outcome_by_time
from livekit_barge.measure.limits import Limits


def test_a_difference_is_in_whole_microseconds():
    assert minus(0.3, 0.1) == 0.2


@pytest.mark.parametrize("stamps", [(None, 1.0), (1.0, None), (None, None)])
def test_a_difference_with_an_unknown_stamp_is_unknown(stamps):
    assert minus(*stamps) is None


@pytest.mark.parametrize(
    ("time_to_yield_s", "outcome"),
    [(1.0, "yielded"), (1.000001, "late"), (2.999999, "late"), (3.0, "missed")],
)
def test_the_time_to_yield_decides_between_yielded_late_and_missed(time_to_yield_s, outcome):
    assert outcome_by_time(time_to_yield_s, Limits.load()) == outcome


def test_dead_air_is_the_pause_less_what_the_caller_said_in_it():
    # pause    |-----------------|     2.0 to 5.0
    # caller  ---|    |---|   |----
    spoken = [Span(1.0, 2.5), Span(3.0, 3.5), Span(4.75, 6.0)]
    assert dead_air_s(Span(2.0, 5.0), spoken) == 1.75


def test_a_pause_that_the_caller_fills_holds_no_dead_air():
    assert str(dead_air_s(Span(2.1, 2.3), [Span(1.0, 4.0)])) == "0.0"
