"""Whether a call in virtual time is what it would have been in real time.

    python -m benchmarks.agreement [--scripts early mid-word new-sentence] [--times 3] [--at-once 2]

Each script is played ``--times`` in real time, ``--at-once`` calls in processes of their own: such
a call mostly waits. In it the agent speaks some ten milliseconds later than its models say, since
LiveKit's turn detector and all else take their time. That moves the caller's lines against frames
and the VAD's windows, and with them a decision that falls on the end of one. So in virtual time
each script is played with many such delays, and each event in real time is held against the one
whose line began at the nearest place in a frame and in a window. An event while the machine stood
still, as a thread beside it sees by sleeping, is left out, whatever came of it. Of the others each
that came out otherwise is named. A room is :mod:`benchmarks.agreement_room`.
"""

from __future__ import annotations

import argparse
import math
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
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.measure.statistics import nearest_rank
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import play_call
from livekit_barge.stage.models import Timing
from livekit_barge.work.log_silencer import turn_log_off

SCRIPTS = ("early", "mid-word", "new-sentence")
PRESETS = ("livekit-defaults", "snappy")
CLOCKS = ("detection_s", "cancellation_s", "time_to_yield_s")
LIMIT_MS = 20.0
DELAYS_S = tuple(number / 1000 for number in range(41))
"""By which the TTS comes later, in virtual time."""
FRAME_S, WINDOW_S = 0.05, 0.032
"""A frame of the line, of RoomIO's too, and a window of the VAD: both begin with the call."""
STOOD_STILL_S = 0.02
"""As much as is looked for."""
BEFORE_S, AFTER_S = 0.5, 1.5
"""From a line's start: within, what stands still touches its event."""
_NAP_S = 0.005


@dataclass(frozen=True)
class Event:
    """What came of one of the caller's lines."""

    name: str
    start_s: float | None
    """Of the line, in the call; ``None``: it found no place."""
    outcome: str
    clocks_s: tuple[float | None, ...]
    """In the order of :data:`CLOCKS`."""


def play(script: str, preset: str, *, delay_s: float = 0.0, real_time: bool = False) -> PlayedCall:
    """A call, not kept."""
    first_byte_s = Timing().tts_first_byte_s + delay_s
    with turn_log_off():
        return play_call(
            Script.load(script),
            calls_dir=None,
            session=partial(BargeSession, preset=preset),
            timing=Timing(tts_first_byte_s=first_byte_s),
            real_time=real_time,
        )


class Watch:
    """Within, when this process stood still."""

    def __enter__(self) -> Watch:
        self.stood_still: list[tuple[float, float]] = []
        """From when to when, by ``time.perf_counter``."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sleep(self) -> None:
        while not self._over.is_set():
            due_s = time.perf_counter() + _NAP_S
            time.sleep(_NAP_S)
            if (now_s := time.perf_counter()) > due_s + STOOD_STILL_S:
                self.stood_still.append((due_s, now_s))


def play_virtual(script: str, preset: str, delay_s: float) -> list[Event]:
    """The events of a call in virtual time."""
    return list(events_of(play(script, preset, delay_s=delay_s), _call(script, preset)))


def play_watched(script: str, preset: str) -> list[tuple[Event, bool]]:
    """The events of a call in real time, each with whether the machine stood still in it."""
    with Watch() as watch:
        played = play(script, preset, real_time=True)
        opened_s = time.perf_counter() - played.duration_s
    stalls = [(begin_s - opened_s, end_s - opened_s) for begin_s, end_s in watch.stood_still]
    return [(each, _touched(each, stalls)) for each in events_of(played, _call(script, preset))]


def _touched(event: Event, stalls: Sequence[tuple[float, float]]) -> bool:
    start_s = event.start_s
    if start_s is None:
        return bool(stalls)
    return any(
        end_s > start_s - BEFORE_S and begin_s < start_s + AFTER_S for begin_s, end_s in stalls
    )


def _call(script: str, preset: str) -> str:
    return f"{script} under {preset}"


def events_of(played: PlayedCall, call: str) -> Iterator[Event]:
    """One for each line that has a label, also where the line met no speech of the agent's."""
    for placed in played.lines:
        if placed.line.expect is not None:
            overlap = played.overlap_of(placed.line)
            clocks_s = tuple(getattr(overlap, clock, None) for clock in CLOCKS)
            outcome = "no overlap" if overlap is None else overlap.outcome
            name = f"{call}: “{placed.line.text}”"
            yield Event(name, placed.start_s, outcome, clocks_s)
    for line in played.unplaced:
        yield Event(f"{call}: “{line.text}”", None, "no place", (None,) * len(CLOCKS))


def table(virtual: Sequence[Event], real: Iterable[Event]) -> list[str]:
    """Both clocks of the events that came out the same; those that did not, by name."""
    apart_ms: dict[str, list[float]] = {clock: [] for clock in CLOCKS}
    starts_ms: list[float] = []
    others: Counter[str] = Counter()
    played = 0
    for event in real:
        played += 1
        same = [other for other in virtual if other.name == event.name]
        known = min(same, key=partial(_apart_s, event))
        starts_ms.append(_apart_s(event, known) * 1e3)
        if event.outcome != known.outcome:
            also = " (as with another delay)" if event.outcome in {e.outcome for e in same} else ""
            others[f"{event.name}: {event.outcome} instead of {known.outcome}{also}"] += 1
            continue
        for clock, here_s, there_s in zip(CLOCKS, known.clocks_s, event.clocks_s, strict=True):
            if here_s is not None and there_s is not None:
                apart_ms[clock].append((there_s - here_s) * 1e3)
    return [
        "| clock | events | median | within 20 ms | p95 of the size | largest | p95 within 20 ms |",
        "|---|---:|---:|---:|---:|---:|---|",
        *(_row(clock, apart_ms[clock]) for clock in CLOCKS),
        "",
        f"Of {played} events in real time {sum(others.values())} came out otherwise"
        + "".join(f"; {count} × {name}" for name, count in sorted(others.items()))
        + ".",
        "",
        "The line that an event is held against began at a place in its frame and window that is "
        f"{statistics.median(starts_ms):.1f} ms from its own in the median, {max(starts_ms):.1f} "
        "ms at most.",
    ]


def _apart_s(one: Event, other: Event) -> float:
    """How far their lines' starts lie apart in a frame or in a window, whichever is more."""
    if one.start_s is None or other.start_s is None:
        return math.inf
    apart_s = one.start_s - other.start_s
    return max(apart_in(grid_s, apart_s) for grid_s in (FRAME_S, WINDOW_S))


def apart_in(grid_s: float, apart_s: float) -> float:
    """How far two moments that lie ``apart_s`` apart are from the same place in a grid."""
    return abs(apart_s - round(apart_s / grid_s) * grid_s)


def _row(clock: str, values_ms: Sequence[float]) -> str:
    p95_ms = nearest_rank([abs(value) for value in values_ms], 95)
    if p95_ms is None:
        return f"| `{clock}` | 0 | – | – | – | – | – |"
    within = sum(abs(value) <= LIMIT_MS for value in values_ms)
    return (
        f"| `{clock}` | {len(values_ms)} | {statistics.median(values_ms):.1f} ms "
        f"| {within} | {p95_ms:.1f} ms | {max(map(abs, values_ms)):.1f} ms "
        f"| {'yes' if p95_ms <= LIMIT_MS else 'no'} |"
    )


def measure(scripts: Sequence[str], presets: Sequence[str], times: int, at_once: int) -> str:
    """The page's part."""
    pairs = [(script, preset) for script in scripts for preset in presets]
    real: list[tuple[Event, bool]] = []
    with ProcessPoolExecutor(
        at_once, mp_context=multiprocessing.get_context("spawn"), initializer=_play_beforehand
    ) as pool:
        delayed = [(*pair, delay_s) for pair in pairs for delay_s in DELAYS_S]
        virtual = [
            event
            for found in pool.map(play_virtual, *zip(*delayed, strict=True))
            for event in found
        ]
        waiting = [pool.submit(play_watched, *pair) for pair in pairs * times]
        for number, done in enumerate(as_completed(waiting), start=1):
            real += done.result()
            print(f"{number} of {len(waiting)} calls in real time", file=sys.stderr, flush=True)
    fit = [event for event, touched in real if not touched]
    load = os.getloadavg()[0]
    return "\n".join(
        [
            f"{', '.join(scripts)} under {' and '.join(presets)}, {times} × in real time, "
            f"{at_once} at once ({os.cpu_count()} processors, load {load:.1f} at the end); real "
            "less virtual.",
            "",
            *table(virtual, fit),
            "",
            f"{len(real) - len(fit)} of {len(real)} events in real time are left out: the "
            f"machine stood still around them for over {STOOD_STILL_S * 1e3:.0f} ms.",
        ]
    )


def _play_beforehand() -> None:
    """In virtual time: so voices and models are there, whose making would hold a call up."""
    for script in SCRIPTS:
        play(script, PRESETS[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scripts", nargs="+", default=SCRIPTS)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    text = measure(arguments.scripts, arguments.presets, arguments.times, arguments.at_once)
    print(text)
    if arguments.page is not None:
        put_between(arguments.page, "make agreement", text)


if __name__ == "__main__":
    main()
