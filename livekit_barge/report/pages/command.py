"""``livekit-barge report`` and ``livekit-barge show``: parse, call, print."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from livekit_barge.batch.commands import LimitsFile


class SoundFormat(StrEnum):
    """How a page's audio is kept."""

    flac = "flac"
    opus = "opus"


def report(
    calls: Annotated[
        list[Path],
        typer.Argument(
            help="Call folders, directories of them, results of `score`, a sweep's folder.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The report's folder.")] = Path("report"),
    redact: Annotated[
        bool, typer.Option("--redact", help="Leave transcripts and audio out.")
    ] = False,
    audio: Annotated[
        SoundFormat, typer.Option(help="flac: lossless; opus: smaller, Safari from 18.4 on.")
    ] = SoundFormat.flac,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="cores")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Make pages of calls that open in a browser, offline: all calls together, and each by itself.

    Exits with 2 if a call could not be reported; the others' pages are made all the same.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from livekit_barge.intake.scoring import Order
    from livekit_barge.report.pages.make import make_report

    order = Order.of(thresholds=thresholds)
    columns = (BarColumn(), MofNCompleteColumn(), "left", TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        made = make_report(
            calls,
            out,
            order,
            codec=audio.value,
            redact=redact,
            jobs=jobs or os.cpu_count() or 1,
            on_call=lambda done, of: progress.update(task, completed=done, total=of),
        )
    for refused in made.refused:
        line = " ".join(refused.line.split()).encode("utf-8", "backslashreplace").decode()
        print(f"livekit-barge: {line}", file=sys.stderr)
    Console().print(f"open {made.page}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2 if made.refused else 0)
