"""Scores recordings one after the other in this process, or a batch in several processes.

Only the summary of a recording stays in memory: ten thousand calls cost as much as the times of
their overlaps.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livekit_barge.batch.stored_results import Refused, Result, Results, result_of
from livekit_barge.call.fields import line
from livekit_barge.call.formats import SCORECARD_OF_ALL_SCHEMA
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.checks import Check, check, passed
from livekit_barge.measure.totals import Tally

if TYPE_CHECKING:
    from livekit_barge.work.pool import WorkerDied


@dataclass
class Total:
    """The sum over all recordings of a command."""

    order: ScoreOptions
    scored: int = 0
    refused: list[Refused] = field(default_factory=list)
    duration_s: float = 0.0
    _tallies: list[Tally] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add a recording."""
        if isinstance(result, Refused):
            self.refused.append(result)
        else:
            self.scored += 1
            self.duration_s += result.duration_s
            self._tallies.append(result.tally)

    @property
    def tally(self) -> Tally:
        """The tally of all overlaps."""
        return Tally.total(self._tallies)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Each limit, and what all recordings together reached."""
        return check(self.tally, self.order.limits.scorecard)

    @property
    def exit_code(self) -> int:
        """0: all limits were met; 1: one was not; 2: one is undecided, or a file was refused."""
        if self.refused:
            return 2
        return {True: 0, False: 1, None: 2}[passed(self.checks)]

    def line(self) -> str:
        """Return the document of all recordings, on one line."""
        document: dict[str, Any] = {
            "schema": SCORECARD_OF_ALL_SCHEMA,
            "scored": self.scored,
            "refused": len(self.refused),
            "duration_s": round(self.duration_s, 6),
            "summary": self.tally.to_json(),
            "limits": [each.to_json() for each in self.checks],
            "passed": passed(self.checks),
        }
        return json.dumps(document, ensure_ascii=False)


def line_of(result: Result) -> str:
    """Return a recording's document on one line."""
    return line(result.to_json())


def score_here(paths: Iterable[Path], order: ScoreOptions) -> Iterator[Result]:
    """Yield the results one after the other, without saving them."""
    for path in paths:
        yield result_of(path, order)


def score_batch(
    paths: Sequence[Path],
    results: Results,
    *,
    workers: int,
    scheduler: str | None = None,
    limit_s: float = math.inf,
) -> Iterator[Result]:
    """Yield the results, those of an earlier run first; ``limit_s`` is for one, on this machine."""
    from livekit_barge.work.pool import TookTooLong, WorkerDied

    missing = []
    for path in paths:
        if (kept := results.kept(path)) is None:
            missing.append(path)
        else:
            yield kept
    for path, made in _run(missing, results, workers, scheduler, limit_s):
        if isinstance(made, TookTooLong):
            # Not saved: another run may have a faster machine, or another limit.
            remedy = "raise --file-limit, or score it alone"
            yield Refused(str(path), f"{path}: took longer than {limit_s:g} s – {remedy}")
        elif isinstance(made, WorkerDied):
            refused = Refused(
                str(path), f"{path}: the processes that scored it died – score it alone"
            )
            yield results.keep(path, refused)
        else:
            yield made


def _run(
    paths: Sequence[Path], results: Results, workers: int, scheduler: str | None, limit_s: float
) -> Iterator[tuple[Path, Result | WorkerDied]]:
    if scheduler is None:
        from livekit_barge.work.pool import run_jobs

        return run_jobs(paths, results.make, workers, limit_s=limit_s)
    from livekit_barge.work.cluster import run_on_cluster

    named = {Path(os.path.realpath(path)): path for path in paths}
    return ((named[path], made) for path, made in run_on_cluster(named, results.make, scheduler))
