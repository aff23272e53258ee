"""The search's last step: moves the knobs of the best setting, each along its values.

Each knob is followed in both directions on the first calls for as long as its values get better;
only what is ahead there is played on more calls. Knobs that help alone are then tried together.
"""

from __future__ import annotations

from livekit_barge.search.budget import Budget
from livekit_barge.search.setting_judge import Judge, is_ahead, is_better, race, rank
from livekit_barge.search.space import SPACE, SpacePoint
from livekit_barge.search.sweep import Point

_MOST_PASSES = 4  # a pass that changes nothing ends it; most searches take two

_Way = tuple[int, int]
"""An axis by its number, and the direction along it."""


def polish(judge: Judge, budget: Budget, chosen: Point) -> Point:
    """Return the setting that no knob moved along its values makes audibly better."""
    for done in range(_MOST_PASSES):
        judge.begin("moving one knob at a time", polish_most(judge.rungs, _MOST_PASSES - done))
        best = _best_around(judge, budget, chosen)
        if not is_better(best, chosen, budget):
            break
        chosen = best
    return chosen


def polish_most(rungs: tuple[int, ...], passes: int = _MOST_PASSES) -> int:
    """Return how many calls so many passes play at most."""
    values = sum(len(axis.values) - 1 for axis in SPACE)
    finals = 2 * len(SPACE) + 1
    return passes * (values * rungs[0] + finals * (rungs[-1] - rungs[0]) + rungs[-1])


def _best_around(judge: Judge, budget: Budget, chosen: Point) -> Point:
    start = SpacePoint.nearest({**judge.base_knobs, **chosen.setting.knobs})
    ahead = _follow(judge, budget, chosen, start)
    places = {place.setting: place for place in ahead.values()}
    whole = race(judge, budget, (start.setting, *places), chosen)
    by_setting = {judge.canonical(setting): place for setting, place in places.items()}
    points = {by_setting[each.setting]: each for each in whole if each.setting in by_setting}
    ahead = {way: place for way, place in ahead.items() if place in points}
    together = _together(start, ahead, points, chosen, budget)
    if together is not None:
        whole += judge.judge([together.setting])
    return min((chosen, *whole), key=lambda point: rank(point, budget))


def _follow(
    judge: Judge, budget: Budget, chosen: Point, start: SpacePoint
) -> dict[_Way, SpacePoint]:
    """Follow each way from ``start`` on the first calls; return where each was last ahead."""
    calls = judge.rungs[0]
    ahead: dict[_Way, SpacePoint] = {}
    before: dict[_Way, Point] = {}
    walking = {(axis, by): start for axis in range(len(SPACE)) for by in (-1, 1)}
    while walking:
        steps = {
            way: step for way, place in walking.items() if (step := place.step(*way)) is not None
        }
        points = judge.judge((place.setting for place in steps.values()), calls)
        walking = {}
        for (way, place), point in zip(steps.items(), points, strict=True):
            sooner = way not in before or rank(point, budget) < rank(before[way], budget)
            if sooner and is_ahead(judge, budget, point, chosen, calls):
                ahead[way], before[way], walking[way] = place, point, place
    return ahead


def _together(
    start: SpacePoint,
    ahead: dict[_Way, SpacePoint],
    points: dict[SpacePoint, Point],
    chosen: Point,
    budget: Budget,
) -> SpacePoint | None:
    """Return the place with the best value of every knob that helps alone, if several do."""
    numbers = list(start.numbers)
    helped: dict[int, SpacePoint] = {}
    for (axis, _), place in ahead.items():
        best = points[helped[axis]] if axis in helped else chosen
        if rank(points[place], budget) < rank(best, budget):
            helped[axis] = place
            numbers[axis] = place.numbers[axis]
    return SpacePoint(tuple(numbers)) if len(helped) > 1 else None
