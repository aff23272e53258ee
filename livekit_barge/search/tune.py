"""``tune``: search on one part of a suite, write a preset, and check it on the other part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livekit_barge.call.formats import HELD_OUT
from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.frameworks.livekit.presets.preset import Preset, preset_names
from livekit_barge.measure.totals import Tally
from livekit_barge.search.budget import Budget
from livekit_barge.search.explain import Change, binding, explain, pruned
from livekit_barge.search.preset_file import write_preset
from livekit_barge.search.search import Found, Judge, need_optuna, search
from livekit_barge.search.sweep import write_sweep
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.play_cases import run_cases
from livekit_barge.suites.suite import SPLITS, Suite
from livekit_barge.work.progress import Bar

TUNED = "tuned"


@dataclass(frozen=True, kw_only=True)
class Order:
    """The command's options."""

    suite: Suite
    budget: Budget
    preset: str
    trials: int
    seed: int
    times: int
    jobs: int
    scheduler: str | None
    out: Path
    preset_file: Path
    thresholds: Path | None

    @classmethod
    def of(
        cls,
        *,
        suite: str,
        budget: str,
        out: Path | None,
        write: Path | None,
        **same: Any,
    ) -> Order:
        """Raises a :class:`~livekit_barge.errors.BargeError` for an option that cannot be."""
        if write is not None and write.suffix != ".toml":
            raise SettingsError(
                f"{write} is no preset file", where="--write", remedy="such as mine.toml"
            )
        loaded = Suite.load(suite)
        folder = out or Path("tune") / loaded.name
        return cls(
            suite=loaded,
            budget=Budget.parse(budget),
            out=folder,
            preset_file=write or folder / f"{TUNED}.toml",
            **same,
        )


@dataclass(frozen=True)
class Tuned:
    """What came of it."""

    found: Found
    changes: Sequence[Change]
    binding: Sequence[str]
    """Where no setting keeps to the budget: what keeps it from being met."""
    held_out: Mapping[str, Tally]
    """Of calls the search has not heard, by preset, the tuned one first."""
    failed: Sequence[str]
    """Why some of those could not be played, with the preset."""
    preset_file: Path
    sweep_file: Path


def run_tune(order: Order, bar: Bar) -> Tuned:
    """Raises a :class:`~livekit_barge.errors.BargeError`."""
    need_optuna()  # before a call is played
    names = [name for name in preset_names() if name != order.preset]
    heard, unheard = (
        order.suite.cases(preset=order.preset, seed=order.seed, split=part, times=order.times)
        for part in SPLITS
    )
    # Before the search: what is wrong with this part is not told after hours.
    for result in _play(order, unheard, bar):
        if result.error is not None:
            raise BargeError(result.error, where="the part held-out")
    judge = Judge(
        heard,
        order.out,
        jobs=order.jobs,
        scheduler=order.scheduler,
        on_result=bar.advance,
        on_plan=bar.plan,
        thresholds=order.thresholds,
    )
    starts = [Preset.load(name).knobs for name in (order.preset, *names)]
    found = search(judge, order.budget, trials=order.trials, seed=order.seed, starts=starts)
    chosen = pruned(judge, order.budget, found.chosen)
    changes = explain(judge, chosen)
    found = Found.of(judge, order.budget, chosen)  # with what these two have tried
    knobs = chosen.setting.knobs
    # Before the preset is written, which may be over the one that it is based on.
    held_out, failed = _held_out(order, unheard, knobs, names, bar)
    kept = "within" if found.within_budget else "as near as any setting comes to"
    told = "; ".join((str(order.budget), *order.budget.unjudged(chosen.tally)))
    write_preset(
        order.preset_file,
        knobs,
        base=order.preset,
        summary=f"Tuned on {order.suite.name} from {order.preset}, {kept} {told}.",
        cost=" ".join(f"{change}." for change in changes) or "Nothing was changed.",
    )
    return Tuned(
        found,
        changes,
        [] if found.within_budget else binding(order.budget, found.points),
        held_out,
        failed,
        order.preset_file,
        write_sweep(order.out, f"tuning {order.suite.name} from {order.preset}", found.points),
    )


def _held_out(
    order: Order,
    unheard: Sequence[Case],
    knobs: Mapping[str, Any],
    names: Sequence[str],
    bar: Bar,
) -> tuple[dict[str, Tally], list[str]]:
    """What each preset makes of the calls, and why some could not be played under it."""
    tallies, failed = {}, []
    for label, preset, over in (
        (TUNED, order.preset, knobs),
        (order.preset, order.preset, {}),
        *((name, name, {}) for name in names),
    ):
        results = _play(order, [replace(case, preset=preset, knobs=over) for case in unheard], bar)
        tallies[label] = Tally.of(event for result in results for event in result.events)
        failed += [f"{label}: {result.error}" for result in results if result.error is not None]
    return tallies, list(dict.fromkeys(failed))


def _play(order: Order, unheard: Sequence[Case], bar: Bar) -> list[CaseResult]:
    bar.plan(len(unheard))
    results = run_cases(
        unheard,
        out=order.out / HELD_OUT,
        jobs=order.jobs,
        scheduler=order.scheduler,
        on_result=bar.advance,
        thresholds=order.thresholds,
    )
    return list(results)
