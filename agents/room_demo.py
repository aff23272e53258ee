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
import subprocess
import sys
import tempfile
from pathlib import Path

from livekit_barge import (
    Dial,
    LivekitServer,
    Script,
    agents_folder,
    call_room,
    running_server,
    running_worker,
)
from livekit_barge.errors import BargeError

CALLS = Path("calls")
SCRIPT = "front-desk"


def call(server: LivekitServer, log: Path) -> tuple[Path, Path]:
    """Make one call. Return the caller's folder and the agent's."""
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
    """Start all, call, stop all, and show the two folders joined."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)  # the client logs every socket
    try:
        with tempfile.TemporaryDirectory() as logs:
            print("A caller rings an agent in a real room: about a minute …", flush=True)
            with running_server(Path(logs) / "server.log") as server:
                folders = call(server, Path(logs) / "agent.log")
    except FileNotFoundError as error:
        print(f"room_demo: no {error.filename} – make livekit-server", file=sys.stderr)
        return 2
    except BargeError as error:
        print(f"room_demo: {error}", file=sys.stderr)
        return 2
    command = ("livekit-barge", "join", *map(str, folders))
    print(" ".join(command), flush=True)
    return subprocess.run([sys.executable, "-m", "livekit_barge.cli", *command[1:]]).returncode


if __name__ == "__main__":
    sys.exit(main())
