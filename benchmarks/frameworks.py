"""LiveKit Agents and Pipecat side by side: what a caller in a real room waits for each to yield.

    python -m benchmarks.frameworks     # about eight minutes, alone on the machine

One server, one caller, one script; the calls to both frameworks take turns in one run. Behind both
bots are the same stand-ins for the models and the same voice; ears, decisions and output are each
framework's own. The results are printed, and written into docs/evidence/frameworks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.marked import put_between
from benchmarks.room import _agent, barge_in_script, barge_ins
from benchmarks.room_tables import preset_table
from livekit_barge.call.folder import Call
from livekit_barge.measure.join import JoinedOverlap, join
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.room.processes import child
from livekit_barge.room.server import LivekitServer, running_server
from livekit_barge.room.worker import agents_folder
from livekit_barge.work.log_silencer import client_log_off

PAIRS = (("livekit-defaults", "pipecat-defaults"), ("snappy", "snappy"))
"""A preset of each framework's, by what it is for."""
BARGE_INS, ROUNDS = 5, 2
PAGE = Path("docs/evidence/frameworks.md")

Overlaps = list[JoinedOverlap]


def main() -> None:
    """Call both in turns, print, and write the page."""
    parser = argparse.ArgumentParser(description="LiveKit Agents and Pipecat, side by side.")
    parser.add_argument("--short", action="store_true", help="one round of three barge-ins each")
    count, rounds = (3, 1) if parser.parse_args().short else (BARGE_INS, ROUNDS)
    client_log_off()
    found: dict[str, Overlaps] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "server.log") as server,
    ):
        for number in range(rounds):
            for livekit, pipecat in PAIRS:
                out = Path(folder) / f"{livekit}-{number}"
                out.mkdir()
                room = f"frameworks-{number}-{livekit}"
                with _agent(server, out, livekit):
                    ours = barge_ins(server, out / livekit, f"{room}-livekit", count)[0]
                found.setdefault(f"LiveKit Agents: {livekit}", []).extend(ours)
                theirs = pipecat_barge_ins(server, out, pipecat, f"{room}-pipecat", count)
                found.setdefault(f"Pipecat: {pipecat}", []).extend(theirs)
    text = "\n".join([_stamp(count, rounds), "", *preset_table(found)])
    print(text)
    put_between(PAGE, "make frameworks", text)


def pipecat_barge_ins(
    server: LivekitServer, folder: Path, preset: str, room: str, count: int
) -> Overlaps:
    """One call to a Pipecat bot, from both ends."""
    calls_dir = folder / f"pipecat-{preset}"
    environment = os.environ | server.environment()
    environment |= {"BARGE_PRESET": preset, "BARGE_CALLS_DIR": str(calls_dir)}
    command = [sys.executable, "-m", "benchmarks.pipecat_agent", room]
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room=room)
    with child(command, log=folder / "pipecat.log", env=environment):
        played = asyncio.run(call_room(barge_in_script(count), dial, calls_dir=calls_dir))
        agent = Call.open(agents_folder(calls_dir, room))
    assert played.call_dir is not None  # a room's call is always kept
    joined = join(Call.open(played.call_dir), agent, played.turns, measure_call(agent))
    return list(joined.overlaps)


def _stamp(count: int, rounds: int) -> str:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d}: livekit-agents {version('livekit-agents')}, "
        f"pipecat-ai {version('pipecat-ai')}; {rounds} calls of {count} barge-ins in each row; "
        f"load at the end {load:.1f} of each core."
    )


if __name__ == "__main__":
    main()
