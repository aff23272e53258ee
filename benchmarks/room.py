"""What a caller in a real room waits, and how far the caller's own figures can be trusted.

    python -m benchmarks.room       # about six minutes, alone on the machine; needs livekit-server

Server, agent and caller are processes of their own on this machine. The results are printed, and
written into docs/room.md.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.room_stub import MARKER_AFTER_S, Truth, marker
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.room.caller import call_room
from livekit_barge.bench.room.dial import Dial
from livekit_barge.bench.room.processes import child
from livekit_barge.bench.room.server import LivekitServer, running_server
from livekit_barge.bench.room.worker import agents_folder, running_worker
from livekit_barge.bench.script import Script, caller_line
from livekit_barge.call.audio import AGENT, Float32
from livekit_barge.call.folder import Call
from livekit_barge.measure.call import measure_call
from livekit_barge.measure.join import JoinedOverlap, join
from livekit_barge.measure.lag import lags
from livekit_barge.measure.statistics import nearest_rank

PRESETS = ("livekit-defaults", "snappy")
BARGE_INS = 10
STUB_ROUNDS = 20
PAGE = Path("docs/room.md")
_BEGIN, _END = "<!-- make room-figures -->\n", "<!-- end -->"

LINE = "Please hold on a moment because I have a question."
# LiveKit's defaults give no heed to a caller for an agent's first three seconds.
SCRIPT = Script(
    name="ten-barge-ins",
    agent=(),
    caller=(
        caller_line(LINE, "after the agent has spoken 3.6 s", "yield"),
        *(
            caller_line(LINE, "after the agent has spoken 1.2 s", "yield")
            for _ in range(BARGE_INS - 1)
        ),
    ),
)
STUB_SCRIPT = Script(
    name="sharp-edges",
    agent=(),
    caller=tuple(
        caller_line("Please hold on.", "after the agent has spoken 1.2 s")
        for _ in range(STUB_ROUNDS)
    ),
)


class Edge(NamedTuple):
    """One known cut."""

    transit_s: float
    error_s: float
    """``silent_s`` less the truth."""
    ringing_s: float
    """How long the codec rang on audibly, in what was heard: in ``error_s``, and no error."""


def main() -> None:
    """Measure, print, and write the page."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "server.log") as server,
    ):
        edges = known_truth(server, Path(folder))
        joined = {preset: barge_ins(server, Path(folder), preset) for preset in PRESETS}
    text = "\n".join([_stamp(), "", *_table(joined), "", *_truth(edges), ""])
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(_BEGIN)
    PAGE.write_text(before + _BEGIN + text + _END + rest.split(_END)[1], encoding="utf-8")


def barge_ins(server: LivekitServer, folder: Path, preset: str) -> list[JoinedOverlap]:
    """One call of ten barge-ins, from both ends."""
    calls_dir, room = folder / preset, f"figures-{preset}"
    environment = os.environ | server.environment()
    environment |= {"BARGE_PRESET": preset, "BARGE_CALLS_DIR": str(calls_dir)}
    agent = Path(__file__).with_name("room_agent.py")
    with running_worker(agent, log=folder / f"{preset}.log", environment=environment):
        played = _call(server, room, SCRIPT, calls_dir)
        caller, other = _open(played), Call.open(agents_folder(calls_dir, room))
    return list(join(caller, other, played.turns, measure_call(other)).overlaps)


def known_truth(server: LivekitServer, folder: Path, bitrate: int = 0) -> list[Edge]:
    """Calls the stub; each cut's measured end beside the known one."""
    room, out = f"edges-{bitrate}", folder / f"stub-{bitrate}.json"
    token = server.token(room, "stub", kind="agent")
    rounds = (str(STUB_ROUNDS), str(bitrate))
    stub = [sys.executable, "-m", "benchmarks.room_stub", server.url, token, *rounds]
    with child(stub, log=out) as process:
        played = _call(server, room, STUB_SCRIPT, folder / "stub")
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
    for truth in truths:
        transit_s = _transit_s(call, heard, truth)
        cut_now_s = truth.cut_now_s + transit_s
        nearest = min(silent_now_s, key=lambda now_s: abs(now_s - cut_now_s), default=-np.inf)
        if abs(nearest - cut_now_s) < MARKER_AFTER_S:
            cut_s = cut_now_s - call.meta.started_now_s
            ringing_s = _ringing_s(heard, cut_s, call.sample_rate)
            edges.append(Edge(transit_s, nearest - cut_now_s, ringing_s))
    return edges


def _transit_s(call: Call, heard: Float32, truth: Truth) -> float:
    """From the marker's being sent to its being heard."""
    rate = call.sample_rate
    sought = marker().astype(np.float32)
    sent_s = truth.marker_now_s - call.meta.started_now_s
    begin = round((sent_s - MARKER_AFTER_S / 2) * rate)
    window = heard[begin : begin + round((MARKER_AFTER_S / 2 + 1.0) * rate)]
    return (begin + int(np.argmax(np.correlate(window, sought)))) / rate - sent_s


def _ringing_s(heard: Float32, cut_s: float, rate: int) -> float:
    """Until the last millisecond after the cut that is less than 35 dB below the speech before."""
    cut, millisecond = round(cut_s * rate), rate // 1000
    active = float(np.mean(heard[cut - rate // 2 : cut] ** 2))
    after = heard[cut : cut + 100 * millisecond].reshape(100, -1)
    audible = np.flatnonzero((after**2).mean(axis=1) > active * 10 ** (-35 / 10))
    return (int(audible[-1]) + 1) / 1000 if len(audible) else 0.0


def _call(server: LivekitServer, room: str, script: Script, calls_dir: Path) -> PlayedCall:
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room=room)
    return asyncio.run(call_room(script, dial, calls_dir=calls_dir))


def _open(played: PlayedCall) -> Call:
    assert played.call_dir is not None  # a room's call is always kept
    call = Call.open(played.call_dir)
    found = [lag.lag_s for lag in lags(call.events, call.meta.sample_rates)]
    print(f"{call.meta.room}: longest lag {max(found, default=0.0) * 1000:.0f} ms", file=sys.stderr)
    for wrong in played.surprises:
        print(f"{call.meta.room}: {wrong}", file=sys.stderr)
    return call


def _table(joined: dict[str, list[JoinedOverlap]]) -> list[str]:
    lines = [
        "| preset | barge-ins | yielded | way in | detection | stopping | way out | "
        "time to yield, at the caller | at the agent |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for preset, overlaps in joined.items():
        yielded = sum(overlap.caller.outcome == "yielded" for overlap in overlaps)
        columns = (
            [overlap.way_in_s for overlap in overlaps],
            [overlap.detection_s for overlap in overlaps],
            [overlap.stopping_s for overlap in overlaps],
            [overlap.way_out_s for overlap in overlaps],
            [overlap.time_to_yield_s for overlap in overlaps],
            [overlap.agent.time_to_yield_s if overlap.agent else None for overlap in overlaps],
        )
        cells = " | ".join(_spread(column) for column in columns)
        lines.append(f"| `{preset}` | {len(overlaps)} | {yielded} | {cells} |")
    return lines


def _truth(edges: Sequence[Edge]) -> list[str]:
    net_s = [edge.error_s - edge.ringing_s for edge in edges]
    p95_s = nearest_rank([abs(each) for each in net_s], 95)
    return [
        "| known cuts | measured | transit | `silent_s` less the cut | the codec's ringing in it | "
        "error without it | 95 of 100 within |",
        "|---|---|---|---|---|---|---|",
        f"| {STUB_ROUNDS} | {len(edges)} | {_spread([e.transit_s for e in edges])} | "
        f"{_spread([e.error_s for e in edges])} | {_spread([e.ringing_s for e in edges])} | "
        f"{_spread(net_s)} | {'–' if p95_s is None else f'{p95_s * 1000:.0f} ms'} |",
    ]


def _spread(seconds: Sequence[float | None]) -> str:
    """``541 (530–561) ms``: the median, and from the least to the most."""
    known = [each for each in seconds if each is not None]
    if not known:
        return "–"
    least, most = min(known) * 1000, max(known) * 1000
    spread = f"{statistics.median(known) * 1000:.0f} ({least:.0f} to {most:.0f}) ms"
    return spread if len(known) == len(seconds) else f"{spread}, of {len(known)}"


def _stamp() -> str:
    day = datetime.now(UTC).date().isoformat()
    load = os.getloadavg()[0]
    return f"{day}, {os.cpu_count()} processors, load {load:.1f}. Median, and from least to most."


if __name__ == "__main__":
    main()
