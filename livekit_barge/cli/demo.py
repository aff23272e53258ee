"""``livekit-barge demo``: three classic barge-ins under LiveKit's defaults and under ``snappy``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from livekit_barge.cli.options import CallsDir, RealTime
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.report.terminal.turn_table import ComparedLine
    from livekit_barge.script.played_call import PlayedCall
    from livekit_barge.script.script import Script

SCRIPTS = ("early", "mid-word", "new-sentence")
PRESETS = ("livekit-defaults", "snappy")

_LEGEND = """
Detection runs from the caller's first audible sample to the decision to stop, cancellation from \
there to the last agent sample that the caller could hear. Their sum is the time to yield.

Each call is a folder; `livekit-barge turns CALL` measures it again:"""


def demo(calls_dir: CallsDir = Path("calls"), real_time: RealTime = False) -> None:
    """Play three scripted calls under LiveKit's defaults and under the preset `snappy`."""
    run_demo(Screen(), calls_dir=calls_dir, real_time=real_time)


def run_demo(console: Console, *, calls_dir: Path, real_time: bool = False) -> None:
    """Play the calls, and print what happened in each and where it is saved.

    Raises :class:`SettingsError` if no call can be saved.
    """
    from livekit_barge.frameworks.livekit.session import BargeSession
    from livekit_barge.report.terminal.turn_table import comparison_table
    from livekit_barge.script.script import Script
    from livekit_barge.script.scripted_call import play_call
    from livekit_barge.stage.offline_recorder import check_writable
    from livekit_barge.work.log_silencer import turn_log_off
    from livekit_barge.work.progress import progress_bar

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
    console.print(_LEGEND, highlight=False)
    for call in played.values():
        console.print(f"  {call.call_dir}", highlight=False, soft_wrap=True)
        for line in call.unplaced:
            console.print(
                f"    “{line.text}” was not spoken: {line.at} never came", highlight=False
            )


def _rows(script: Script, calls: dict[str, PlayedCall]) -> list[ComparedLine]:
    from livekit_barge.report.terminal.turn_table import ComparedLine

    return [
        ComparedLine(
            line.text or "(no words)",
            f"{line.at}; it should {line.expect}",
            {preset: call.overlap_of(line) for preset, call in calls.items()},
        )
        for line in script.caller
        if line.expect is not None
    ]
