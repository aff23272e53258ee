"""Judges settings by playing a suite's calls under them, on a few calls first where that is enough.

All settings meet the same calls in the same order, one of each pattern before the second of any, so
two settings differ by what they do and a setting can be dropped after the first few calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import Setting
from livekit_barge.search.budget import Budget, Limit
from livekit_barge.search.front import lost_s
from livekit_barge.search.sweep import Point, run_settings
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult

HEARD_S = 0.025
"""A difference of this much can be heard: half a frame of a room's audio."""
_FEWEST_CALLS = 2  # one call may hold a single event of a kind


@dataclass
class Judge:
    """Plays the calls under settings, each call at most once per setting."""

    cases: Sequence[Case]
    out: Path
    jobs: int = 1
    scheduler: str | None = None
    on_result: Callable[[CaseResult], None] | None = None
    on_phase: Callable[[str, int], None] | None = None
    """Called with the phase that begins, and how many calls it plays at most."""
    on_judged: Callable[[], None] | None = None
    """Called after each batch of settings, when ``points`` may have grown."""
    limits: Path | None = None
    points: dict[Setting, Point] = field(default_factory=dict)
    """The settings that were judged by all calls."""
    _parts: dict[int, dict[Setting, Point]] = field(default_factory=dict)
    """The points on the first calls, by the number of calls (a rung)."""

    def __post_init__(self) -> None:
        # Ids end in the part's letter and the number within the pattern: one of each comes first.
        self.cases = sorted(self.cases, key=lambda case: case.case_id.rpartition("-")[2])

    @property
    def base_knobs(self) -> Mapping[str, Any]:
        """The knobs that a setting changes."""
        return self.cases[0].chosen().knobs

    @property
    def rungs(self) -> tuple[int, ...]:
        """The numbers of calls after which a race drops settings."""
        return rungs(len(self.cases))

    def judge(self, settings: Iterable[Setting], calls: int | None = None) -> list[Point]:
        """Return the settings' points on the first ``calls`` calls (a rung), by default on all.

        A change to the value that the base has already is no change: it is left out of the setting,
        and the point is shared.
        """
        count = self.rungs[-1] if calls is None else calls
        wanted = [self.canonical(setting) for setting in settings]
        known = len(self.points)
        before = 0
        for rung in (rung for rung in self.rungs if rung <= count):
            parts = self._parts.setdefault(rung, {})
            new = [setting for setting in dict.fromkeys(wanted) if setting not in parts]
            for setting, point in zip(
                new, self.play(new, before, rung) if new else (), strict=True
            ):
                parts[setting] = _joined(self._parts[before][setting], point) if before else point
            before = rung
        if count == self.rungs[-1]:
            self.points.update({setting: self._parts[count][setting] for setting in wanted})
        if len(self.points) > known and self.on_judged is not None:
            self.on_judged()
        return [self._parts[count][setting] for setting in wanted]

    def canonical(self, setting: Setting) -> Setting:
        """Return the setting without changes to what the base has already."""
        base = self.base_knobs
        return Setting(
            tuple(
                (name, value)
                for name, value in setting.changes
                if name not in base or base[name] != value
            )
        )

    def play(self, settings: Sequence[Setting], first: int, last: int) -> list[Point]:
        """Play the calls from ``first`` up to ``last`` under each setting."""
        return run_settings(
            self.cases[first:last],
            settings,
            out=self.out,
            jobs=self.jobs,
            scheduler=self.scheduler,
            on_result=self.on_result,
            limits=self.limits,
        )

    def begin(self, phase: str, most: int) -> None:
        """Report the phase that begins."""
        if self.on_phase is not None:
            self.on_phase(phase, most)


def rungs(count: int) -> tuple[int, ...]:
    """Return how many of ``count`` calls a race plays before each look: a quarter, half, all."""
    quarter = max(_FEWEST_CALLS, math.ceil(count / 4))
    if 2 * quarter > count:
        return (count,)
    return tuple(dict.fromkeys((quarter, count // 2, count)))


def race(judge: Judge, budget: Budget, settings: Iterable[Setting], than: Point) -> list[Point]:
    """Play settings on more and more calls while they may beat ``than``.

    Returns the points of those that were still ahead when all calls were played.
    """
    left = list(dict.fromkeys(settings))
    for calls in judge.rungs:
        points = judge.judge(left, calls)
        if calls == judge.rungs[-1]:
            return points
        left = [point.setting for point in points if is_ahead(judge, budget, point, than, calls)]
    return []


def is_ahead(judge: Judge, budget: Budget, part: Point, than: Point, calls: int) -> bool:
    """Tell whether a setting may still beat ``than``, by its point on the first ``calls`` calls.

    It may not once it is certain to break the budget by more than ``than`` does, or where it costs
    at least as much on these calls.
    """
    refused = refusal(than, budget)
    if (len(part.failed), _certain_over(part, than, budget)) > refused:
        return False
    other = judge.judge([than.setting], calls)[0]
    ours, theirs = refusal(part, budget), refusal(other, budget)
    if refused > (0, 0.0):
        return ours < theirs or (ours == theirs and lost_s(part.tally) < lost_s(other.tally))
    return lost_s(part.tally) < lost_s(other.tally)


def rank(point: Point, budget: Budget) -> tuple[float, ...]:
    """Return the sort key of a setting, smaller is better.

    Calls that could not be played count first, then the excess over the budget, then the cost in
    seconds, then the number of changes.
    """
    return *refusal(point, budget), lost_s(point.tally), len(point.setting.changes)


def is_better(point: Point, than: Point, budget: Budget) -> bool:
    """Tell whether a setting is better in a way that can be heard."""
    refused, others = refusal(point, budget), refusal(than, budget)
    lost = lost_s(point.tally)
    # Without barge-ins both are infinite, and so is the difference.
    sooner = math.isfinite(lost) and lost <= lost_s(than.tally) - HEARD_S
    return refused < others or (refused == others and sooner)


def fits(point: Point, budget: Budget) -> bool:
    """Tell whether all calls of a setting were played and keep to the budget."""
    return not point.failed and budget.holds(point.tally)


def refusal(point: Point, budget: Budget) -> tuple[int, float]:
    """Return how many calls could not be played, and the excess over the budget."""
    over = sum(max(excess, 0.0) for excess in budget.excesses(point.tally))
    return len(point.failed), round(over, 6)


def _certain_over(part: Point, whole: Point, budget: Budget) -> float:
    """Return the excess that the calls to come cannot take back, with as many events as ``whole``.

    Percentiles may still fall, so only rates count.
    """
    return round(
        sum(max(_certain(limit, part.tally, whole.tally), 0.0) for limit in budget.limits), 6
    )


def _certain(limit: Limit, part: Tally, whole: Tally) -> float:
    if not limit.is_rate or not (of := limit.rate(whole).of):
        return 0.0
    return limit.rate(part).count / of - limit.most


def _joined(first: Point, second: Point) -> Point:
    return Point(
        first.setting,
        Tally.total((first.tally, second.tally)),
        round(first.call_s + second.call_s, 6),
        first.failed + second.failed,
    )
