"""``livekit-barge show``: one call in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import LimitsFile
from livekit_barge.cli.output import print_notes
from livekit_barge.report.screen import Screen


def show(
    call: Annotated[Path, typer.Argument(help="Call folder.", show_default=False)],
    whole: Annotated[
        bool, typer.Option("--whole", help="Show all of a long call, not only its overlaps.")
    ] = False,
    limits: LimitsFile = None,
) -> None:
    """Show one call in the terminal: both tracks, the events and the turns."""
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.limits import Limits
    from livekit_barge.measure.measure_call import measure_call
    from livekit_barge.report.terminal.timeline import LEGEND, render_timeline
    from livekit_barge.report.terminal.turn_table import turn_table

    opened = Call.open(call)
    turns = measure_call(opened, Limits.load(limits))
    console = Screen()
    blocks = "utf" in console.encoding.casefold()
    for line in render_timeline(opened, turns, width=console.width, blocks=blocks, whole=whole):
        console.print(line, highlight=False)
    console.print(LEGEND, highlight=False)
    console.print(turn_table(turns, title=opened.meta.call_id))
    print_notes(console, opened.notes)
