"""Tunes: searches on one part of a suite, writes a preset, and checks it on the other part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livekit_barge.call.formats import HELD_OUT
from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.frameworks.livekit.presets.preset import Preset, preset_names
from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import BASE
from livekit_barge.search.budget import Budget
from livekit_barge.search.explain import Change, binding, explain, pruned
from livekit_barge.search.preset_file import write_preset
from livekit_barge.search.search import Found, best_so_far, need_optuna, search
from livekit_barge.search.setting_judge import Judge
from livekit_barge.search.sweep import write_sweep
from livekit_barge.search.tune_plan import TunePlan
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.play_cases import run_cases
from livekit_barge.suites.suite import SPLITS, Suite
from livekit_barge.work.progress import Bar

TUNED = "tuned"


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
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
    limits: Path | None

    @classmethod
    def of(
        cls,
        *,
        suite: str,
        budget: str,
        out: Path | None,
        write: Path | None,
        **same: Any,
    ) -> TuneOptions:
        """Read the options. Raises a :class:`~livekit_barge.errors.BargeError` for a wrong one."""
        if write is not None and write.suffix != ".toml":
            raise SettingsError(
                f"{write} is not a preset file", where="--write", remedy="such as mine.toml"
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
    """The result of a tuning run."""

    found: Found
    changes: Sequence[Change]
    binding: Sequence[str]
    """The limits that kept every setting from the budget; empty if one keeps to it."""
    held_out: Mapping[str, Tally]
    """The tallies of calls the search has not heard, by preset, the tuned one first."""
    failed: Sequence[str]
    """The reasons why some of those could not be played, with the preset."""
    preset_file: Path
    sweep_file: Path


def run_tune(order: TuneOptions, bar: Bar) -> Tuned:
    """Search, write the preset and check it on the calls held out.

    Ctrl-C ends the search with the best so far, which is then not checked on the calls held out.

    Raises a :class:`~livekit_barge.errors.BargeError`.
    """
    need_optuna()  # before a call is played
    names = [name for name in preset_names() if name != order.preset]
    heard, unheard = (
        order.suite.cases(preset=order.preset, seed=order.seed, split=part, times=order.times)
        for part in SPLITS
    )
    plan = TunePlan(bar, len(heard), len(unheard), presets=1 + len(names), trials=order.trials)
    plan.begin("checking the suite", len(unheard))
    # Before the search: a fault in this part must not show only after hours.
    base_unheard = _play(order, unheard, plan)
    for result in base_unheard:
        if result.error is not None:
            raise BargeError(result.error, where="the part held-out")
    judge = Judge(
        heard,
        order.out,
        jobs=order.jobs,
        scheduler=order.scheduler,
        on_result=bar.advance,
        on_phase=plan.begin,
        on_judged=lambda: plan.best(best_so_far(judge, order.budget)),
        limits=order.limits,
    )
    plan.say_how_long()
    stopped = False
    changes: Sequence[Change] = ()
    held_out = {order.preset: Tally.of(e for result in base_unheard for e in result.events)}
    failed: list[str] = []
    try:
        starts = [Preset.load(name).knobs for name in (order.preset, *names)]
        found = search(judge, order.budget, trials=order.trials, seed=order.seed, starts=starts)
        chosen = pruned(judge, order.budget, found.chosen)
        changes = explain(judge, chosen)
        found = Found.of(judge, order.budget, chosen)  # with what these two have tried
        # Before the preset is written, which may be over the one that it is based on.
        plan.begin("checking on unheard calls", len(unheard) * (2 + len(names)))
        held_out, failed = _held_out(order, unheard, chosen.setting.knobs, names, plan)
    except KeyboardInterrupt:
        if BASE not in judge.points:
            raise
        stopped = True
        found = Found.of(judge, order.budget, best_so_far(judge, order.budget))
        chosen = found.chosen
        bar.say(
            f"stopped after {bar.done} calls: the best so far is written, not checked on unheard "
            "calls; the same command resumes from there"
        )
    knobs = chosen.setting.knobs
    kept = "within" if found.within_budget else "as near as any setting comes to"
    judged = "; ".join((str(order.budget), *order.budget.unjudged(chosen.tally)))
    write_preset(
        order.preset_file,
        knobs,
        base=order.preset,
        summary=f"Tuned on {order.suite.name} from {order.preset}, {kept} {judged}.",
        cost=_cost(changes, stopped=stopped),
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


def _cost(changes: Sequence[Change], *, stopped: bool) -> str:
    if stopped:
        return "The search was stopped: not pruned, and not checked on unheard calls."
    return " ".join(f"{change}." for change in changes) or "Nothing was changed."


def _held_out(
    order: TuneOptions,
    unheard: Sequence[Case],
    knobs: Mapping[str, Any],
    names: Sequence[str],
    plan: TunePlan,
) -> tuple[dict[str, Tally], list[str]]:
    """Return the tally of the calls under each preset, and why some could not be played."""
    tallies, failed = {}, []
    for label, preset, over in (
        (TUNED, order.preset, knobs),
        (order.preset, order.preset, {}),
        *((name, name, {}) for name in names),
    ):
        results = _play(order, [replace(case, preset=preset, knobs=over) for case in unheard], plan)
        tallies[label] = Tally.of(event for result in results for event in result.events)
        failed += [f"{label}: {result.error}" for result in results if result.error is not None]
    return tallies, list(dict.fromkeys(failed))


def _play(order: TuneOptions, unheard: Sequence[Case], plan: TunePlan) -> list[CaseResult]:
    results = run_cases(
        unheard,
        out=order.out / HELD_OUT,
        jobs=order.jobs,
        scheduler=order.scheduler,
        on_result=plan.bar.advance,
        on_played=plan.count_played,
        limits=order.limits,
    )
    return list(results)
