"""Whether a call in virtual time is what it would have been in real time, and in a room.

    python -m benchmarks.agreement [--scripts early mid-word new-sentence] [--times 3]

Each script is played once in virtual time, which is always the same, and ``--times`` in real time.
Event by event both clocks are compared. In real time a decision falls on the frame of the caller's
audio that is due next, as in virtual time, plus what the machine takes: a busy one more.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.marked import put_between
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.quiet import turn_log_off
from livekit_barge.bench.script import Script
from livekit_barge.bench.stage import play_call
from livekit_barge.session import BargeSession

SCRIPTS = ("early", "mid-word", "new-sentence")
CLOCKS = ("detection_s", "cancellation_s", "time_to_yield_s")
LIMIT_MS = 20.0


@dataclass(frozen=True)
class Difference:
    """An event's clock in real time less the same in virtual time."""

    event: str
    clock: str
    ms: float


def play(script: Script, preset: str, *, real_time: bool) -> PlayedCall:
    with turn_log_off():
        return play_call(
            script,
            calls_dir=None,
            session=partial(BargeSession, preset=preset),
            real_time=real_time,
        )


def differences(virtual: PlayedCall, real: PlayedCall, name: str) -> Iterator[Difference]:
    """Of the lines that came out the same in both; one that did not has no clocks to compare."""
    for placed, other in zip(virtual.lines, real.lines, strict=True):
        one, two = virtual.overlap_of(placed.line), real.overlap_of(other.line)
        if one is None or two is None or one.outcome != two.outcome:
            if one is not two:
                yield Difference(f"{name}: {placed.line.text}", "outcome", math.nan)
            continue
        for clock in CLOCKS:
            here, there = getattr(one, clock), getattr(two, clock)
            if here is not None and there is not None:
                yield Difference(f"{name}: {placed.line.text}", clock, (there - here) * 1e3)


def measure(scripts: Sequence[str], presets: Sequence[str], times: int) -> str:
    """The table."""
    found: list[Difference] = []
    for name in scripts:
        script = Script.load(name)
        for preset in presets:
            virtual = play(script, preset, real_time=False)
            for _ in range(times):
                real = play(script, preset, real_time=True)
                found += differences(virtual, real, f"{name} under {preset}")
    rows = [_row(clock, [d.ms for d in found if d.clock == clock]) for clock in CLOCKS]
    other = [difference.event for difference in found if difference.clock == "outcome"]
    return "\n".join(
        [
            f"{', '.join(scripts)} under {' and '.join(presets)}, {times} × in real time; real "
            "less virtual, in ms.",
            "",
            "| clock | events | median | p95 of the size | largest | within 20 ms p95 |",
            "|---|---:|---:|---:|---:|---|",
            *rows,
            "",
            f"Another outcome in real time: {len(other)}"
            + "".join(f"; {event}" for event in other)
            + ".",
        ]
    )


def _row(clock: str, values: Sequence[float]) -> str:
    sizes = sorted(map(abs, values))
    if not sizes:
        return f"| {clock} | 0 | – | – | – | – |"
    p95 = sizes[min(int(0.95 * len(sizes)), len(sizes) - 1)]
    return (
        f"| {clock} | {len(values)} | {statistics.median(values):.1f} | {p95:.1f} "
        f"| {sizes[-1]:.1f} | {'yes' if p95 <= LIMIT_MS else 'no'} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scripts", nargs="+", default=SCRIPTS)
    parser.add_argument("--presets", nargs="+", default=("livekit-defaults", "snappy"))
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    table = measure(arguments.scripts, arguments.presets, arguments.times)
    print(table)
    if arguments.page is not None:
        put_between(arguments.page, "make agreement", table)


if __name__ == "__main__":
    main()
