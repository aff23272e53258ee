"""What a caller in a real room waits, and how far the caller's own figures can be trusted.

    python -m benchmarks.room       # about twelve minutes, alone on the machine

Server, agent and caller are processes of their own on this machine; ``make livekit-server`` builds
the first. The results are printed, and written into docs/evidence/room.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.marked import put_between
from benchmarks.room_codec import DEFAULT_BITRATE, codecs_ringing_s, ringing_s
from benchmarks.room_sent import sent_table
from benchmarks.room_stub import MARKER_AFTER_S, Truth, marker
from benchmarks.room_tables import (
    Edge,
    OverLink,
    linked_table,
    preset_table,
    stamps_table,
    truth_table,
)
from livekit_barge.call.audio import AGENT, Float32
from livekit_barge.call.events import ImpairedLink
from livekit_barge.call.folder import Call
from livekit_barge.errors import RoomError
from livekit_barge.measure.join import JoinedOverlap, join
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.recorder_lag import lags
from livekit_barge.report.terminal.link_line import link_note
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.room.link import Link
from livekit_barge.room.processes import child
from livekit_barge.room.server import LivekitServer, running_server
from livekit_barge.room.worker import agents_folder, running_worker
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script, caller_line
from livekit_barge.work.log_silencer import client_log_off

PRESETS = ("livekit-defaults", "snappy")
BARGE_INS = 10
STUB_ROUNDS = 20
BITRATES = (DEFAULT_BITRATE, 128_000)
"""What LiveKit's client codes with, and what lets a sharp edge through."""
LINKS = tuple(
    Link(loss=loss, delay_s=delay_s) for loss in (0.0, 0.01, 0.05) for delay_s in (0.0, 0.05, 0.15)
)
LINKED_PRESET, LINKED_BARGE_INS = "snappy", 4
PAGE = Path("docs/evidence/room.md")

LINE = "Please hold on a moment because I have a question."
# LiveKit's defaults give no heed to a caller for an agent's first three seconds.
FIRST_SPOKEN_S, SPOKEN_S = 3.6, 1.2


def barge_in_script(count: int) -> Script:
    """So many, or fewer."""
    return Script(
        name="barge-ins",
        agent=(),
        caller=tuple(
            caller_line(LINE, f"after the agent has spoken {spoken_s} s", "yield")
            for spoken_s in (FIRST_SPOKEN_S, *[SPOKEN_S] * (count - 1))
        ),
    )


def sharp_edges(count: int) -> Script:
    """A caller who speaks over each of the stub's rounds."""
    place = f"after the agent has spoken {SPOKEN_S} s"
    lines = tuple(caller_line("Please hold on.", place) for _ in range(count))
    return Script(name="sharp-edges", agent=(), caller=lines)


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description="What a caller in a real room waits.")
    parser.add_argument("--short", action="store_true", help="two of each, and no page")
    short = parser.parse_args().short
    rounds, count, linked = (2, 2, 2) if short else (STUB_ROUNDS, BARGE_INS, LINKED_BARGE_INS)
    client_log_off()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "server.log") as server,
    ):
        out = Path(folder)
        edges = {bitrate: knowntruth_table(server, out, bitrate, rounds) for bitrate in BITRATES}
        joined = {}
        for preset in PRESETS:
            with _agent(server, out, preset):
                joined[preset] = barge_ins(server, out / preset, f"figures-{preset}", count)[0]
        calls = over_links(server, out, linked, LINKS[::4] if short else LINKS)
        sent = sent_table(server)
    tables = [
        preset_table(joined),
        truth_table(edges),
        linked_table(calls, LINKED_PRESET),
        sent,
        stamps_table(joined),
    ]
    text = "\n".join([_stamp(), "", *(line for table in tables for line in (*table, ""))])
    print(text)
    if not short:
        put_between(PAGE, "make room-figures", text)


@contextlib.contextmanager
def _agent(server: LivekitServer, folder: Path, preset: str) -> Iterator[None]:
    """A worker that answers under ``preset`` and keeps its calls in a folder of that name."""
    environment = os.environ | server.environment()
    environment |= {"BARGE_PRESET": preset, "BARGE_CALLS_DIR": str(folder / preset)}
    agent = Path(__file__).with_name("room_agent.py")
    with running_worker(agent, log=folder / f"{preset}.log", environment=environment):
        yield


def barge_ins(
    server: LivekitServer, calls_dir: Path, room: str, count: int, link: Link | None = None
) -> tuple[list[JoinedOverlap], Call]:
    """One call of barge-ins, from both ends; and the caller's folder."""
    played = _call(server, room, barge_in_script(count), calls_dir, link)
    caller, other = _open(played), Call.open(agents_folder(calls_dir, room))
    return list(join(caller, other, played.turns, measure_call(other)).overlaps), caller


def over_links(
    server: LivekitServer, folder: Path, count: int, links: Sequence[Link]
) -> list[OverLink]:
    """A call over each."""
    calls, out = [], folder / "linked"
    out.mkdir()
    with _agent(server, out, LINKED_PRESET):
        for number, link in enumerate(links):
            room = f"link-{number}"
            overlaps, caller = barge_ins(server, out / LINKED_PRESET, room, count, link)
            [report] = [event for event in caller.events if isinstance(event, ImpairedLink)]
            print(f"{room}: {link_note(report)}", file=sys.stderr)
            ways = (report.to_server, report.to_caller)
            packets = ", ".join(f"{way['lost']}/{way['packets']}" for way in ways)
            if not report.crossed:
                raise RoomError("media did not cross the link", where=room)
            calls.append(OverLink(link, overlaps, packets))
    return calls


def knowntruth_table(server: LivekitServer, folder: Path, bitrate: int, rounds: int) -> list[Edge]:
    """Calls the stub; each cut's measured end beside the known one."""
    room, out = f"edges-{bitrate}", folder / f"stub-{bitrate}.json"
    token = server.token(room, "stub", kind="agent")
    stub = [sys.executable, "-m", "benchmarks.room_stub", server.url, token]
    with child([*stub, str(rounds), str(bitrate)], log=out) as process:
        played = _call(server, room, sharp_edges(rounds), folder / "stub")
        process.wait(60)
    # The client may have more to say in there, also after the truth.
    told = next(line for line in out.read_text().splitlines() if line.startswith("[{"))
    truths = [Truth(**each) for each in json.loads(told)]
    call = _open(played)
    heard = np.concatenate([block[AGENT] for block in call.blocks()])
    silent_now_s = [
        call.meta.started_now_s + overlap.silent_s
        for overlap in played.overlaps
        if overlap.silent_s is not None  # not withheld
    ]
    edges = []
    for number, truth in enumerate(truths):
        transit_s = _transit_s(call, heard, truth)
        cut_now_s = truth.cut_now_s + transit_s
        nearest = min(silent_now_s, key=lambda now_s: abs(now_s - cut_now_s), default=-np.inf)
        if abs(nearest - cut_now_s) < MARKER_AFTER_S:
            cut = round((cut_now_s - call.meta.started_now_s) * call.sample_rate)
            rings_s = ringing_s(heard, cut, call.sample_rate)
            alone_s = statistics.fmean(codecs_ringing_s(number, bitrate))
            edges.append(Edge(transit_s, nearest - cut_now_s, rings_s, alone_s))
    return edges


def _transit_s(call: Call, heard: Float32, truth: Truth) -> float:
    """From the marker's being sent to its being heard."""
    rate = call.sample_rate
    sought = marker().astype(np.float32)
    sent_s = truth.marker_now_s - call.meta.started_now_s
    begin = round((sent_s - MARKER_AFTER_S / 2) * rate)
    window = heard[begin : begin + round((MARKER_AFTER_S / 2 + 1.0) * rate)]
    return (begin + int(np.argmax(np.correlate(window, sought)))) / rate - sent_s


def _call(
    server: LivekitServer, room: str, script: Script, calls_dir: Path, link: Link | None = None
) -> PlayedCall:
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room=room)
    return asyncio.run(call_room(script, dial, calls_dir=calls_dir, link=link))


def _open(played: PlayedCall) -> Call:
    assert played.call_dir is not None  # a room's call is always kept
    call = Call.open(played.call_dir)
    found = [lag.lag_s for lag in lags(call.events, call.meta.sample_rates)]
    print(f"{call.meta.room}: longest lag {max(found, default=0.0) * 1000:.0f} ms", file=sys.stderr)
    for wrong in played.surprises:
        print(f"{call.meta.room}: {wrong}", file=sys.stderr)
    return call


def _stamp() -> str:
    day = datetime.now(UTC).date().isoformat()
    load = os.getloadavg()[0]
    return f"{day}, {os.cpu_count()} processors, load {load:.1f}. Median, and from least to most."


if __name__ == "__main__":
    main()
