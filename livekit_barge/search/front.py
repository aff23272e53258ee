"""Selects the settings worth choosing from, and chooses one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livekit_barge.measure.totals import Tally
from livekit_barge.search.sweep import Point


def costs(tally: Tally) -> tuple[float, float] | None:
    """The median time to yield, in seconds, and the share of false stops; both are to be small.

    ``None`` where the calls had no event of either kind.
    """
    median = tally.time_to_yield.at(50)
    share = tally.false_stop_rate.value
    return None if median is None or share is None else (median.seconds, share)


def front(points: Sequence[Point]) -> list[Point]:
    """The points that no other beats in both costs, from the quickest on; of equals the first.

    Settings whose calls could not be played are none of them.
    """
    best: list[tuple[tuple[float, float], Point]] = []
    whole = (point for point in points if not point.failed)
    known = [(cost, point) for point in whole if (cost := costs(point.tally)) is not None]
    for cost, point in sorted(known, key=lambda each: each[0]):
        if not best or cost[1] < best[-1][0][1]:
            best.append((cost, point))
    return [point for _, point in best]


def lost_s(tally: Tally) -> float:
    """Return a setting's cost, in audible seconds: the median time to yield of a barge-in, and
    the dead air that a sound to hold through brings on average. Infinite without barge-ins."""
    median = tally.time_to_yield.at(50)
    if median is None:
        return math.inf
    dead_s = sum(value.seconds for value in tally.dead_air.values)
    return round(median.seconds + (dead_s / tally.hold_rate.of if tally.hold_rate.of else 0.0), 6)


def knee(points: Sequence[Point]) -> Point:
    """Return the point with the lowest cost.

    A quicker yield would cost more in dead air than it saves, and fewer false stops would cost more
    time. Both count in seconds, so no weights are needed.
    """
    return min(points, key=lambda point: lost_s(point.tally))
