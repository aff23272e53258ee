"""``livekit-barge room``: one call in a real room, or several at once."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from livekit_barge.cli.options import AgentIdentity, AgentName, CallsDir, LimitsFile, ScriptName
from livekit_barge.cli.output import print_notes
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.measure.limits import Limits
    from livekit_barge.room.destination import Dial
    from livekit_barge.room.link import Link
    from livekit_barge.script.played_call import PlayedCall
    from livekit_barge.script.script import Script


def room(
    url: Annotated[str, typer.Option(envvar="LIVEKIT_URL", help="URL of the LiveKit server.")],
    script: ScriptName = "front-desk",
    room: Annotated[
        str | None, typer.Option(help="Name of the room.", show_default="a new room")
    ] = None,
    agent_name: AgentName = None,
    agent_identity: AgentIdentity = None,
    callers: Annotated[
        int, typer.Option(min=1, help="Number of simultaneous callers, each in a room of its own.")
    ] = 1,
    kind: Annotated[
        Literal["standard", "sip"], typer.Option(help="Kind of participant to join as.")
    ] = "standard",
    loss: Annotated[float, typer.Option(help="Packets to drop in each direction, in %.")] = 0.0,
    delay: Annotated[
        str, typer.Option(help="Delay to add to each packet in each direction, such as 50ms.")
    ] = "0",
    jitter: Annotated[
        str, typer.Option(help="How far the delay varies up and down, such as 10ms.")
    ] = "0",
    link_seed: Annotated[int, typer.Option(help="Seed for loss and jitter.")] = 1,
    calls_dir: CallsDir = Path("calls"),
    limits: LimitsFile = None,
) -> None:
    """Call an agent in a real room, speak a script, and measure what the caller hears.

    The server's key and secret come from LIVEKIT_API_KEY and LIVEKIT_API_SECRET.
    """
    from livekit_barge.measure.limits import Limits
    from livekit_barge.room.destination import Dial
    from livekit_barge.room.link import Link
    from livekit_barge.script.script import Script
    from livekit_barge.work.log_silencer import client_log_off

    client_log_off()
    link = Link.of(loss=loss, delay=delay, jitter=jitter, seed=link_seed)
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
    judging = Limits.load(limits)
    console = Screen()
    for played in asyncio.run(_call_all(Script.load(script), dials, calls_dir, link, judging)):
        _print(console, played)


async def _call_all(
    script: Script, dials: list[Dial], calls_dir: Path, link: Link | None, limits: Limits
) -> list[PlayedCall]:
    """Make all calls at once, each over a link of its own, and raise once all have ended."""
    from livekit_barge.room.caller import call_room
    from livekit_barge.script.played_call import PlayedCall

    calls = [
        call_room(script, dial, calls_dir=calls_dir, link=link, limits=limits) for dial in dials
    ]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException):
            raise failure
    return [each for each in ended if isinstance(each, PlayedCall)]


def _print(console: Console, played: PlayedCall) -> None:
    from livekit_barge.call.events import ImpairedLink
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.recorder_lag import lags
    from livekit_barge.report.terminal.link_line import link_note
    from livekit_barge.report.terminal.turn_table import as_ms, call_title, turn_table

    assert played.call_dir is not None  # a call in a room is always saved
    call = Call.open(played.call_dir)
    console.print(turn_table(played.turns, title=call_title(call, str(played.call_dir))))
    found = lags(call.events, call.meta.sample_rates)
    longest_s = max((lag.lag_s for lag in found), default=0.0)
    notes = [*call.notes, *played.surprises, f"longest lag of the recorder: {as_ms(longest_s)}"]
    notes += [link_note(event) for event in call.events if isinstance(event, ImpairedLink)]
    print_notes(console, notes)
