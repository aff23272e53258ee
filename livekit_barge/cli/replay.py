"""``livekit-barge replay``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.score import LimitsFile
from livekit_barge.report.screen import Screen


def replay(
    calls: Annotated[list[Path], typer.Argument(help="Call folders.", show_default=False)],
    preset: Annotated[
        list[str] | None, typer.Option(help="Replay under this preset; several are allowed.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FROM:TO:STEP or NAME=A,B,C, over the options that were in force."),
    ] = None,
    calls_dir: Annotated[
        Path | None, typer.Option(help="Keep the replays there.", show_default="they are not kept")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Play live calls again under other settings: what would have happened?

    The caller's audio and words are those of the call, and so is what the agent said, up to the
    first decision that differs. With neither --preset nor --vary: the options as they were, which
    shows how well replaying does.
    """
    from livekit_barge.cli.output import refuse
    from livekit_barge.report.terminal.replay_table import LEGEND, replay_table
    from livekit_barge.search.replay.replay_calls import replay_calls, settings_of
    from livekit_barge.work.progress import progress_bar

    settings = settings_of(preset or [], vary or [])
    console = Screen()
    failed = 0
    with progress_bar(Screen(stderr=True), len(calls) * len(settings), kept=False) as bar:
        for done in replay_calls(
            calls, settings, calls_dir=calls_dir, thresholds=thresholds, on_done=bar.advance
        ):
            if isinstance(done, str):
                failed += 1
                refuse(done)
                continue
            console.print(replay_table(done), highlight=False)
            for note in dict.fromkeys(note for each in done for note in each.notes):
                console.print(f"note: {note}", highlight=False, soft_wrap=True)
    if failed < len(calls):
        console.print(LEGEND, style="dim", highlight=False)
    raise typer.Exit(2 if failed else 0)
