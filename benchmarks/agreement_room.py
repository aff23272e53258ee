"""Whether a call on the stage is what it would have been in a real room.

    python -m benchmarks.agreement_room [--rounds 8] [--page docs/evidence/agreement.md]

Server, agent and caller of the room are processes of their own on this machine; the stage plays the
same agent (:mod:`benchmarks.room_agent`) and the same script in virtual time. Compared is what the
agent's end measures in both, which is after transit: from the caller's first audible sample there
to the decision, and on to the last sample that left the output.

Audio comes and goes in frames of 50 ms, so where in a frame the caller comes in moves a decision or
a cut by as much. In a room that hangs on the transit, which is the same each time, and on when the
tracks began. So the caller comes in a little later in each round in the room; the stage plays each
event in a hundred places, and each play in the room is held against the one that is nearest.
"""

from __future__ import annotations

import argparse
import asyncio
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

from benchmarks.agreement import FRAME_S, WINDOW_S, apart_in
from benchmarks.marked import put_between
from benchmarks.room_agent import TEXT, VOICE
from livekit_barge.call.events import CallerAnchored
from livekit_barge.call.folder import Call
from livekit_barge.errors import RoomError
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.measure.join import join
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.statistics import Measured, Percentiles, nearest_rank
from livekit_barge.measure.turns import Turn
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.room.server import LivekitServer, running_server
from livekit_barge.room.worker import agents_folder, running_worker
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script, caller_line
from livekit_barge.script.scripted_call import play_call
from livekit_barge.stage.models import ScriptedLLM, Timing, VoiceTTS
from livekit_barge.work.log_silencer import client_log_off, turn_log_off

PRESETS = ("livekit-defaults", "snappy")
CLOCKS = ("detection_s", "cancellation_s", "time_to_yield_s")
LIMIT_MS = 15.0
LINE = "Please hold on a moment because I have a question."
SPOKEN_S = (3.6, 1.2, 1.7, 2.2, 2.7)
"""The first is after LiveKit's AEC warm-up."""

STEPS_S = tuple(step / 200 for step in range(10))
"""A frame's tenths, by which on the stage the caller comes in later, and the agent begins later."""
IN, OUT = "in_s", "out_s"
GRIDS = ((IN, FRAME_S), (IN, WINDOW_S), (OUT, FRAME_S))
"""Where an event has its place: in a frame that comes, a window of the VAD, a frame that goes."""

Clocks = Mapping[str, float]
"""Of one event; and its onset from the first of the caller's audio, and of the agent's."""


def script(shift_s: float) -> Script:
    """Barge-ins at places that a room shows, too."""
    places = (f"after the agent has spoken {spoken_s + shift_s:g} s" for spoken_s in SPOKEN_S)
    lines = tuple(caller_line(LINE, place, "yield") for place in places)
    return Script(name="agreement", agent=(TEXT,), caller=lines)


def on_stage(preset: str) -> list[dict[int, Clocks]]:
    """Each line's clocks in virtual time, once for each place."""
    with turn_log_off():
        return [_staged(preset, *steps_s) for steps_s in product(STEPS_S, STEPS_S)]


def _staged(preset: str, shift_s: float, delay_s: float) -> dict[int, Clocks]:
    session = partial(_session, preset=preset, delay_s=delay_s)
    played = play_call(script(shift_s), calls_dir=None, session=session)
    own = {overlap: overlap for overlap in played.overlaps}
    return dict(_clocks(played, own, played.turns, heard_from_s=0.0))


def _session(preset: str, delay_s: float, **_: Any) -> BargeSession[None]:
    """As :mod:`benchmarks.room_agent` makes it: nobody transcribes, so the VAD decides alone."""
    first_byte_s = Timing().tts_first_byte_s + delay_s
    return BargeSession(
        preset=preset,
        vad=silero.VAD.load(),
        llm=ScriptedLLM([TEXT]),
        tts=VoiceTTS(VOICE, Timing(tts_first_byte_s=first_byte_s)),
        turn_handling={"turn_detection": "vad"},
    )


def in_room(
    server: LivekitServer, folder: Path, preset: str, rounds: int
) -> list[dict[int, Clocks]]:
    """The same of each round in the room, by the agent's end."""
    environment = os.environ | server.environment()
    environment |= {"BARGE_PRESET": preset, "BARGE_CALLS_DIR": str(folder / preset)}
    agent = Path(__file__).with_name("room_agent.py")
    found: list[dict[int, Clocks]] = []
    with running_worker(agent, log=folder / f"{preset}.log", environment=environment):
        for number in range(1, rounds + 1):
            shift_s = (number - 1) / rounds * FRAME_S
            found.append(_round_of(server, folder / preset, f"{preset}-{number}", shift_s))
            print(f"{preset}: round {number} of {rounds}", file=sys.stderr, flush=True)
    return found


def _round_of(
    server: LivekitServer, calls_dir: Path, room: str, shift_s: float
) -> dict[int, Clocks]:
    """A round; once more where nobody answered, as on a busy machine."""
    try:
        return _round(server, calls_dir, room, shift_s)
    except RoomError as error:
        print(error, file=sys.stderr, flush=True)
        return _round(server, calls_dir, f"{room}-again", shift_s)


def _round(server: LivekitServer, calls_dir: Path, room: str, shift_s: float) -> dict[int, Clocks]:
    dial = Dial(url=server.url, api_key=server.api_key, api_secret=server.api_secret, room=room)
    played = asyncio.run(call_room(script(shift_s), dial, calls_dir=calls_dir))
    assert played.call_dir is not None  # a room's call is always kept
    caller, agent = Call.open(played.call_dir), Call.open(agents_folder(calls_dir, room))
    turns = measure_call(agent)
    joined = join(caller, agent, played.turns, turns).overlaps
    agents = {each.caller: each.agent for each in joined}
    heard_from_s = next(e.at_s for e in agent.events if isinstance(e, CallerAnchored))
    return dict(_clocks(played, agents, turns, heard_from_s))


def _clocks(
    played: PlayedCall,
    agents: Mapping[Overlap, Overlap | None],
    turns: Sequence[Turn],
    heard_from_s: float,
) -> Iterator[tuple[int, Clocks]]:
    """Of each line that stopped the agent, with nothing withheld."""
    for number, placed in enumerate(played.lines):
        overlap = played.overlap_of(placed.line)
        agent = None if overlap is None else agents.get(overlap)
        if agent is None or agent.outcome != "yielded" or agent.quiet_at_decision:
            continue
        values = {clock: getattr(agent, clock) for clock in CLOCKS}
        began_s = next(turn.started_s for turn in turns if agent in turn.overlaps)
        if None not in values.values() and agent.onset_s is not None:
            yield (
                number,
                {**values, IN: agent.onset_s - heard_from_s, OUT: agent.onset_s - began_s},
            )


Rounds = Sequence[dict[int, Clocks]]


def table(stage: Mapping[str, Rounds], room: Mapping[str, Rounds]) -> str:
    """Medians of the room and of all places on the stage; and both spreads, event by event."""
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
    pairs = {number: list(_pairs(number, clock, stage, room)) for number in range(len(SPOKEN_S))}
    room_s = [here_s for each in pairs.values() for here_s, _ in each]
    nearest_s = [there_s for each in pairs.values() for _, there_s in each]
    if not room_s:
        return f"| `{clock}` | 0 | – | – | – | – | –"
    staged_s = statistics.median(clocks[clock] for found in stage for clocks in found.values())
    median_s = statistics.median(room_s)
    within = abs(median_s - staged_s) * 1e3 <= LIMIT_MS
    apart = [abs(a - b) for each in pairs.values() for (a, _), (b, _) in combinations(each, 2)]
    off = [abs(here_s - there_s) for here_s, there_s in zip(room_s, nearest_s, strict=True)]
    return (
        f"| `{clock}` | {len(room_s)} | {median_s * 1e3:.0f} ms{_interval(room_s)} "
        f"| {staged_s * 1e3:.0f} ms | {'yes' if within else 'no'} | {_sizes(apart)} | {_sizes(off)}"
    )


def _pairs(number: int, clock: str, stage: Rounds, room: Rounds) -> Iterator[tuple[float, float]]:
    """An event's clock each time in the room, and on the stage at the nearest place."""
    staged = [found[number] for found in stage if number in found]
    for found in room:
        if number in found and staged:
            here = found[number]
            nearest = min(staged, key=partial(_places_apart, here))
            yield here[clock], nearest[clock]


def _places_apart(one: Clocks, other: Clocks) -> float:
    return max(apart_in(grid_s, one[place] - other[place]) for place, grid_s in GRIDS)


def _interval(values_s: Iterable[float]) -> str:
    low, high = Percentiles.of(Measured(value) for value in values_s).interval(50)
    if low is None or high is None:
        return ", too few to say"
    return f", {low.seconds * 1e3:.0f} to {high.seconds * 1e3:.0f}"


def _sizes(values_s: Sequence[float]) -> str:
    p95_s = nearest_rank(values_s, 95)
    if p95_s is None:
        return "–"
    return f"{statistics.median(values_s) * 1e3:.0f}, {p95_s * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    client_log_off()
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
