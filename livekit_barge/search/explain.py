"""Explains a choice: what each change bought and cost, found by taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, spell
from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import Setting
from livekit_barge.search.budget import Budget
from livekit_barge.search.setting_judge import HEARD_S, Judge, is_better, rank
from livekit_barge.search.sweep import Point


@dataclass(frozen=True)
class Change:
    """One knob of the chosen setting, and the setting without it."""

    knob: str
    value: object
    chosen: Tally
    without: Tally

    def __str__(self) -> str:
        effects = [*self._clock(), *self._rates()]
        said = ", ".join(effects) or "nothing beyond chance"
        return f"{self.knob} = {spell(self.value)} ({BY_NAME[self.knob].moves}): {said}"

    def _clock(self) -> Iterable[str]:
        for clock, name in (("time_to_yield", "time to yield"), ("dead_air", "dead air")):
            with_, without = getattr(self.chosen, clock).at(50), getattr(self.without, clock).at(50)
            if with_ is None or without is None:
                continue
            less_s = without.seconds - with_.seconds
            if abs(less_s) >= HEARD_S:
                bought = f"{abs(less_s):.2f} s {'less' if less_s > 0 else 'more'} {name} (median)"
                yield bought

    def _rates(self) -> Iterable[str]:
        for rate, names in (
            ("false_stop_rate", ("false stop", "false stops")),
            ("missed_rate", ("miss", "misses")),
        ):
            with_, without = getattr(self.chosen, rate), getattr(self.without, rate)
            fewer = without.count - with_.count
            if fewer and with_.of:
                name = names[abs(fewer) > 1]
                yield f"{abs(fewer)} {'fewer' if fewer > 0 else 'more'} {name} of {with_.of}"


def pruned(judge: Judge, budget: Budget, chosen: Point) -> Point:
    """Return the chosen setting without the changes that make it no better, all in all.

    Those that seem to do nothing on the first calls are taken back together first.
    """
    knobs = [knob for knob, _ in chosen.setting.changes]
    judge.begin("taking changes back", explain_most(len(knobs), judge.rungs[-1]))
    calls = judge.rungs[0]
    part, *parts = judge.judge(
        (chosen.setting, *(_without(chosen.setting, knob) for knob in knobs)), calls
    )
    pairs = zip(knobs, parts, strict=True)
    idle = [knob for knob, without in pairs if not is_better(part, without, budget)]
    left = chosen
    if len(idle) > 1:
        without = judge.judge([_without(chosen.setting, *idle)])[0]
        if not is_better(chosen, without, budget):
            left = without
    for knob, _ in left.setting.changes:
        without = judge.judge([_without(left.setting, knob)])[0]
        if not is_better(chosen, without, budget):
            left = without
    return left


def explain_most(changes: int, calls: int) -> int:
    """Return how many calls it takes at most to prune and explain so many changes."""
    return (2 * changes + 1) * calls


def explain(judge: Judge, chosen: Point) -> list[Change]:
    """Return each change of a setting beside the setting without it."""
    settings = [_without(chosen.setting, knob) for knob, _ in chosen.setting.changes]
    return [
        Change(knob, value, chosen.tally, point.tally)
        for (knob, value), point in zip(chosen.setting.changes, judge.judge(settings), strict=True)
    ]


def binding(budget: Budget, points: Iterable[Point]) -> list[str]:
    """Explain a budget that no setting keeps.

    Returns a line for each limit that cannot be met even alone, or else for each that the nearest
    setting breaks, with the excess.
    """
    every = [point for point in points if not point.failed]
    lines = []
    for limit in budget.limits:
        least = min(limit.excess(point.tally) for point in every)
        if least > 0:
            lines.append(
                f"{limit} cannot be met: the best is {limit.spell(limit.most + least)}, "
                f"{limit.spell(least)} over"
            )
    if lines:
        return lines
    nearest = min(every, key=lambda point: rank(point, budget))
    return [
        f"each limit can be met, not all at once: the nearest setting ({nearest.setting.name})"
        f" has {limit.name} at {limit.spell(limit.most + excess)}, {limit.spell(excess)} over"
        for limit in budget.limits
        if (excess := limit.excess(nearest.tally)) > 0
    ]


def _without(setting: Setting, *knobs: str) -> Setting:
    return Setting(tuple(change for change in setting.changes if change[0] not in knobs))
