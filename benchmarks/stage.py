"""How much faster than real time scripted calls are played, and what a process of them holds.

    python -m benchmarks.stage [--suite classic] [--calls 3] [--page docs/evidence/stage-speed.md]

All is from one run: a suite's calls under several presets and under several values of a knob, with
what LiveKit's local models said kept between calls and without, and by two processes. One process
plays all that is compared by its CPU seconds, those of all its threads; it has spoken every text of
the calls before, as a process does once. The results must be the same bytes each time, or it fails.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.marked import put_between
from livekit_barge.script import scripted_call
from livekit_barge.script.director import Director
from livekit_barge.script.script import Script
from livekit_barge.stage.time.model_cache import Memory
from livekit_barge.stage.voices import voice_named
from livekit_barge.suites.case import Case
from livekit_barge.suites.play_cases import play_case, run_cases
from livekit_barge.suites.suite import Suite

T = TypeVar("T")

PRESETS = ("livekit-defaults", "snappy", "patient", "telephony")
DURATIONS_S = (0.2, 0.3, 0.4, 0.6)
MORE_DURATIONS_S = (0.1, 0.15, 0.25, 0.35, 0.45, 0.5, 0.55, 0.7)
"""What processes play besides, to tell what a call costs them once they have begun."""
MEMORY_AFTER = (10, 30, 60)
SHORT_FRAME_S = 0.02
MORE = 4
"""So many times as many scripts, where processes are compared."""
LOOP = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Of some calls, one after the other."""

    call_s: float
    cpu_s: float
    windows: tuple[int, int]
    """Known before, of those asked of the VAD."""
    ends: tuple[int, int]
    """The same of the turn detector."""
    digest: str
    """Of the results."""

    @property
    def times(self) -> float:
        return self.call_s / self.cpu_s


def sweep(suite: str, calls: int, settings: Sequence[tuple[str, dict[str, Any]]]) -> list[Case]:
    """The suite's first calls under each preset and knobs."""
    return [
        dataclasses.replace(case, case_id=f"{number}/{case.case_id}")
        for number, (preset, knobs) in enumerate(settings)
        for case in Suite.load(suite).cases(preset=preset, knobs=knobs, split="tuning")[:calls]
    ]


def play(cases: Sequence[Case], memory: Memory) -> Cost:
    """Play them in this process, with what the models said before in ``memory``."""
    scripted_call.MEMORY = memory
    digest = hashlib.sha256()
    call_s = 0.0
    windows, ends = memory.windows, memory.ends
    before = (windows.known, windows.asked, ends.known, ends.asked)
    began_cpu_s = time.process_time()
    for case in cases:
        result = play_case(case)
        if result.error is not None:
            raise SystemExit(f"{case.case_id}: {result.error}")
        call_s += result.call_s
        digest.update(result.line().encode())
    return Cost(
        call_s,
        time.process_time() - began_cpu_s,
        (windows.known - before[0], windows.asked - before[1]),
        (ends.known - before[2], ends.asked - before[3]),
        digest.hexdigest()[:12],
    )


def play_by(cases: Sequence[Case], jobs: int) -> tuple[float, str]:
    """Seconds that ``jobs`` processes take, the start of theirs included; the results' digest."""
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as out:
        began_s = time.perf_counter()
        for result in run_cases(cases, out=Path(out), jobs=jobs):
            digest.update(result.line().encode())
    return time.perf_counter() - began_s, digest.hexdigest()[:12]


def memory_after(counts: Sequence[int]) -> list[float]:
    """MB that this process holds after so many short calls, each with a seed of its own."""
    case = Case(case_id="short", script=_short())
    held = []
    for number in range(1, max(counts) + 1):
        conditions = dataclasses.replace(case.conditions, seed=number)
        play_case(dataclasses.replace(case, conditions=conditions))
        if number in counts:
            held.append(_resident_mb())
    return held


def calibrate() -> float:
    """Milliseconds for a million turns of an empty loop: how fast this machine is just now."""
    best_s = min(_loop_s() for _ in range(5))
    return best_s * 1e3


def _loop_s() -> float:
    began_s = time.thread_time()
    for _ in range(LOOP):
        pass
    return time.thread_time() - began_s


def _short() -> Script:
    return Script.parse(
        {
            "agent": ["We are open from Monday to Friday, and closed on Sunday."],
            "caller": [
                {"say": "Wait!", "at": "after the agent has spoken 1 s", "expect": "hold"},
            ],
        },
        name="short",
    )


def _warm_up(cases: Sequence[Case]) -> None:
    play_case(Case(case_id="warm-up", script=_short()))
    for script in (case.script for case in cases):
        Director(script)  # speaks the caller's lines
        for text in script.agent:
            voice_named(script.agent_voice).speak(text)


def _resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _apart(work: Callable[[], T]) -> T:
    """In a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(work).result()


def play_all(presets: Sequence[Case], knob: Sequence[Case]) -> list[tuple[str, Cost]]:
    """Each way to play them, in this process, with its name."""
    _warm_up([*presets, *knob])
    nothing, first = Memory(0, 0), Memory()
    short = [dataclasses.replace(presets[0], knobs={"input_frame_s": SHORT_FRAME_S})]
    ways: list[tuple[str, Sequence[Case], Memory]] = [
        ("one call, the first", presets[:1], first),
        ("the same once more", presets[:1], first),
        (f"with input frames of {SHORT_FRAME_S * 1e3:.0f} ms", short, first),
        ("the same once more", short, first),
        (f"{len(PRESETS)} presets, nothing kept", presets, nothing),
        (f"{len(PRESETS)} presets", presets, Memory()),
        (f"{len(DURATIONS_S)} values of a knob, nothing kept", knob, nothing),
        (f"{len(DURATIONS_S)} values of a knob", knob, Memory()),
    ]
    costs = []
    for name, cases, memory in ways:
        _tell(name)
        costs.append((name, play(cases, memory)))
    return costs


def measure(suite: str, calls: int) -> str:
    """The tables."""
    presets = sweep(suite, calls, [(preset, {}) for preset in PRESETS])
    knob = sweep(suite, calls, _values(DURATIONS_S))
    some = sweep(suite, MORE * calls, _values(DURATIONS_S))
    many = sweep(suite, MORE * calls, _values((*DURATIONS_S, *MORE_DURATIONS_S)))
    loop_ms = calibrate()
    rows = _apart(partial(play_all, presets, knob))
    _tell("one process, two processes")
    ones = [_apart(partial(play_by, cases, 1)) for cases in (some, many)]
    twos = [_apart(partial(play_by, cases, 2)) for cases in (some, many)]
    _check_bytes(rows, ones, twos)
    _tell("many short calls")
    held = _apart(partial(memory_after, MEMORY_AFTER))
    return "\n".join(
        [
            f"{calls} calls of the suite `{suite}`; a million turns of an empty Python loop took "
            f"{loop_ms:.0f} ms of CPU before.",
            "",
            "| | calls | call seconds | CPU seconds | times real time | VAD windows known "
            "| turn ends known |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *(_row(name, cost, presets, knob) for name, cost in rows),
            "",
            _processes_line((len(some), len(many)), ones, twos),
            "",
            _memory_line(held),
        ]
    )


def _values(durations_s: Sequence[float]) -> list[tuple[str, dict[str, Any]]]:
    return [("livekit-defaults", {"min_interruption_duration": value}) for value in durations_s]


def _check_bytes(rows: Sequence[tuple[str, Cost]], *played: Sequence[tuple[float, str]]) -> None:
    kinds = [{cost.digest for name, cost in rows if kind in name} for kind in ("knob", "presets")]
    sizes = [{digest for _, digest in same} for same in zip(*played, strict=True)]
    if any(len(digests) > 1 for digests in (*kinds, *sizes)):
        raise SystemExit(f"the results differ: {rows}, {played}")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _row(name: str, cost: Cost, presets: Sequence[Case], knob: Sequence[Case]) -> str:
    count = len(knob) if "knob" in name else len(presets) if "presets" in name else 1
    known, asked = cost.windows
    ends, all_ends = cost.ends
    return (
        f"| {name} | {count} | {cost.call_s:.0f} | {cost.cpu_s:.2f} | {cost.times:.0f} "
        f"| {known}/{asked} | {ends}/{all_ends} |"
    )


def _processes_line(
    calls: tuple[int, int], ones: Sequence[tuple[float, str]], twos: Sequence[tuple[float, str]]
) -> str:
    (one_s, _), (one_more_s, _) = ones
    (two_s, _), (two_more_s, _) = twos
    return (
        f"{calls[0]} calls of the knob took {one_s:.0f} s by one process and {two_s:.0f} s by two: "
        f"{one_s / two_s:.2f} times as fast, their start and the synthesis of every text in each "
        f"included. {calls[1] - calls[0]} calls more, at other values, took "
        f"{one_more_s - one_s:.1f} s more and {two_more_s - two_s:.1f} s: "
        f"{(one_more_s - one_s) / (two_more_s - two_s):.2f} times. All gave the same bytes."
    )


def _memory_line(held: Sequence[float]) -> str:
    pairs = zip(MEMORY_AFTER, held, strict=True)
    told = ", ".join(f"after {count} short calls {mb:.0f} MB" for count, mb in pairs)
    return f"A process holds {told}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--suite", default="classic")
    parser.add_argument("--calls", type=int, default=3)
    parser.add_argument("--page", type=Path, help="write the tables into this page")
    arguments = parser.parse_args()
    tables = measure(arguments.suite, arguments.calls)
    print(tables)
    if arguments.page is not None:
        put_between(arguments.page, "make stage-speed", tables)


if __name__ == "__main__":
    main()
