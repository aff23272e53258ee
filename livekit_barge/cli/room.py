"""``livekit-barge room``: one call, or several at once, and what came of each."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from rich.console import Console

from livekit_barge.call.events import ImpairedLink
from livekit_barge.call.folder import Call
from livekit_barge.measure.recorder_lag import lags
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.report.terminal.link_line import link_note
from livekit_barge.report.terminal.turn_table import as_ms, call_title, turn_table
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial, Kind
from livekit_barge.room.link import Link
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.work.log_silencer import client_log_off


def run_room(
    console: Console,
    *,
    url: str,
    script: str,
    room: str | None,
    agent_name: str | None,
    agent_identity: str | None,
    callers: int,
    calls_dir: Path,
    kind: Kind = "standard",
    link: Link | None = None,
    thresholds: Path | None = None,
) -> None:
    """Call, and print the turns. Raises :class:`~livekit_barge.errors.BargeError`."""
    client_log_off()
    name = room or f"barge-{secrets.token_hex(3)}"
    rooms = [name] if callers == 1 else [f"{name}-{number}" for number in range(1, callers + 1)]
    dials = [
        Dial.from_environment(
            os.environ,
            url=url,
            room=each,
            agent_name=agent_name,
            agent_identity=agent_identity,
            kind=kind,
        )
        for each in rooms
    ]
    limits = Thresholds.load(thresholds)
    for played in asyncio.run(_call_all(Script.load(script), dials, calls_dir, link, limits)):
        _print(console, played)


async def _call_all(
    script: Script, dials: list[Dial], calls_dir: Path, link: Link | None, limits: Thresholds
) -> list[PlayedCall]:
    """All at once, each to its end and over a link of its own, before one that failed is told."""
    calls = [
        call_room(script, dial, calls_dir=calls_dir, link=link, thresholds=limits) for dial in dials
    ]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException):
            raise failure
    return [each for each in ended if isinstance(each, PlayedCall)]


def _print(console: Console, played: PlayedCall) -> None:
    assert played.call_dir is not None  # a room's call is always kept
    call = Call.open(played.call_dir)
    console.print(turn_table(played.turns, title=call_title(call, str(played.call_dir))))
    found = lags(call.events, call.meta.sample_rates)
    longest_s = max((lag.lag_s for lag in found), default=0.0)
    notes = [*call.notes, *played.surprises, f"longest lag of the recorder: {as_ms(longest_s)}"]
    notes += [link_note(event) for event in call.events if isinstance(event, ImpairedLink)]
    for note in notes:
        console.print(f"note: {note}", highlight=False, soft_wrap=True)
