"""``livekit-barge tune``: searches for the settings that yield soonest within a budget."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import Jobs, LimitsFile, Scheduler, Seed, SuiteName, Times
from livekit_barge.report.screen import Screen


def tune(
    suite: SuiteName = "everyday",
    budget: Annotated[
        str, typer.Option(help="Limits that the settings must keep to.")
    ] = "false_stop<=5%, missed<=1%",
    preset: Annotated[str, typer.Option(help="Preset to start from.")] = "livekit-defaults",
    trials: Annotated[
        int,
        typer.Option(min=1, help="Number of settings to propose, rounded up to a multiple of 8."),
    ] = 40,
    seed: Seed = 0,
    times: Times = 2,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="tune/SUITE")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Preset file to write.", show_default="OUT/tuned.toml")
    ] = None,
    limits: LimitsFile = None,
) -> None:
    """Search for the settings that yield soonest within a budget, and write them as a preset.

    The search uses one part of the suite. The other part, with voices, words and sounds that the
    search has not heard, checks the result beside every shipped preset. Exits with 1 if no setting
    keeps to the budget, 2 if a call of the other part could not be played.
    """
    from livekit_barge.report.terminal.search_tables import render_held_out, render_search
    from livekit_barge.search.tune import TuneOptions, run_tune
    from livekit_barge.work.progress import progress_bar

    order = TuneOptions.of(
        suite=suite,
        budget=budget,
        preset=preset,
        trials=trials,
        seed=seed,
        times=times,
        jobs=jobs or os.cpu_count() or 1,
        scheduler=scheduler,
        out=out,
        write=write,
        limits=limits,
    )
    with progress_bar(Screen(stderr=True)) as bar:
        tuned = run_tune(order, bar)
    console = Screen()
    for part in render_search(tuned.found, tuned.changes, order.budget, tuned.binding):
        console.print(part, highlight=False)
    for part in render_held_out(tuned.held_out):
        console.print(part, highlight=False)
    console.print(
        f"preset: {tuned.preset_file}\nsweep:  {tuned.sweep_file}",
        highlight=False,
        soft_wrap=True,
    )
    for why in tuned.failed:
        console.print(why, highlight=False)
    if tuned.failed:
        raise typer.Exit(2)
    raise typer.Exit(0 if tuned.found.within_budget else 1)
