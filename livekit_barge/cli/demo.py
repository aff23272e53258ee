"""``livekit-barge demo``: the three classic barge-ins, under LiveKit's defaults and ``snappy``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rich.console import Console

from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.report.terminal.turn_table import Row, comparison_table
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import play_call
from livekit_barge.stage.offline_recorder import check_writable
from livekit_barge.work.log_silencer import turn_log_off
from livekit_barge.work.progress import progress_bar

SCRIPTS = ("early", "mid-word", "new-sentence")
PRESETS = ("livekit-defaults", "snappy")


def run_demo(console: Console, *, calls_dir: Path, real_time: bool = False) -> None:
    """Play the calls, print what happened in each, and say where they are kept.

    Raises :class:`SettingsError` where no call can be kept.
    """
    check_writable(calls_dir)
    scripts = [Script.load(name) for name in SCRIPTS]
    played: dict[tuple[str, str], PlayedCall] = {}
    with progress_bar(console, len(scripts) * len(PRESETS), kept=False) as bar, turn_log_off():
        for script in scripts:
            for preset in PRESETS:
                played[script.name, preset] = play_call(
                    script,
                    calls_dir=calls_dir,
                    call_id=f"{script.name}-{preset}",
                    session=partial(BargeSession, preset=preset),
                    real_time=real_time,
                )
                bar.advance()
    for script in scripts:
        calls = {preset: played[script.name, preset] for preset in PRESETS}
        console.print(comparison_table(_rows(script, calls), title=script.summary))
    console.print(_LEGEND)
    for call in played.values():
        console.print(f"  {call.call_dir}", highlight=False, soft_wrap=True)
        for line in call.unplaced:
            console.print(f"    “{line.text}” found no place: {line.at}", highlight=False)


_LEGEND = """
detection + cancellation = time to yield: from the caller's first audible sample
to the decision to stop, and from there to the last agent sample the caller
could hear.

Each call is a folder (livekit-barge turns CALL measures it again):"""


def _rows(script: Script, calls: dict[str, PlayedCall]) -> list[Row]:
    return [
        Row(
            line.text or "(no words)",
            f"{line.at}; it should {line.expect}",
            {preset: call.overlap_of(line) for preset, call in calls.items()},
        )
        for line in script.caller
        if line.expect is not None
    ]
