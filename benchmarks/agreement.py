"""Whether a call in virtual time is what it would have been in real time.

    python -m benchmarks.agreement [--scripts early mid-word new-sentence] [--times 3] [--at-once 3]

Each script is played once in virtual time, which is always the same, and ``--times`` in real time,
``--at-once`` calls in processes of their own: a call in real time mostly waits. Event by event both
clocks are compared. In real time a decision falls on the frame of the caller's audio that is due
next, as in virtual time, plus what the machine takes. A call in which the machine stood still, as
a thread beside it sees by sleeping, says nothing of that and is left out, whatever came of it. Of
the others each event that came out otherwise is named. A room is :mod:`benchmarks.agreement_room`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.marked import put_between
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.quiet import turn_log_off
from livekit_barge.bench.script import Script
from livekit_barge.bench.stage import play_call
from livekit_barge.measure.statistics import nearest_rank
from livekit_barge.session import BargeSession

SCRIPTS = ("early", "mid-word", "new-sentence")
PRESETS = ("livekit-defaults", "snappy")
CLOCKS = ("detection_s", "cancellation_s", "time_to_yield_s")
LIMIT_MS = 20.0
STOOD_STILL_S = 0.05
"""An input frame: later than that, and a decision falls on another frame."""
_NAP_S = 0.005


@dataclass(frozen=True)
class Event:
    """What came of one of the caller's lines."""

    name: str
    outcome: str
    clocks_s: tuple[float | None, ...]
    """In the order of :data:`CLOCKS`."""


def play(script: str, preset: str, *, real_time: bool) -> list[Event]:
    """The events of a call, in the order of the caller's lines."""
    with turn_log_off():
        played = play_call(
            Script.load(script),
            calls_dir=None,
            session=partial(BargeSession, preset=preset),
            real_time=real_time,
        )
    return list(events_of(played, f"{script} under {preset}"))


@dataclass(frozen=True)
class RealCall:
    """A call in real time."""

    events: list[Event]
    stood_still_s: float
    """The longest that a sleeping thread of its process was woken too late."""


class Watch:
    """Within, how long this process stood still at most."""

    stood_still_s = 0.0

    def __enter__(self) -> Watch:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sleep(self) -> None:
        while not self._over.is_set():
            asleep_s = time.perf_counter()
            time.sleep(_NAP_S)
            late_s = time.perf_counter() - asleep_s - _NAP_S
            self.stood_still_s = max(self.stood_still_s, late_s)


def play_watched(script: str, preset: str) -> RealCall:
    """In real time."""
    with Watch() as watch:
        events = play(script, preset, real_time=True)
    return RealCall(events, watch.stood_still_s)


def events_of(played: PlayedCall, call: str) -> Iterator[Event]:
    """One for each line that has a label, also where the line met no speech of the agent's."""
    for placed in played.lines:
        if placed.line.expect is not None:
            overlap = played.overlap_of(placed.line)
            clocks_s = tuple(getattr(overlap, clock, None) for clock in CLOCKS)
            outcome = "no overlap" if overlap is None else overlap.outcome
            yield Event(f"{call}: “{placed.line.text}”", outcome, clocks_s)
    for line in played.unplaced:
        yield Event(f"{call}: “{line.text}”", "no place", (None,) * len(CLOCKS))


def table(virtual: Sequence[Event], real: Iterable[Event]) -> list[str]:
    """Both clocks of the events that came out the same; those that did not, by name."""
    expected = {event.name: event for event in virtual}
    apart_ms: dict[str, list[float]] = {clock: [] for clock in CLOCKS}
    others: Counter[str] = Counter()
    played = 0
    for event in real:
        played += 1
        known = expected[event.name]
        if event.outcome != known.outcome:
            others[f"{event.name}: {event.outcome} instead of {known.outcome}"] += 1
            continue
        for clock, here_s, there_s in zip(CLOCKS, known.clocks_s, event.clocks_s, strict=True):
            if here_s is not None and there_s is not None:
                apart_ms[clock].append((there_s - here_s) * 1e3)
    return [
        "| clock | events | median | p95 of the size | largest | within 20 ms p95 |",
        "|---|---:|---:|---:|---:|---|",
        *(_row(clock, apart_ms[clock]) for clock in CLOCKS),
        "",
        f"Of {played} events in real time {sum(others.values())} came out otherwise"
        + "".join(f"; {count} × {name}" for name, count in sorted(others.items()))
        + ".",
    ]


def _row(clock: str, values_ms: Sequence[float]) -> str:
    p95_ms = nearest_rank([abs(value) for value in values_ms], 95)
    if p95_ms is None:
        return f"| `{clock}` | 0 | – | – | – | – |"
    return (
        f"| `{clock}` | {len(values_ms)} | {statistics.median(values_ms):.1f} ms "
        f"| {p95_ms:.1f} ms | {max(map(abs, values_ms)):.1f} ms "
        f"| {'yes' if p95_ms <= LIMIT_MS else 'no'} |"
    )


def measure(scripts: Sequence[str], presets: Sequence[str], times: int, at_once: int) -> str:
    """The page's part."""
    virtual = [
        event
        for script in scripts
        for preset in presets
        for event in play(script, preset, real_time=False)
    ]
    calls = [(script, preset) for script in scripts for preset in presets] * times
    real: list[RealCall] = []
    with ProcessPoolExecutor(
        at_once,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_play_beforehand,
        initargs=(tuple(scripts),),
    ) as pool:
        waiting = [pool.submit(play_watched, *call) for call in calls]
        for number, done in enumerate(as_completed(waiting), start=1):
            real.append(call := done.result())
            told = f"the machine stood still for {call.stood_still_s * 1e3:.0f} ms at most"
            print(f"{number} of {len(calls)} calls: {told}", file=sys.stderr, flush=True)
    fit = [call for call in real if call.stood_still_s <= STOOD_STILL_S]
    load = os.getloadavg()[0]
    return "\n".join(
        [
            f"{', '.join(scripts)} under {' and '.join(presets)}, {times} × in real time, "
            f"{at_once} at once ({os.cpu_count()} processors, load {load:.1f} at the end); real "
            "less virtual.",
            "",
            *table(virtual, [event for call in fit for event in call.events]),
            "",
            f"{len(real) - len(fit)} of {len(real)} calls are left out: the machine stood still in "
            f"them for over {STOOD_STILL_S * 1e3:.0f} ms.",
        ]
    )


def _play_beforehand(scripts: Sequence[str]) -> None:
    """In virtual time: so voices and models are there, whose making would hold a call up."""
    for script in scripts:
        play(script, PRESETS[0], real_time=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scripts", nargs="+", default=SCRIPTS)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    text = measure(arguments.scripts, arguments.presets, arguments.times, arguments.at_once)
    print(text)
    if arguments.page is not None:
        put_between(arguments.page, "make agreement", text)


if __name__ == "__main__":
    main()
