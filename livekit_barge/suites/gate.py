"""The gate: what was measured against limits that were set beforehand.

It takes bench and room runs, judged by their labels, and folders of live calls or recordings,
judged as ``score`` judges them. A limit on a rate or time of nothing is not judged; one on fewer
than :data:`~.results.FEW` events is judged, and marked. Where nothing at all can be judged the
answer is neither yes nor no, and that is 2; so it is where a time that is only a lower bound lies
under its limit, and nothing else falls short.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.batch.find_recordings import recordings
from livekit_barge.batch.stored_results import Refused, result_of
from livekit_barge.errors import SettingsError
from livekit_barge.intake.score_options import Order
from livekit_barge.measure.overlap import WANTED_THE_FLOOR, Overlap
from livekit_barge.measure.statistics import Measured, Percentiles, Rate
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.suites.event_results import FEW, EventResult, Tally
from livekit_barge.suites.results_store import RESULTS_FILE, RUN_FILE
from livekit_barge.suites.run_manifest import Run
from livekit_barge.suites.sweep_file import HELD_OUT, SWEEP_FILE


@dataclass(frozen=True, kw_only=True)
class Held:
    """One limit, and what was reached."""

    name: str
    limit: float
    value: float | None
    """``None``: there was nothing to judge."""
    of: int
    """How many events it rests on."""
    lower_bound: bool = False
    """``value`` is at least that."""

    @property
    def least(self) -> bool:
        """The limit is a least, not a most."""
        return "_min" in self.name

    @property
    def passed(self) -> bool | None:
        """``None``: there was nothing to judge, or too little is known to say (``undecided``)."""
        if self.value is None or self.undecided:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def undecided(self) -> bool:
        """It may be more than its lower bound, and than the limit."""
        return self.value is not None and self.lower_bound and self.value <= self.limit

    @property
    def short_by(self) -> float | None:
        """By how much it falls short; ``None``: it does not."""
        if self.value is None or self.passed is not False:
            return None
        return round(abs(self.value - self.limit), 6)

    @property
    def too_few(self) -> bool:
        return self.value is not None and self.of < FEW

    def to_json(self) -> dict[str, Any]:
        judged = {
            "passed": self.passed,
            "undecided": self.undecided,
            "short_by": self.short_by,
            "too_few": self.too_few,
        }
        return dataclasses.asdict(self) | judged


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of one run under one preset, or of one folder of calls."""

    name: str
    tally: Tally
    held: tuple[Held, ...]
    refused: tuple[str, ...] = ()
    """What could not be played or measured, each in a line."""
    unplaced: int = 0
    """Lines whose place never came: they are in no rate."""

    @property
    def exit_code(self) -> int:
        """0: all held; 1: one fell short; 2: something, or everything, could not be judged."""
        if self.refused or all(held.passed is None for held in self.held):
            return 2
        if any(held.passed is False for held in self.held):
            return 1
        return 2 if any(held.undecided for held in self.held) else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "passed": self.exit_code == 0,
            "exit_code": self.exit_code,
            "limits": [held.to_json() for held in self.held],
            "refused": list(self.refused),
            "unplaced": self.unplaced,
            "scorecard": self.tally.to_json(),
        }


def judge_runs(
    folders: Iterable[Path],
    thresholds: Path | None = None,
    *,
    source: str | None = None,
    caller_channel: int | None = None,
) -> list[Verdict]:
    """The verdicts, one for each preset of a run, one for all calls of another folder.

    ``source`` and ``caller_channel`` are of recordings, as ``score`` takes them.

    Raises :class:`~livekit_barge.errors.BargeError` for a folder with nothing in it.
    """
    order = Order.of(source=source, caller_channel=caller_channel, thresholds=thresholds)
    limits = order.thresholds
    verdicts: list[Verdict] = []
    for folder in folders:
        if (folder / RUN_FILE).exists():
            verdicts += _of_run(folder, limits)
        elif _is_sweep(folder) or (folder.name == HELD_OUT and _is_sweep(folder.parent)):
            raise SettingsError(
                "a sweep's settings are not held against limits",
                where=folder,
                remedy="give the folder of a bench run, of calls or of recordings",
            )
        elif (folder / RESULTS_FILE).exists():
            raise SettingsError(
                "this run has not come to its end",
                where=folder,
                remedy="run bench again: it goes on where it was",
            )
        else:
            verdicts.append(_of_calls(folder, order))
    return verdicts


def _is_sweep(folder: Path) -> bool:
    return (folder / SWEEP_FILE).exists()


def judge_tally(
    name: str, tally: Tally, limits: Thresholds, refused: Sequence[str] = (), unplaced: int = 0
) -> Verdict:
    """The verdict on what events add up to."""
    return Verdict(
        name=name,
        tally=tally,
        held=tuple(_held(tally, limits)),
        refused=tuple(refused),
        unplaced=unplaced,
    )


def _held(tally: Tally, limits: Thresholds) -> Iterator[Held]:
    hold = tally.held
    rates = {
        "yield_rate_min": tally.yield_rate,
        "hold_rate_min": hold,
        "missed_rate_max": tally.missed_rate,
        "false_stop_rate_max": tally.false_stop_rate,
        "broken_rate_max": tally.broken_rate,
    }
    times = {
        "p90_time_to_yield_max_s": tally.time_to_yield,
        "p90_cancellation_max_s": tally.cancellation,
        "p90_dead_air_max_s": tally.dead_air,
    }
    for table in (limits.scorecard, limits.gate):
        for name, limit in dataclasses.asdict(table).items():
            if name in rates:
                yield _rate_held(name, limit, rates[name])
            else:
                yield _time_held(name, limit, times[name])


def _rate_held(name: str, limit: float, rate: Rate) -> Held:
    return Held(name=name, limit=limit, value=rate.value, of=rate.of)


def _time_held(name: str, limit: float, times: Percentiles) -> Held:
    found: Measured | None = times.at(90)
    return Held(
        name=name,
        limit=limit,
        value=None if found is None else found.seconds,
        of=len(times.values),
        lower_bound=found is not None and found.lower_bound,
    )


def _of_run(folder: Path, limits: Thresholds) -> Iterator[Verdict]:
    run = Run.read(folder)
    events: dict[str, list[EventResult]] = {preset: [] for preset in run.presets}
    refused: dict[str, list[str]] = {preset: [] for preset in run.presets}
    unplaced = dict.fromkeys(run.presets, 0)
    for result in run.results(folder):
        events[result.preset] += result.events
        unplaced[result.preset] += len(result.unplaced)
        if result.error is not None:
            refused[result.preset].append(f"{result.case_id}: {result.error}")
    for preset in run.presets:
        name = f"{run.suite} under {preset}"
        tally = Tally.of(events[preset])
        yield judge_tally(name, tally, limits, refused[preset], unplaced[preset])


def _of_calls(folder: Path, order: Order) -> Verdict:
    events: list[EventResult] = []
    refused: list[str] = []
    for path in recordings([folder]):
        result = result_of(path, order)
        if isinstance(result, Refused):
            refused.append(result.line)
        else:
            events += [_unlabelled(path.name, overlap) for overlap in result.overlaps]
    return judge_tally(str(folder), Tally.of(events), order.thresholds, refused)


def _unlabelled(call: str, overlap: Overlap) -> EventResult:
    """An overlap of a call that nobody labelled: the ruler's word stands."""
    return EventResult(
        case_id=call,
        line=None,
        said=overlap.words or "",
        at="",
        expect="yield" if overlap.outcome in WANTED_THE_FLOOR else "hold",
        outcome=overlap.outcome,
        unlabelled=overlap.outcome,
        reason=overlap.reason,
        onset_s=overlap.onset_s,
        yielded=overlap.yielded,
        talked_on=overlap.talked_on,
        detection_s=overlap.detection_s,
        cancellation_s=overlap.cancellation_s,
        time_to_yield_s=overlap.time_to_yield_s,
        lower_bound=overlap.lower_bound,
        quiet_at_decision=overlap.quiet_at_decision,
        agent_over_caller=overlap.agent_over_caller,
        resumed=bool(overlap.resumed),
        pause_s=overlap.pause_s,
        dead_air_s=overlap.dead_air_s,
        cause=overlap.cause,
        protected=overlap.protected,
    )
