"""Whether a call on the stage is what it would have been in a real room.

    python -m benchmarks.agreement_room [--rounds 4] [--page docs/bench.md]

Server, agent and caller of the room are processes of their own on this machine; the stage plays the
same agent (:mod:`benchmarks.room_agent`) and the same script in virtual time. Compared is what the
agent's end measures in both, which is after transit: from the caller's first audible sample there
to the decision, and on to the last sample that left the output.

A decision falls on the end of an input frame, and where in a frame the caller begins is chance in
a room. So the room plays each event ``--rounds`` times, and the stage in five places a fifth of a
frame apart.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Any

from livekit.plugins import silero

from benchmarks.marked import put_between
from benchmarks.room_agent import TEXT, VOICE
from livekit_barge.bench.models import ScriptedLLM, VoiceTTS
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.quiet import turn_log_off
from livekit_barge.bench.room.caller import call_room
from livekit_barge.bench.room.dial import Dial
from livekit_barge.bench.room.server import LivekitServer, running_server
from livekit_barge.bench.room.worker import agents_folder, running_worker
from livekit_barge.bench.script import Script, caller_line
from livekit_barge.bench.stage import play_call
from livekit_barge.call.folder import Call
from livekit_barge.measure.call import measure_call
from livekit_barge.measure.join import join
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.statistics import Measured, Percentiles, nearest_rank
from livekit_barge.session import BargeSession

PRESETS = ("livekit-defaults", "snappy")
CLOCKS = ("detection_s", "cancellation_s", "time_to_yield_s")
LIMIT_MS = 15.0
LINE = "Please hold on a moment because I have a question."
SPOKEN_S = (3.6, 1.2, 1.7, 2.2, 2.7)
"""The first is after LiveKit's AEC warm-up."""

SHIFTS_S = (0.0, 0.01, 0.02, 0.03, 0.04)
"""Fifths of RoomIO's input frame."""

Clocks = Mapping[str, float]
"""Of one event."""


def script(shift_s: float = 0.0) -> Script:
    """Barge-ins at places that a room shows, too."""
    places = (f"after the agent has spoken {spoken_s + shift_s:g} s" for spoken_s in SPOKEN_S)
    lines = tuple(caller_line(LINE, place, "yield") for place in places)
    return Script(name="agreement", agent=(TEXT,), caller=lines)


def on_stage(preset: str) -> list[dict[int, Clocks]]:
    """Each line's clocks in virtual time, once for each shift."""
    with turn_log_off():
        return [_staged(preset, shift_s) for shift_s in SHIFTS_S]


def _staged(preset: str, shift_s: float) -> dict[int, Clocks]:
    session = partial(_session, preset=preset)
    played = play_call(script(shift_s), calls_dir=None, session=session)
    return dict(_clocks(played, {overlap: overlap for overlap in played.overlaps}))


def _session(preset: str, **_: Any) -> BargeSession[None]:
    """As :mod:`benchmarks.room_agent` makes it: nobody transcribes, so the VAD decides alone."""
    return BargeSession(
        preset=preset,
        vad=silero.VAD.load(),
        llm=ScriptedLLM([TEXT]),
        tts=VoiceTTS(VOICE),
        turn_handling={"turn_detection": "vad"},
    )


def in_room(
    server: LivekitServer, folder: Path, preset: str, rounds: int
) -> list[dict[int, Clocks]]:
    """The same of each round in the room, by the agent's end."""
    environment = os.environ | server.environment()
    environment |= {"BARGE_PRESET": preset, "BARGE_CALLS_DIR": str(folder / preset)}
    agent = Path(__file__).with_name("room_agent.py")
    found = []
    with running_worker(agent, log=folder / f"{preset}.log", environment=environment):
        for number in range(1, rounds + 1):
            found.append(_round(server, folder / preset, f"{preset}-{number}"))
            print(f"{preset}: round {number} of {rounds}", file=sys.stderr, flush=True)
    return found


def _round(server: LivekitServer, calls_dir: Path, room: str) -> dict[int, Clocks]:
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room=room)
    played = asyncio.run(call_room(script(), dial, calls_dir=calls_dir))
    assert played.call_dir is not None  # a room's call is always kept
    caller, agent = Call.open(played.call_dir), Call.open(agents_folder(calls_dir, room))
    joined = join(caller, agent, played.turns, measure_call(agent)).overlaps
    return dict(_clocks(played, {each.caller: each.agent for each in joined}))


def _clocks(
    played: PlayedCall, agents: Mapping[Overlap, Overlap | None]
) -> Iterator[tuple[int, Clocks]]:
    """Of each line that stopped the agent, with nothing withheld."""
    for number, placed in enumerate(played.lines):
        overlap = played.overlap_of(placed.line)
        agent = None if overlap is None else agents.get(overlap)
        if agent is None or agent.outcome != "yielded" or agent.quiet_at_decision:
            continue
        values = {clock: getattr(agent, clock) for clock in CLOCKS}
        if None not in values.values():
            yield number, values


Rounds = Sequence[dict[int, Clocks]]


def table(stage: Mapping[str, Rounds], room: Mapping[str, Rounds]) -> str:
    """Medians of the room and of the same events on the stage; and both spreads, event by event."""
    lines = [
        "| preset | clock | events in the room | median in the room, 95 of 100 within "
        "| median on the stage | within 15 ms | room against room: median, p95 "
        "| room against stage: median, p95 |",
        "|---|---|---:|---|---:|---|---|---|",
    ]
    for preset, rounds in room.items():
        lines += [f"| `{preset}` {_row(clock, stage[preset], rounds)} |" for clock in CLOCKS]
    told = (
        f"{_known(rounds)} {where}"
        for where, rounds in (("in the room", room), ("on the stage", stage))
    )
    lines += ["", f"Barge-ins of which both clocks are known: {', '.join(told)}."]
    return "\n".join(lines)


def _known(by_preset: Mapping[str, Rounds]) -> str:
    known = sum(len(found) for rounds in by_preset.values() for found in rounds)
    return f"{known}/{sum(map(len, by_preset.values())) * len(SPOKEN_S)}"


def _row(clock: str, stage: Rounds, room: Rounds) -> str:
    """Of the events that are known in both; a difference is between two plays of one event."""
    in_room, staged = _by_event(clock, room), _by_event(clock, stage)
    both = sorted(in_room.keys() & staged.keys())
    room_s = [value for event in both for value in in_room[event]]
    stage_s = [value for event in both for value in staged[event]]
    if not both:
        return f"| `{clock}` | 0 | – | – | – | – | –"
    median_s, staged_s = statistics.median(room_s), statistics.median(stage_s)
    within = abs(median_s - staged_s) * 1e3 <= LIMIT_MS
    apart = [abs(a - b) for event in both for a, b in combinations(in_room[event], 2)]
    off = [abs(a - b) for event in both for a, b in product(in_room[event], staged[event])]
    return (
        f"| `{clock}` | {len(room_s)} | {median_s * 1e3:.0f} ms{_interval(room_s)} "
        f"| {staged_s * 1e3:.0f} ms | {'yes' if within else 'no'} | {_sizes(apart)} | {_sizes(off)}"
    )


def _by_event(clock: str, rounds: Rounds) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for number, clocks in (item for each in rounds for item in each.items()):
        found.setdefault(number, []).append(clocks[clock])
    return found


def _interval(values_s: Iterable[float]) -> str:
    found = Percentiles.of(Measured(value) for value in values_s).interval(50)
    if found is None:
        return ", too few to say"
    return f", {found[0].seconds * 1e3:.0f} to {found[1].seconds * 1e3:.0f}"


def _sizes(values_s: Sequence[float]) -> str:
    p95_s = nearest_rank(values_s, 95)
    if p95_s is None:
        return "–"
    return f"{statistics.median(values_s) * 1e3:.0f}, {p95_s * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    stage = {preset: on_stage(preset) for preset in arguments.presets}
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_server(Path(scratch) / "server.log") as server,
    ):
        room = {
            preset: in_room(server, Path(scratch), preset, arguments.rounds)
            for preset in arguments.presets
        }
    text = table(stage, room)
    print(text)
    if arguments.page is not None:
        put_between(arguments.page, "make agreement-room", text)


if __name__ == "__main__":
    main()
