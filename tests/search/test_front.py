"""The settings worth choosing from, and the knee of them."""

from __future__ import annotations

from livekit_barge.search.front import costs, front, knee
from tests.search.made import point


def test_a_point_that_another_beats_in_both_is_not_on_the_front():
    quick, middle, slow, beaten = point(0.2, 8), point(0.3, 2), point(0.9, 0), point(0.4, 5)
    assert front([slow, beaten, middle, quick]) == [quick, middle, slow]


def test_of_two_that_are_equal_one_stays():
    assert len(front([point(0.3, 2), point(0.3, 2)])) == 1


def test_the_knee_loses_the_fewest_seconds():
    # Dead air of 0.2 s a false stop: 0.2 + 0.16, 0.3 + 0.04, and 0.9.
    quick, middle, slow = point(0.2, 8), point(0.3, 2), point(0.9, 0)
    assert knee([quick, middle, slow]) is middle


def test_without_events_there_is_nothing_to_compare():
    assert costs(point(0.2, 0).tally.of([])) is None
