"""``livekit-barge turns``: measures Call folders again, and prints their turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from livekit_barge.cli.options import CallFolders, LimitsFile
from livekit_barge.cli.output import print_notes, refuse
from livekit_barge.report.screen import Screen


def turns(calls: CallFolders, limits: LimitsFile = None) -> None:
    """Measure Call folders again and print their turns.

    Exits with 2 if a call could not be read; the others are printed all the same.
    """
    raise typer.Exit(print_turns(Screen(), calls, limits))


def print_turns(console: Console, folders: Sequence[Path], limits: Path | None) -> int:
    """Print the turns of each call, and return the exit code: 2 if one could not be read."""
    from livekit_barge.batch.find_recordings import call_folders
    from livekit_barge.batch.stored_results import Refused
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.limits import Limits
    from livekit_barge.measure.measure_call import measure_call
    from livekit_barge.report.terminal.turn_table import call_title, turn_table

    judging = Limits.load(limits)
    code = 0
    for folder in call_folders(folders):
        try:
            call = Call.open(folder)
            measured = measure_call(call, judging)
        except Exception as error:  # a bug that one call brings out must not hide the others
            refuse(Refused.of(folder, error).line)
            code = 2
            continue
        console.print(turn_table(measured, title=call_title(call, call.meta.call_id)))
        print_notes(console, call.notes)
    return code
