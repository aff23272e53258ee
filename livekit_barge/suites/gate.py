"""The gate: checks measurements against limits that were set beforehand.

It takes bench and room runs, judged by their labels, and folders of live calls or recordings,
judged as ``score`` judges them (:mod:`~livekit_barge.measure.checks`). Where nothing at all can be
judged, or one check is undecided and no other falls short, the answer is neither yes nor no: 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.batch.find_recordings import recordings
from livekit_barge.batch.stored_results import Refused, result_of
from livekit_barge.call.formats import HELD_OUT, RESULTS_FILE, RUN_FILE, SWEEP_FILE
from livekit_barge.errors import SettingsError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.checks import Check, check, passed
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.totals import Tally
from livekit_barge.suites.event_results import EventResult
from livekit_barge.suites.run_manifest import Run


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict on one run under one preset, or on one folder of calls."""

    name: str
    tally: Tally
    checks: tuple[Check, ...]
    refused: tuple[str, ...] = ()
    """The calls that could not be played or measured, each in a line."""
    unplaced: int = 0
    """Lines whose place never came: they are in no rate."""

    @property
    def exit_code(self) -> int:
        """0: all held; 1: one fell short; 2: something, or everything, could not be judged."""
        if self.refused or all(check.passed is None for check in self.checks):
            return 2
        return {True: 0, False: 1, None: 2}[passed(self.checks)]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "passed": self.exit_code == 0,
            "exit_code": self.exit_code,
            "limits": [check.to_json() for check in self.checks],
            "refused": list(self.refused),
            "unplaced": self.unplaced,
            "scorecard": self.tally.to_json(),
        }


def judge_runs(
    folders: Iterable[Path],
    limits: Path | None = None,
    *,
    source: str | None = None,
    caller_channel: int | None = None,
) -> list[Verdict]:
    """Return the verdicts: one for each preset of a run, one for all calls of another folder.

    ``source`` and ``caller_channel`` are of recordings, as ``score`` takes them.

    Raises :class:`~livekit_barge.errors.BargeError` for a folder with nothing in it.
    """
    order = ScoreOptions.of(source=source, caller_channel=caller_channel, limits=limits)
    judging = order.limits
    verdicts: list[Verdict] = []
    for folder in folders:
        if (folder / RUN_FILE).exists():
            verdicts += _of_run(folder, judging)
        elif _is_sweep(folder) or (folder.name == HELD_OUT and _is_sweep(folder.parent)):
            raise SettingsError(
                "a sweep cannot be checked against limits",
                where=folder,
                remedy="give the folder of a bench run, of calls or of recordings",
            )
        elif (folder / RESULTS_FILE).exists():
            raise SettingsError(
                "this run is not finished",
                where=folder,
                remedy="run bench again: it resumes",
            )
        else:
            verdicts.append(_of_calls(folder, order))
    return verdicts


def _is_sweep(folder: Path) -> bool:
    return (folder / SWEEP_FILE).exists()


def judge_tally(
    name: str, tally: Tally, limits: Limits, refused: Sequence[str] = (), unplaced: int = 0
) -> Verdict:
    """Judge a tally against the limits."""
    return Verdict(
        name=name,
        tally=tally,
        checks=check(tally, limits.scorecard, limits.gate),
        refused=tuple(refused),
        unplaced=unplaced,
    )


def _of_run(folder: Path, limits: Limits) -> Iterator[Verdict]:
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


def _of_calls(folder: Path, order: ScoreOptions) -> Verdict:
    overlaps: list[Overlap] = []
    refused: list[str] = []
    for path in recordings([folder]):
        result = result_of(path, order)
        if isinstance(result, Refused):
            refused.append(result.line)
        else:
            overlaps += result.overlaps
    return judge_tally(str(folder), Tally.of(overlaps), order.limits, refused)
