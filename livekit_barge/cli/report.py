"""``livekit-barge report``: pages that open in a browser."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import Jobs, LimitsFile
from livekit_barge.cli.output import refuse
from livekit_barge.report.screen import Screen


class AudioFormat(StrEnum):
    """The codec of a page's audio."""

    flac = "flac"
    opus = "opus"


def report(
    calls: Annotated[
        list[Path],
        typer.Argument(
            help="Call folders, directories that hold them, results of `score`, or the folder of a "
            "sweep.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pages.")] = Path(
        "report"
    ),
    redact: Annotated[
        bool, typer.Option("--redact", help="Leave out transcripts and audio.")
    ] = False,
    audio: Annotated[
        AudioFormat,
        typer.Option(help="flac is lossless; opus is smaller and needs Safari 18.4 or later."),
    ] = AudioFormat.flac,
    jobs: Jobs = None,
    limits: LimitsFile = None,
) -> None:
    """Make pages that open in a browser, offline: one for all calls, and one for each call.

    Exits with 2 if a call could not be reported; the pages of the others are made all the same.
    """
    from livekit_barge.diagnosis import RuleLimits
    from livekit_barge.intake.score_options import ScoreOptions
    from livekit_barge.report.html.make import make_report
    from livekit_barge.work.progress import progress_bar

    order = ScoreOptions.of(limits=limits)
    with progress_bar(Screen(stderr=True), kept=False) as bar:
        made = make_report(
            calls,
            out,
            order,
            rules=RuleLimits.load(limits),
            codec=audio.value,
            redact=redact,
            jobs=jobs or os.cpu_count() or 1,
            bar=bar,
        )
    for refused in made.refused:
        refuse(refused.line)
    Screen().print(f"open {made.page}", highlight=False, soft_wrap=True)
    raise typer.Exit(2 if made.refused else 0)
