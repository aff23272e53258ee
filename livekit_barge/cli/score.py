"""``livekit-barge score`` and ``livekit-barge summary``: parse, call, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer
from rich.console import Console

from livekit_barge.cli.output import opened, refuse
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.batch.score_batch import Total
    from livekit_barge.batch.stored_results import Result

_OUT = Path("scores")
# A recording of half a day takes a minute or two; whatever takes ten hangs.
_FILE_LIMIT_S = 600.0

LimitsFile = Annotated[
    Path | None, typer.Option(envvar="BARGE_THRESHOLDS", help="A file with other limits.")
]
"""The option of every command that judges."""


def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, Call folders, directories of them.",
            show_default=False,
            readable=False,  # one that is not must not keep the others from being scored
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="The system that recorded: vapi, twilio, …")
    ] = None,
    caller_channel: Annotated[
        int | None, typer.Option(help="The caller's channel, 0 or 1.", show_default=False)
    ] = None,
    agent_file: Annotated[
        Path | None, typer.Option(help="The agent's mono file; FILE is the caller's.")
    ] = None,
    agent_start: Annotated[
        float, typer.Option(help="Seconds from the caller's first sample to the agent's.")
    ] = 0.0,
    call_json: Annotated[
        Path | None,
        typer.Option(help="The vendor's JSON of the call.", show_default="FILE.json, if there"),
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write JSON lines there; - is standard output.")
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="Recordings longer than 12 h.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes for a directory.", show_default="cores")
    ] = None,
    results_dir: Annotated[
        Path, typer.Option("--results", help="Where a directory's results are kept.")
    ] = _OUT,
    file_limit: Annotated[
        float, typer.Option(min=1.0, help="Seconds that a file of a directory may take.")
    ] = _FILE_LIMIT_S,
    scheduler: Annotated[
        str | None, typer.Option(help="Score a directory on this Dask cluster: tcp://…")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Score recordings of calls: how the agent yields, and how long that takes.

    Exits with 0 if all limits of thresholds.toml held, 1 if some fell short, 2 if a recording could
    not be scored. A directory's results are kept, and scored again only where something changed.
    """
    from livekit_barge.batch.find_recordings import is_batch, left_out, recordings
    from livekit_barge.batch.score_batch import Total, score_batch, score_here
    from livekit_barge.batch.source_files import inputs, refuse_overwriting
    from livekit_barge.batch.stored_results import Results
    from livekit_barge.errors import IntakeError
    from livekit_barge.intake.score_options import Order

    order = Order.of(
        source=source,
        caller_channel=caller_channel,
        agent_file=agent_file,
        agent_start_s=agent_start,
        call_json=call_json,
        long=long,
        thresholds=thresholds,
    )
    found = recordings(paths)
    if agent_file is not None and len(found) != 1:
        raise IntakeError("one agent's file for several callers'", remedy="score one at a time")
    if call_json is not None and len(found) != 1:
        raise IntakeError("one call's JSON for several calls", remedy="lay each beside its audio")
    if json_to is not None:
        read = (file for path in found for file in inputs(path, order))
        refuse_overwriting(json_to, read if thresholds is None else chain([thresholds], read))
    batch = scheduler is not None or jobs is not None or any(map(is_batch, paths))
    results = Results(results_dir, order)
    if batch:
        results.prepare()  # before an hour's work, not after it
    total = Total(order)
    console = Screen(stderr=json_to == Path("-"))
    with nullcontext() if json_to is None else opened(json_to) as lines:
        if batch:
            workers = jobs or os.cpu_count() or 1
            made = score_batch(
                found, results, workers=workers, scheduler=scheduler, limit_s=file_limit
            )
            _tell_batch(made, len(found), total, lines)
            if passed_over := left_out(paths):
                endings = ", ".join(f"{many} {ending}" for ending, many in passed_over.items())
                console.print(f"left out, not known as audio: {endings}")
            console.print(f"results: {results_dir}", highlight=False, soft_wrap=True)
        else:
            _tell_each(console, score_here(found, order), total, lines)
        if lines is not None and (batch or len(found) > 1):
            print(total.line(), file=lines)
    _tell_total(console, total, alone=not batch and len(found) == 1)
    raise typer.Exit(total.exit_code)


def summary(
    results_dir: Annotated[Path, typer.Argument(help="Where `score` kept a batch's results.")],
    by: Annotated[
        str, typer.Option(help="Groups: source, preset, week, folder; several by commas.")
    ] = "source",
    worst: Annotated[int, typer.Option(min=0, help="How many of the worst calls to list.")] = 10,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier batch's results to compare with.")
    ] = None,
) -> None:
    """Sum up a batch's results: rates with intervals, times, the worst calls, what changed."""
    from livekit_barge.batch.query import Query
    from livekit_barge.report.terminal.summary_table import render_groups, render_worst

    console = Screen()
    keys = tuple(filter(None, by.split(",")))
    before = None if baseline is None else Query(baseline).groups(keys)
    query = Query(results_dir)
    console.print(render_groups(keys, query.groups(keys), before))
    console.print(render_worst(query.worst(worst)))


def _tell_each(
    console: Console, results: Iterator[Result], total: Total, lines: TextIO | None
) -> None:
    from livekit_barge.batch.score_batch import line_of
    from livekit_barge.batch.stored_results import Refused
    from livekit_barge.report.terminal.scorecard_table import render_scorecard

    for result in results:
        total.add(result)
        if lines is not None:
            print(line_of(result), file=lines)
        if isinstance(result, Refused):
            refuse(result.line)
        elif lines is not sys.stdout:
            console.print(render_scorecard(result), highlight=False)


def _tell_batch(results: Iterator[Result], count: int, total: Total, lines: TextIO | None) -> None:
    from livekit_barge.batch.score_batch import line_of
    from livekit_barge.work.progress import progress_bar

    with progress_bar(Screen(stderr=True), count) as bar:
        for result in results:
            total.add(result)
            bar.advance()
            if lines is not None:
                print(line_of(result), file=lines)
    for refused in total.refused:
        refuse(refused.line)


def _tell_total(console: Console, total: Total, *, alone: bool) -> None:
    from livekit_barge.report.terminal.scorecard_table import render_tally

    if alone or not total.scored:
        return
    refused = f", {len(total.refused)} refused" if total.refused else ""
    console.print(f"{total.scored} scored{refused}, {total.duration_s / 3600:.2f} h")
    for part in render_tally(total.tally, total.checks):
        console.print(part, highlight=False)
