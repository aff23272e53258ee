"""The search: Optuna proposes settings, the suite's calls judge them, then knobs move step by step.

The proposals come in rounds of a fixed size, so a seed gives the same search whatever the number of
workers. Of each round only the best on the first calls meet all calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livekit_barge.errors import BargeError, ScriptError, SettingsError
from livekit_barge.search.axes import BASE, Setting
from livekit_barge.search.budget import Budget
from livekit_barge.search.front import costs, front, knee, lost_s
from livekit_barge.search.polish import polish
from livekit_barge.search.setting_judge import Judge, fits, rank
from livekit_barge.search.space import SPACE, SpacePoint
from livekit_barge.search.sweep import Point

ROUND = 8
"""This many settings are proposed at once."""
_FINALISTS = 2  # of a round; the others are judged by the first calls alone
# A setting without a single event of a kind is judged as the worst.
_WORST = (10.0, 1.0)


@dataclass(frozen=True)
class Found:
    """The result of a search."""

    chosen: Point
    base: Point
    """The preset that the search began with."""
    front: tuple[Point, ...]
    """The front of the settings within the budget, or of all settings if none is."""
    points: tuple[Point, ...]
    within_budget: bool

    @classmethod
    def of(cls, judge: Judge, budget: Budget, chosen: Point) -> Found:
        """Put a choice beside all settings that were judged."""
        points = tuple(judge.points.values())
        fitting = [point for point in points if fits(point, budget)]
        return cls(
            chosen=chosen,
            base=judge.points[BASE],
            front=tuple(front(fitting or points)),
            points=points,
            within_budget=fits(chosen, budget),
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
        budget: The limits that must hold on these calls.
        trials: The number of settings Optuna proposes, rounded up to whole rounds.
        seed: The seed of the proposals.
        starts: Knobs to try first, such as the shipped presets'.

    Raises:
        BargeError: for a preset or a suite that cannot be used.
    """
    base = judge.judge([BASE])[0]
    if base.failed:
        raise BargeError(base.failed[0])
    if math.isinf(lost_s(base.tally)):
        raise ScriptError(
            "the suite's part tuning has no event to yield to, so no setting can be better",
            remedy="add a caller's line with expect: yield over the agent's speech",
        )
    _propose(judge, budget, trials, seed, [SpacePoint.nearest(knobs) for knobs in starts])
    return Found.of(judge, budget, polish(judge, budget, best_so_far(judge, budget)))


def proposals_most(trials: int, calls: int) -> int:
    """Return how many calls the proposals play at most."""
    return -(-trials // ROUND) * ROUND * calls


def best_so_far(judge: Judge, budget: Budget) -> Point:
    """Choose among the settings that all calls have judged."""
    every = list(judge.points.values())
    fitting = front([point for point in every if fits(point, budget)])
    return knee(fitting) if fitting else min(every, key=lambda point: rank(point, budget))


def _propose(
    judge: Judge, budget: Budget, trials: int, seed: int, starts: Sequence[SpacePoint]
) -> None:
    optuna = need_optuna()
    names = [axis.name for axis in SPACE]
    study = optuna.create_study(
        directions=["minimize", "minimize"], sampler=optuna.samplers.TPESampler(seed=seed)
    )
    for place in dict.fromkeys(starts):
        study.enqueue_trial(dict(zip(names, place.numbers, strict=True)))
    for first in range(0, trials, ROUND):
        judge.begin("proposing settings", proposals_most(trials - first, judge.rungs[-1]))
        asked = [study.ask() for _ in range(ROUND)]
        settings = [
            SpacePoint(
                tuple(trial.suggest_int(a.name, 0, len(a.values) - 1) for a in SPACE)
            ).setting
            for trial in asked
        ]
        for trial, judged in zip(asked, _judge_round(judge, budget, settings), strict=True):
            for limit, excess in zip(budget.limits, judged.excesses, strict=True):
                trial.set_constraint(limit.name, excess)
            if judged.costs is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, judged.costs)


@dataclass(frozen=True)
class _Judged:
    """A proposal as Optuna is told of it."""

    costs: tuple[float, float] | None
    """The median time to yield and the rate of false stops; ``None``: calls could not be played."""
    excesses: tuple[float, ...]


def _judge_round(judge: Judge, budget: Budget, settings: Sequence[Setting]) -> list[_Judged]:
    """Judge proposals by the first calls, and the best of them by all.

    What the first calls give is shifted by how much the base differs between them and all calls, so
    that the figures of one study are comparable.
    """
    parts = judge.judge(settings, judge.rungs[0])
    ranked = sorted(parts, key=lambda point: rank(point, budget))
    judge.judge(point.setting for point in ranked[:_FINALISTS])
    base = judge.points[BASE]
    base_part = judge.judge([BASE], judge.rungs[0])[0]
    return [
        _shifted(judge.points.get(part.setting), part, base_part, base, budget) for part in parts
    ]


def _shifted(
    whole: Point | None, part: Point, base_part: Point, base: Point, budget: Budget
) -> _Judged:
    point = whole or part
    if point.failed:
        return _Judged(None, budget.excesses(point.tally))
    ours = costs(point.tally) or _WORST
    if whole is not None:
        return _Judged(ours, budget.excesses(whole.tally))
    theirs, all_theirs = costs(base_part.tally) or _WORST, costs(base.tally) or _WORST
    pairs = zip(
        budget.excesses(part.tally),
        budget.excesses(base.tally),
        budget.excesses(base_part.tally),
        strict=True,
    )
    return _Judged(
        (
            max(ours[0] + all_theirs[0] - theirs[0], 0.0),
            max(ours[1] + all_theirs[1] - theirs[1], 0.0),
        ),
        tuple(own + of_all - of_part for own, of_all, of_part in pairs),
    )


def need_optuna() -> Any:
    """Import Optuna. Raises :class:`SettingsError` if the extra is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise SettingsError(
            "tune needs Optuna", remedy="install livekit-barge with the extra tune"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
