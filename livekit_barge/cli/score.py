"""``livekit-barge score``: recordings of calls, one or thousands."""

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

from livekit_barge.cli.options import (
    CallerChannel,
    Jobs,
    JsonLinesFile,
    LimitsFile,
    Scheduler,
    Source,
)
from livekit_barge.cli.output import opened, print_parts, refuse
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.batch.score_batch import Total
    from livekit_barge.batch.stored_results import Result

# A recording of half a day takes a minute or two; one that takes ten minutes is stuck.
_FILE_LIMIT_S = 600.0


def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, Call folders, or directories that hold them.",
            show_default=False,
            readable=False,  # an unreadable one must not keep the others from being scored
        ),
    ],
    source: Source = None,
    caller_channel: CallerChannel = None,
    agent_file: Annotated[
        Path | None, typer.Option(help="Mono recording of the agent; PATHS is then the caller's.")
    ] = None,
    agent_start: Annotated[
        float,
        typer.Option(help="Start of the agent's file, in seconds after the caller's."),
    ] = 0.0,
    call_json: Annotated[
        Path | None,
        typer.Option(help="The vendor's JSON of the call.", show_default="FILE.json, if it exists"),
    ] = None,
    json_to: JsonLinesFile = None,
    long: Annotated[bool, typer.Option("--long", help="Accept recordings over 12 h.")] = False,
    jobs: Jobs = None,
    results_dir: Annotated[
        Path, typer.Option("--results", help="Directory for the results of a batch.")
    ] = Path("scores"),
    file_limit: Annotated[
        float, typer.Option(min=1.0, help="Seconds that one file of a batch may take.")
    ] = _FILE_LIMIT_S,
    scheduler: Scheduler = None,
    limits: LimitsFile = None,
) -> None:
    """Score recordings of calls: whether the agent yields, and how long it takes.

    A directory is scored as a batch, whose results are saved: run the same command again to resume,
    or to score only what has changed. Exits with 0 if every limit was met, 1 if one was not, 2 if a
    recording could not be scored.
    """
    from livekit_barge.batch.find_recordings import is_batch, left_out, recordings
    from livekit_barge.batch.score_batch import Total, score_batch, score_here
    from livekit_barge.batch.source_files import inputs, refuse_overwriting
    from livekit_barge.batch.stored_results import Results
    from livekit_barge.errors import IntakeError
    from livekit_barge.intake.score_options import ScoreOptions

    order = ScoreOptions.of(
        source=source,
        caller_channel=caller_channel,
        agent_file=agent_file,
        agent_start_s=agent_start,
        call_json=call_json,
        long=long,
        limits=limits,
    )
    found = recordings(paths)
    if agent_file is not None and len(found) != 1:
        raise IntakeError("one --agent-file for several recordings", remedy="score one at a time")
    if call_json is not None and len(found) != 1:
        raise IntakeError(
            "one --call-json for several recordings", remedy="put each beside its audio"
        )
    if json_to is not None:
        read = (file for path in found for file in inputs(path, order))
        refuse_overwriting(json_to, read if limits is None else chain([limits], read))
    batch = scheduler is not None or jobs is not None or any(map(is_batch, paths))
    results = Results(results_dir, order)
    if batch:
        results.prepare()  # a folder that cannot be written shows before an hour's work
    total = Total(order)
    console = Screen(stderr=json_to == Path("-"))
    with nullcontext() if json_to is None else opened(json_to) as lines:
        if batch:
            workers = jobs or os.cpu_count() or 1
            made = score_batch(
                found, results, workers=workers, scheduler=scheduler, limit_s=file_limit
            )
            _collect_batch(made, len(found), total, lines)
            if passed_over := left_out(paths):
                endings = ", ".join(f"{many} {ending}" for ending, many in passed_over.items())
                console.print(f"skipped, not known as audio: {endings}")
            console.print(f"results: {results_dir}", highlight=False, soft_wrap=True)
        else:
            _print_each(console, score_here(found, order), total, lines)
        if lines is not None and (batch or len(found) > 1):
            print(total.line(), file=lines)
    _print_total(console, total, alone=not batch and len(found) == 1)
    raise typer.Exit(total.exit_code)


def _print_each(
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


def _collect_batch(
    results: Iterator[Result], count: int, total: Total, lines: TextIO | None
) -> None:
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


def _print_total(console: Console, total: Total, *, alone: bool) -> None:
    from livekit_barge.report.terminal.scorecard_table import render_tally

    if alone or not total.scored:
        return
    refused = f", {len(total.refused)} refused" if total.refused else ""
    console.print(f"{total.scored} scored{refused}, {total.duration_s / 3600:.2f} h")
    print_parts(console, render_tally(total.tally, total.checks))
