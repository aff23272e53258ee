"""``livekit-barge report`` and ``livekit-barge show``: parse, call, print."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.diagnose import RulesFile
from livekit_barge.cli.output import refuse
from livekit_barge.cli.score import LimitsFile
from livekit_barge.report.screen import Screen


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
    limits: RulesFile = None,
    thresholds: LimitsFile = None,
) -> None:
    """Make pages of calls that open in a browser, offline: all calls together, and each by itself.

    Exits with 2 if a call could not be reported; the others' pages are made all the same.
    """
    from livekit_barge.diagnosis import DiagnosisLimits
    from livekit_barge.intake.score_options import Order
    from livekit_barge.report.html.make import make_report
    from livekit_barge.work.progress import progress_bar

    order = Order.of(thresholds=thresholds)
    with progress_bar(Screen(stderr=True), kept=False) as bar:
        made = make_report(
            calls,
            out,
            order,
            rules=DiagnosisLimits.load(limits),
            codec=audio.value,
            redact=redact,
            jobs=jobs or os.cpu_count() or 1,
            bar=bar,
        )
    for refused in made.refused:
        refuse(refused.line)
    Screen().print(f"open {made.page}", highlight=False, soft_wrap=True)
    raise typer.Exit(2 if made.refused else 0)


def show(
    call: Annotated[Path, typer.Argument(help="A Call folder.", show_default=False)],
    whole: Annotated[
        bool, typer.Option("--whole", help="All of a long call, not only its overlaps.")
    ] = False,
    thresholds: LimitsFile = None,
) -> None:
    """Show a call in the terminal: both tracks and what was stamped as text, and its turns."""
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.measure_call import measure_call
    from livekit_barge.measure.thresholds import Thresholds
    from livekit_barge.report.terminal.timeline import LEGEND, render_timeline
    from livekit_barge.report.terminal.turn_table import turn_table

    opened = Call.open(call)
    turns = measure_call(opened, Thresholds.load(thresholds))
    console = Screen()
    blocks = "utf" in console.encoding.casefold()
    for line in render_timeline(opened, turns, width=console.width, blocks=blocks, whole=whole):
        console.print(line, highlight=False)
    console.print(LEGEND, highlight=False)
    console.print(turn_table(turns, title=opened.meta.call_id))
    for note in opened.notes:
        console.print(f"note: {note}", highlight=False, soft_wrap=True)
