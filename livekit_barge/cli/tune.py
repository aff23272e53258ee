"""``livekit-barge sweep`` and ``livekit-barge tune``: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.score import LimitsFile
from livekit_barge.report.screen import Screen

_Suite = Annotated[str, typer.Option(help="A suite's name, or its file.")]
_Seed = Annotated[int, typer.Option(min=0, help="Draws the calls.")]
_Times = Annotated[int, typer.Option(min=1, help="Draw so many times as many calls.")]
_Jobs = Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="cores")]
_Scheduler = Annotated[str | None, typer.Option(help="Play on this Dask cluster: tcp://…")]


def sweep(
    vary: Annotated[
        list[str], typer.Option(help="NAME=FROM:TO:STEP or NAME=A,B,C.", show_default=False)
    ],
    suite: _Suite = "everyday",
    preset: Annotated[str, typer.Option(help="The base: a preset's name, or its file.")] = (
        "livekit-defaults"
    ),
    grid: Annotated[
        bool, typer.Option("--grid", help="Every combination, not one at a time.")
    ] = False,
    seed: _Seed = 0,
    times: _Times = 1,
    jobs: _Jobs = None,
    scheduler: _Scheduler = None,
    out: Annotated[
        Path | None, typer.Option(help="Where results are kept.", show_default="sweep/SUITE")
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the points there; - is standard output.")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Change one knob at a time, and measure both clocks again.

    Any knob of a preset can be varied; so can the output's queue (queue_s), the size in which
    speech comes (tts_chunk_s) and the other delays of the stage. A sweep that is stopped goes on
    where it was.
    """
    from livekit_barge.cli.output import opened
    from livekit_barge.report.terminal.search_tables import sweep_tables
    from livekit_barge.search import axes
    from livekit_barge.search.sweep import run_settings, write_sweep
    from livekit_barge.suites.suite import Suite
    from livekit_barge.work.progress import progress_bar

    varied = [axes.Axis.parse(text) for text in vary]
    axes.check_axes(varied)
    settings = axes.grid(varied) if grid else axes.one_at_a_time(varied)
    loaded = Suite.load(suite)
    cases = loaded.cases(preset=preset, seed=seed, times=times)
    folder = out or Path("sweep") / loaded.name
    with progress_bar(Screen(stderr=True), len(cases) * len(settings)) as bar:
        points = run_settings(
            cases,
            settings,
            out=folder,
            jobs=jobs or os.cpu_count() or 1,
            scheduler=scheduler,
            on_result=bar.advance,
            thresholds=thresholds,
        )
    kept = write_sweep(folder, f"{loaded.name} from {preset}", points)
    if json_to is not None:
        with opened(json_to) as file:
            file.write(kept.read_text(encoding="utf-8"))
    console = Screen(stderr=json_to == Path("-"))
    for part in sweep_tables(points):
        console.print(part, highlight=False)
    console.print(
        f"{len(cases)} calls under each of {len(settings)} settings: {kept}",
        soft_wrap=True,
    )
    failed = dict.fromkeys(why for point in points for why in point.failed)
    for why in failed:
        console.print(why, highlight=False)
    raise typer.Exit(2 if failed else 0)


def tune(
    suite: _Suite = "everyday",
    budget: Annotated[str, typer.Option(help="What must hold.")] = "false_stop<=5%, missed<=1%",
    preset: Annotated[str, typer.Option(help="Begin with this preset.")] = "livekit-defaults",
    trials: Annotated[
        int, typer.Option(min=1, help="Settings that are proposed, rounded up to eights.")
    ] = 40,
    seed: _Seed = 0,
    times: _Times = 2,
    jobs: _Jobs = None,
    scheduler: _Scheduler = None,
    out: Annotated[
        Path | None, typer.Option(help="Where results are kept.", show_default="tune/SUITE")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="The preset file.", show_default="OUT/tuned.toml")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Search for the settings that yield soonest within a budget, and write them as a preset.

    Settings are searched on one part of the suite and checked on the other, with voices, words and
    sounds they have not heard, beside every shipped preset. Exits with 1 if no setting keeps to the
    budget, with 2 if calls of the other part cannot be played.
    """
    from livekit_barge.report.terminal.search_tables import render_held_out, render_search
    from livekit_barge.search.tune import Order, run_tune
    from livekit_barge.work.progress import progress_bar

    order = Order.of(
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
        thresholds=thresholds,
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
