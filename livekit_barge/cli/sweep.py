"""``livekit-barge sweep``: a suite under one changed knob after the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import (
    Jobs,
    JsonFile,
    LimitsFile,
    Scheduler,
    Seed,
    SuiteName,
    Times,
    Vary,
)
from livekit_barge.cli.output import opened, print_parts
from livekit_barge.report.screen import Screen


def sweep(
    vary: Annotated[list[str], typer.Option(help=Vary, show_default=False)],
    suite: SuiteName = "everyday",
    preset: Annotated[str, typer.Option(help="Preset to start from, or a preset file.")] = (
        "livekit-defaults"
    ),
    grid: Annotated[
        bool, typer.Option("--grid", help="Try every combination, not one knob at a time.")
    ] = False,
    seed: Seed = 0,
    times: Times = 1,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="sweep/SUITE")
    ] = None,
    json_to: JsonFile = None,
    limits: LimitsFile = None,
) -> None:
    """Vary one knob at a time, and measure both clocks under each value.

    Any knob of a preset can be varied, and so can the stage: the output's queue (queue_s), the size
    of the TTS chunks (tts_chunk_s) and its other delays. Results are saved as they come: run the
    same command again to resume. Exits with 2 if a call could not be played.
    """
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
            limits=limits,
        )
    kept = write_sweep(folder, f"{loaded.name} from {preset}", points)
    if json_to is not None:
        with opened(json_to) as file:
            file.write(kept.read_text(encoding="utf-8"))
    failed = dict.fromkeys(why for point in points for why in point.failed)
    console = Screen(stderr=json_to == Path("-"))
    print_parts(console, sweep_tables(points))
    console.print(
        f"{len(cases)} calls under each of {len(settings)} settings: {kept}", soft_wrap=True
    )
    print_parts(console, failed)
    raise typer.Exit(2 if failed else 0)
