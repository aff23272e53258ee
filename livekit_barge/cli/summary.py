"""``livekit-barge summary``: a batch's results by group, and the worst calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.report.screen import Screen


def summary(
    results_dir: Annotated[
        Path, typer.Argument(help="Directory in which `score` saved the results of a batch.")
    ],
    by: Annotated[
        str,
        typer.Option(help="Group by source, preset, week or folder, or several with commas."),
    ] = "source",
    worst: Annotated[int, typer.Option(min=0, help="Number of worst calls to list.")] = 10,
    baseline: Annotated[
        Path | None, typer.Option(help="Results of an earlier batch to compare with.")
    ] = None,
) -> None:
    """Sum up the results of a batch: rates with intervals, times, the worst calls, changes."""
    from livekit_barge.batch.query import Query
    from livekit_barge.report.terminal.summary_table import render_groups, render_worst

    console = Screen()
    keys = tuple(filter(None, by.split(",")))
    before = None if baseline is None else Query(baseline).groups(keys)
    query = Query(results_dir)
    console.print(render_groups(keys, query.groups(keys), before))
    console.print(render_worst(query.worst(worst)))
