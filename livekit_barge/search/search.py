"""The search: Optuna proposes settings, the suite's calls judge them, then one knob at a time.

Every setting is judged by the same calls, so two settings differ by what they do and not by whom
they met. The proposals come in rounds of a fixed size: whatever the number of workers, a seed gives
the same search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livekit_barge.errors import BargeError, ScriptError, SettingsError
from livekit_barge.search.axes import BASE, Setting
from livekit_barge.search.budget import Budget
from livekit_barge.search.front import costs, front, knee, lost_s
from livekit_barge.search.space import SPACE, Place
from livekit_barge.search.sweep import Point, run_settings
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult

ROUND = 8
"""So many proposals at once."""
# A difference of this much can be heard: half a frame of a room's audio.
HEARD_S = 0.025
# How a setting without a single event of a kind is judged: worst.
_WORST = (10.0, 1.0)


@dataclass
class Judge:
    """Plays the calls under settings, each once."""

    cases: Sequence[Case]
    out: Path
    jobs: int = 1
    scheduler: str | None = None
    on_result: Callable[[CaseResult], None] | None = None
    on_plan: Callable[[int], None] | None = None
    """Told how many calls are about to be played."""
    thresholds: Path | None = None
    points: dict[Setting, Point] = field(default_factory=dict)

    @property
    def base_knobs(self) -> Mapping[str, Any]:
        """The knobs that a setting changes."""
        return self.cases[0].chosen().knobs

    def judge(self, settings: Iterable[Setting]) -> list[Point]:
        """Their points, in their order."""
        wanted = list(settings)
        new = [s for s in dict.fromkeys(wanted) if s not in self.points]
        if new:
            if self.on_plan is not None:
                self.on_plan(len(new) * len(self.cases))
            found = run_settings(
                self.cases,
                new,
                out=self.out,
                jobs=self.jobs,
                scheduler=self.scheduler,
                on_result=self.on_result,
                thresholds=self.thresholds,
            )
            self.points.update(zip(new, found, strict=True))
        return [self.points[setting] for setting in wanted]


@dataclass(frozen=True)
class Found:
    """What a search has found."""

    chosen: Point
    base: Point
    """The preset that it began with."""
    front: tuple[Point, ...]
    """Of the settings within the budget; of all where none is."""
    points: tuple[Point, ...]
    within_budget: bool

    @classmethod
    def of(cls, judge: Judge, budget: Budget, chosen: Point) -> Found:
        """A choice, among all that have been judged."""
        points = tuple(judge.points.values())
        fitting = [point for point in points if _fits(point, budget)]
        return cls(
            chosen=chosen,
            base=judge.points[BASE],
            front=tuple(front(fitting or points)),
            points=points,
            within_budget=_fits(chosen, budget),
        )


def search(
    judge: Judge,
    budget: Budget,
    *,
    trials: int,
    seed: int = 0,
    starts: Iterable[Mapping[str, Any]] = (),
) -> Found:
    """Search for the settings that yield soonest within a budget.

    Args:
        judge: Plays the calls.
        budget: What must hold on these calls.
        trials: How many settings Optuna proposes, rounded up to whole rounds.
        seed: Of the proposals.
        starts: Knobs to try first, such as the shipped presets'.

    Raises:
        BargeError: for a preset or a suite that cannot be used.
    """
    base = judge.judge([BASE])[0]
    if base.failed:
        raise BargeError(base.failed[0])
    if math.isinf(lost_s(base.tally)):
        raise ScriptError(
            "no event to yield to in the suite's part tuning, so nothing can be sooner",
            remedy="give it a caller's line with expect: yield, where the agent speaks",
        )
    _propose(judge, budget, trials, seed, [Place.nearest(knobs) for knobs in starts])
    chosen = _polish(judge, budget, _choose(judge.points.values(), budget))
    return Found.of(judge, budget, chosen)


def _propose(judge: Judge, budget: Budget, trials: int, seed: int, starts: Sequence[Place]) -> None:
    optuna = need_optuna()
    names = [axis.name for axis in SPACE]

    study = optuna.create_study(
        directions=["minimize", "minimize"], sampler=optuna.samplers.TPESampler(seed=seed)
    )
    for place in dict.fromkeys(starts):
        study.enqueue_trial(dict(zip(names, place.numbers, strict=True)))
    for _ in range(-(-trials // ROUND)):
        asked = [study.ask() for _ in range(ROUND)]
        places = [
            Place(tuple(trial.suggest_int(a.name, 0, len(a.values) - 1) for a in SPACE))
            for trial in asked
        ]
        points = judge.judge(place.setting for place in places)
        for trial, point in zip(asked, points, strict=True):
            for limit in budget.limits:
                trial.set_constraint(limit.name, limit.excess(point.tally))
            if point.failed:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, costs(point.tally) or _WORST)


def _polish(judge: Judge, budget: Budget, chosen: Point) -> Point:
    """Try every value of every knob by itself, while that finds something to hear."""
    while True:
        place = Place.nearest({**judge.base_knobs, **chosen.setting.knobs})
        around = judge.judge(place.setting for place in (place, *place.neighbours()))
        best = min((chosen, *around), key=lambda point: rank(point, budget))
        if not is_better(best, chosen, budget):
            return chosen
        chosen = best


def _choose(points: Iterable[Point], budget: Budget) -> Point:
    every = list(points)
    fitting = front([point for point in every if _fits(point, budget)])
    return knee(fitting) if fitting else min(every, key=lambda point: rank(point, budget))


def _fits(point: Point, budget: Budget) -> bool:
    """Whether all its calls were played, and keep to the budget."""
    return not point.failed and budget.holds(point.tally)


def rank(point: Point, budget: Budget) -> tuple[float, ...]:
    """Smaller is better: calls that could not be played, over the budget by how much, then seconds
    lost, then how many changes."""
    return *_refused(point, budget), lost_s(point.tally), len(point.setting.changes)


def is_better(point: Point, than: Point, budget: Budget) -> bool:
    """Whether a setting is better in a way that can be heard."""
    refused, others = _refused(point, budget), _refused(than, budget)
    lost = lost_s(point.tally)
    # Without barge-ins both are infinite, and so is the difference.
    sooner = math.isfinite(lost) and lost <= lost_s(than.tally) - HEARD_S
    return refused < others or (refused == others and sooner)


def _refused(point: Point, budget: Budget) -> tuple[int, float]:
    """How many calls could not be played, and by how much it is over the budget."""
    over = sum(max(excess, 0.0) for excess in budget.excesses(point.tally))
    return len(point.failed), round(over, 6)


def need_optuna() -> Any:
    """Optuna. Raises :class:`SettingsError` where the extra is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise SettingsError(
            "tune needs Optuna", remedy="install livekit-barge with the extra tune"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
