"""``livekit-barge turns``: Call folders measured again, each a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from livekit_barge.batch.find_recordings import call_folders
from livekit_barge.batch.stored_results import Refused
from livekit_barge.call.folder import Call
from livekit_barge.cli.output import refuse
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.report.terminal.turn_table import call_title, turn_table


def print_turns(console: Console, folders: Sequence[Path], thresholds: Path | None) -> int:
    """Print the turns of each; the exit code: 2 if one could not be read."""
    limits = Thresholds.load(thresholds)
    code = 0
    for folder in call_folders(folders):
        try:
            call = Call.open(folder)
            turns = measure_call(call, limits)
        except Exception as error:  # a fault of ours over one call must not hide the others
            refuse(Refused.of(folder, error).line)
            code = 2
            continue
        console.print(turn_table(turns, title=call_title(call, call.meta.call_id)))
        for note in call.notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
    return code
