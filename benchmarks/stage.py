"""How much faster than real time scripted calls are played, and what a process of them holds.

    python -m benchmarks.stage [--suite classic] [--calls 8] [--page docs/bench.md]

All is from one run: a suite's calls under several presets, one call after the other and by two
processes, with what LiveKit's local models said kept between calls and without. Each measurement
is a process of its own, which has played one other call before and has spoken every text of the
suite, as a process does once. CPU seconds are those of all its threads. The results must be the
same bytes each time, or it fails.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.marked import put_between
from livekit_barge.bench import stage
from livekit_barge.bench.case import Case
from livekit_barge.bench.director import Director
from livekit_barge.bench.remembered import Memory
from livekit_barge.bench.run import play_case, run_cases
from livekit_barge.bench.script import Script
from livekit_barge.bench.suite import Suite
from livekit_barge.bench.voices import voice_named

T = TypeVar("T")

PRESETS = ("livekit-defaults", "snappy", "patient", "telephony")
DURATIONS_S = (0.2, 0.3, 0.4, 0.6)
MEMORY_AFTER = (10, 100)
LOOP = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Of some calls, one after the other."""

    call_s: float
    cpu_s: float
    elapsed_s: float
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


def play(cases: Sequence[Case], *, remember: bool = True) -> Cost:
    """Play them in this process."""
    _warm_up(cases)
    stage.MEMORY = memory = Memory() if remember else Memory(0, 0)
    digest = hashlib.sha256()
    call_s = 0.0
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    for case in cases:
        result = play_case(case)
        if result.error is not None:
            raise SystemExit(f"{case.case_id}: {result.error}")
        call_s += result.call_s
        digest.update(result.line().encode())
    return Cost(
        call_s,
        time.process_time() - began_cpu_s,
        time.perf_counter() - began_s,
        (memory.windows.known, memory.windows.asked),
        (memory.ends.known, memory.ends.asked),
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


def measure(suite: str, calls: int) -> str:
    """The tables."""
    presets = sweep(suite, calls, [(preset, {}) for preset in PRESETS])
    knob = sweep(
        suite,
        calls,
        [("livekit-defaults", {"min_interruption_duration": value}) for value in DURATIONS_S],
    )
    loop_ms = calibrate()
    rows = [
        ("one call, the first of its process", _apart(partial(play, presets[:1]))),
        (f"{len(PRESETS)} presets, nothing kept", _apart(partial(play, presets, remember=False))),
        (f"{len(PRESETS)} presets", _apart(partial(play, presets))),
        (f"{len(DURATIONS_S)} values of a knob, nothing kept",
         _apart(partial(play, knob, remember=False))),
        (f"{len(DURATIONS_S)} values of a knob", _apart(partial(play, knob))),
    ]  # fmt: skip
    one_s, one = play_by(knob, 1)
    two_s, two = play_by(knob, 2)
    by_name = dict(rows)
    digests = {cost.digest for name, cost in rows if "knob" in name} | {one, two}
    if len(digests) > 1 or len({c.digest for n, c in by_name.items() if "presets" in n}) > 1:
        raise SystemExit(f"the results differ: {by_name}, {one}, {two}")
    return "\n".join(
        [
            f"{calls} calls of the suite `{suite}`; a million turns of an empty Python loop took "
            f"{loop_ms:.0f} ms of CPU.",
            "",
            "| | calls | call seconds | CPU seconds | times real time | VAD windows known "
            "| turn ends known |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *(_row(name, cost, presets, knob) for name, cost in rows),
            "",
            f"By one process the {len(knob)} calls of the knob took {one_s:.1f} s, by two "
            f"{two_s:.1f} s, their start included: {one_s / two_s:.2f} times as fast. All gave the "
            "same bytes.",
            "",
            _memory_line(_apart(partial(memory_after, MEMORY_AFTER))),
        ]
    )


def _row(name: str, cost: Cost, presets: Sequence[Case], knob: Sequence[Case]) -> str:
    count = 1 if "one call" in name else len(knob if "knob" in name else presets)
    known, asked = cost.windows
    ends, all_ends = cost.ends
    return (
        f"| {name} | {count} | {cost.call_s:.0f} | {cost.cpu_s:.2f} | {cost.times:.0f} "
        f"| {known}/{asked} | {ends}/{all_ends} |"
    )


def _memory_line(held: Sequence[float]) -> str:
    pairs = zip(MEMORY_AFTER, held, strict=True)
    told = ", ".join(f"after {count} short calls {mb:.0f} MB" for count, mb in pairs)
    return f"A process holds {told}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--suite", default="classic")
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--page", type=Path, help="write the tables into this page")
    arguments = parser.parse_args()
    tables = measure(arguments.suite, arguments.calls)
    print(tables)
    if arguments.page is not None:
        put_between(arguments.page, "make stage-speed", tables)


if __name__ == "__main__":
    main()
