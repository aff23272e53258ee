"""``livekit-barge replay``: live calls again, under other settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import KeepCallsDir, LimitsFile, Vary
from livekit_barge.cli.output import print_notes, refuse
from livekit_barge.report.screen import Screen


def replay(
    calls: Annotated[list[Path], typer.Argument(help="Call folders.", show_default=False)],
    preset: Annotated[
        list[str] | None, typer.Option(help="Preset to replay the calls under. Repeatable.")
    ] = None,
    vary: Annotated[list[str] | None, typer.Option(help=Vary)] = None,
    calls_dir: KeepCallsDir = None,
    limits: LimitsFile = None,
) -> None:
    """Replay live calls under other settings, to see what would have happened.

    The caller's audio and words are those of the call, and so is what the agent says up to the
    first decision that differs. --vary changes knobs of the options that were in force. Without
    --preset and --vary the options stay as they were, which shows how faithful the replay is.
    """
    from livekit_barge.report.terminal.replay_table import LEGEND, replay_table
    from livekit_barge.search.replay.replay_calls import replay_calls, settings_of
    from livekit_barge.work.progress import progress_bar

    settings = settings_of(preset or [], vary or [])
    console = Screen()
    failed = 0
    with progress_bar(Screen(stderr=True), len(calls) * len(settings), kept=False) as bar:
        for done in replay_calls(
            calls, settings, calls_dir=calls_dir, limits=limits, on_done=bar.advance
        ):
            if isinstance(done, str):
                failed += 1
                refuse(done)
                continue
            console.print(replay_table(done), highlight=False)
            print_notes(console, dict.fromkeys(note for each in done for note in each.notes))
    if failed < len(calls):
        console.print(LEGEND, style="dim", highlight=False)
    raise typer.Exit(2 if failed else 0)
