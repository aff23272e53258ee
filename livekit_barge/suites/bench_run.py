"""Runs a bench: plays a suite under one or more presets, keeps the results, adds them up."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from rich.console import Console

from livekit_barge.clock import SystemClock
from livekit_barge.measure.totals import Tally
from livekit_barge.stage.offline_recorder import check_writable
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult, EventResult
from livekit_barge.suites.play_cases import OnResult, run_cases
from livekit_barge.suites.run_manifest import Run
from livekit_barge.suites.suite import Split, Suite
from livekit_barge.work.progress import progress_bar

ROOMS_AGENT = "the room's agent"
"""The name that stands for a preset in a room: the agent there has its own."""
SHOWN = 40
"""Up to this many events are all printed; of more only failures. All are kept."""
_Key = tuple[str, int | None, float | None]
_Place = tuple[int, float, float]
"""The call's number, the line's in it, and where it lies."""
_AT_ONCE = 500  # events that are summed up together: adding up costs as much as what is there


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """The options of a bench run."""

    suite: str
    presets: tuple[str, ...]
    seed: int = 0
    split: Split | None = None
    times: int = 1
    jobs: int = 1
    scheduler: str | None = None
    real_time: bool = False
    room: str | None = None
    """A server's URL: play into rooms there."""
    agent_name: str | None = None
    agent_identity: str | None = None
    out: Path | None = None
    calls_dir: Path | None = None
    limits: Path | None = None

    @property
    def how(self) -> str:
        if self.room is not None:
            return "room"
        return "real time" if self.real_time else "virtual"


@dataclass
class Bench:
    """A finished run."""

    folder: Path
    run: Run
    tallies: dict[str, Tally]
    """The tallies by preset."""
    told: list[tuple[str, EventResult]] = field(default_factory=list)
    """Each event to print with its preset, in the order of the calls."""
    errors: list[str] = field(default_factory=list)
    """The errors of the calls that could not be played."""
    unplaced: list[str] = field(default_factory=list)
    """Lines whose place never came, for example because the agent was stopped before."""
    few: bool = True
    """``told`` holds all events; else only the first that went wrong."""

    def write_json(self, file: TextIO) -> None:
        """Write the whole run; ``results`` holds nothing that varies between equal runs."""
        file.write('{"results": [')
        for number, result in enumerate(self.run.results(self.folder)):
            file.write(("," if number else "") + "\n" + result.line())
        summed = {preset: tally.to_json() for preset, tally in self.tallies.items()}
        file.write('\n],\n"scorecard": ' + json.dumps(summed, ensure_ascii=False))
        file.write(',\n"run": ' + json.dumps(self.run.to_json(), ensure_ascii=False) + "}\n")


def run_bench(order: BenchOptions, *, console: Console) -> Bench:
    """Play the calls, and show the progress on ``console``.

    Raises :class:`~livekit_barge.errors.BargeError`.
    """
    suite = Suite.load(order.suite)
    # The calls are the same whatever the preset; a room takes them as they are.
    draws = ("livekit-defaults",) if order.room is not None else order.presets
    cases = [
        case
        for preset in draws
        for case in suite.cases(
            preset=preset, seed=order.seed, split=order.split, times=order.times
        )
    ]
    folder = order.out or Path("bench") / suite.name
    if order.calls_dir is not None:
        check_writable(order.calls_dir)
    clock = SystemClock()
    began_s = clock.now_s()
    summing = _Summing()
    with progress_bar(console, len(cases)) as bar:
        for result in _results(order, cases, folder, bar.advance, summing.count):
            summing.add(result)
    run = Run(
        suite=suite.name,
        presets=order.presets,
        seed=order.seed,
        split=order.split,
        how=order.how,
        jobs=order.jobs,
        calls=len(cases),
        call_s=round(summing.call_s, 6),
        elapsed_s=round(clock.now_s() - began_s, 3),
        played=summing.played,
    )
    run.keep(folder)
    return Bench(
        folder,
        run,
        {preset: summing.tally(preset) for preset in order.presets},
        summing.told(run.results(folder)),
        summing.errors,
        summing.unplaced,
        few=summing.few,
    )


def _results(
    order: BenchOptions, cases: list[Case], folder: Path, on_result: OnResult, on_played: OnResult
) -> Iterator[CaseResult]:
    if order.room is not None:
        from livekit_barge.suites.play_in_room import run_in_room

        return run_in_room(
            cases,
            called=ROOMS_AGENT,
            out=folder,
            url=order.room,
            agent_name=order.agent_name,
            agent_identity=order.agent_identity,
            calls_dir=order.calls_dir,
            limits=order.limits,
            on_result=on_result,
            on_played=on_played,
        )
    return run_cases(
        cases,
        out=folder,
        jobs=order.jobs,
        scheduler=order.scheduler,
        real_time=order.real_time,
        on_result=on_result,
        on_played=on_played,
        calls_dir=order.calls_dir,
        limits=order.limits,
    )


class _Summing:
    """Adds results up as they come; holds only the events to print."""

    def __init__(self) -> None:
        self.call_s = 0.0
        self.played = 0
        self.errors: list[str] = []
        self.unplaced: list[str] = []
        self._some: set[_Key] = set()  # of all, one more than are shown at most
        self._wrong: dict[str, list[tuple[_Place, _Key]]] = {}  # by preset, the first of them
        self._calls: Counter[str] = Counter()  # by preset
        self._tallies: dict[str, Tally] = {}
        self._events: dict[str, list[EventResult]] = {}

    def count(self, _: CaseResult) -> None:
        """Count a call that was played now."""
        self.played += 1

    def add(self, result: CaseResult) -> None:
        self.call_s += result.call_s
        if result.error is not None:
            self.errors.append(f"{result.case_id} ({result.preset}): {result.error}")
        where = f"{result.case_id} ({result.preset})"
        self.unplaced += [f"{where}: {line}: its place never came" for line in result.unplaced]
        events = self._events.setdefault(result.preset, [])
        events += result.events
        if len(events) >= _AT_ONCE:
            self._sum_up(result.preset)
        wrong = self._wrong.setdefault(result.preset, [])
        for event in result.events:
            if self.few:
                self._some.add(event.key)
            if _wrong(event) and len(wrong) < SHOWN:
                line = math.inf if event.line is None else event.line
                wrong.append(((self._calls[result.preset], line, event.onset_s or 0.0), event.key))
        self._calls[result.preset] += 1

    @property
    def few(self) -> bool:
        """All events can be printed."""
        return len(self._some) <= SHOWN

    def told(self, results: Iterable[CaseResult]) -> list[tuple[str, EventResult]]:
        """Return the events to print, each under every preset, in the calls' order."""
        rows: dict[_Key, list[tuple[str, EventResult]]] = {}
        if not self.few:
            wrong = sorted(chain.from_iterable(self._wrong.values()), key=itemgetter(0))
            rows = {key: [] for key in list(dict.fromkeys(key for _, key in wrong))[:SHOWN]}
        for result in results:
            for event in result.events:
                if self.few or event.key in rows:
                    rows.setdefault(event.key, []).append((result.preset, event))
        return [each for row in rows.values() for each in row]

    def tally(self, preset: str) -> Tally:
        """Add up a preset's events."""
        self._sum_up(preset)
        return self._tallies[preset]

    def _sum_up(self, preset: str) -> None:
        tally = Tally.of(self._events.pop(preset, ()))
        before = self._tallies.get(preset)
        self._tallies[preset] = tally if before is None else Tally.total((before, tally))


def _wrong(event: EventResult) -> bool:
    return event.outcome in ("late", "missed", "false_stop", "unmeasurable")
