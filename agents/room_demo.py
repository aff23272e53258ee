"""A real call on this machine: a livekit-server, the agent of local.py, a scripted caller.

    make livekit-server             # once
    python agents/room_demo.py

BARGE_PRESET chooses the agent's preset. Both ends keep a folder in ``calls/``; what is printed is
the two joined.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import tempfile
from pathlib import Path

from livekit_barge.call.folder import Call
from livekit_barge.errors import BargeError, RoomError
from livekit_barge.measure.join import join
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.report.screen import Screen
from livekit_barge.report.terminal.both_ends import LEGEND, joined_table
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.room.server import BINARY, LivekitServer, running_server
from livekit_barge.room.worker import agents_folder, running_worker
from livekit_barge.script.script import Script

CALLS = Path("calls")
SCRIPT = "front-desk"


def call(server: LivekitServer, log: Path) -> tuple[Path, Path]:
    """One call; the caller's folder and the agent's."""
    script, room = Script.load(SCRIPT), f"room-demo-{secrets.token_hex(2)}"
    key, secret = server.api_key, server.api_secret
    arguments = ("--url", server.url, "--api-key", key, "--api-secret", secret)
    environment = os.environ | {"BARGE_CALLS_DIR": str(CALLS)}
    entrypoint = Path(__file__).with_name("local.py")
    with running_worker(entrypoint, arguments, log=log, environment=environment):
        dial = Dial(url=server.url, api_key=key, api_secret=secret, room=room)
        played = asyncio.run(call_room(script, dial, calls_dir=CALLS))
        assert played.call_dir is not None  # a room's call is always kept
        return played.call_dir, agents_folder(CALLS, room)


def main() -> int:
    """Start all, call, stop all, print."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)  # the client tells of every socket
    console = Screen()
    try:
        if not BINARY.exists():
            raise RoomError("no livekit-server", where=BINARY, remedy="make livekit-server")
        with tempfile.TemporaryDirectory() as logs:
            console.print("A caller rings an agent in a real room: about a minute …")
            with running_server(Path(logs) / "server.log") as server:
                folders = call(server, Path(logs) / "agent.log")
        caller, agent = map(Call.open, folders)
        joined = join(caller, agent, measure_call(caller), measure_call(agent))
    except BargeError as error:
        print(f"room_demo: {error}", file=sys.stderr)
        return 2
    console.print(joined_table(joined))
    console.print(LEGEND, highlight=False)
    console.print("Both ends (livekit-barge join CALLER AGENT shows this again):")
    for folder in folders:
        console.print(f"  {folder}", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
