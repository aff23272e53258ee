"""A sweep: a suite's calls under each of many settings, and what each setting makes of them.

Its folder holds ``results.jsonl``, a line a call (:mod:`~livekit_barge.suites.results_store`); and
``sweep.json``, a point a setting, which ``livekit-barge report`` draws. DuckDB reads both::

    SELECT p.name, p.time_to_yield_p50_s, p.false_stop_rate
    FROM (SELECT unnest(points) p FROM 'sweep/sweep.json')
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.call.formats import SWEEP_FILE, SWEEP_SCHEMA
from livekit_barge.errors import SettingsError
from livekit_barge.files import private
from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import Setting, crossed
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult, EventResult
from livekit_barge.suites.play_cases import run_cases


@dataclass(frozen=True)
class Point:
    """A setting, and the tally of the calls under it."""

    setting: Setting
    tally: Tally
    call_s: float = 0.0
    """All its calls together, in their own time."""
    failed: tuple[str, ...] = ()
    """The reasons why calls could not be played; the other figures then mean nothing."""

    def to_json(self) -> dict[str, Any]:
        tally = self.tally
        return {
            "name": self.setting.name,
            "knobs": self.setting.to_json(),
            "time_to_yield_p50_s": _seconds(tally, "time_to_yield", 50),
            "time_to_yield_p90_s": _seconds(tally, "time_to_yield", 90),
            "false_stop_rate": tally.false_stop_rate.value,
            "missed_rate": tally.missed_rate.value,
            "false_stops": tally.false_stop_rate.to_json(),
            "yields": tally.yield_rate.to_json(),
            "tally": tally.to_json(),
            "failed": list(self.failed),
        }


def run_settings(
    cases: Sequence[Case],
    settings: Sequence[Setting],
    *,
    out: Path,
    jobs: int = 1,
    scheduler: str | None = None,
    on_result: Callable[[CaseResult], None] | None = None,
    limits: Path | None = None,
) -> list[Point]:
    """Play every case under every setting, and return a point for each setting, in order.

    Raises :class:`~livekit_barge.errors.BargeError`, as :func:`run_cases` does.
    """
    events: list[list[EventResult]] = [[] for _ in settings]
    call_s = [0.0] * len(settings)
    failed: list[list[str]] = [[] for _ in settings]
    results = run_cases(
        crossed(cases, settings),
        out=out,
        jobs=jobs,
        scheduler=scheduler,
        on_result=on_result,
        limits=limits,
    )
    for number, result in enumerate(results):
        which = number % len(settings)
        events[which] += result.events
        call_s[which] += result.call_s
        if result.error is not None:
            failed[which].append(result.error)
    return [
        Point(setting, Tally.of(events[n]), round(call_s[n], 6), tuple(failed[n]))
        for n, setting in enumerate(settings)
    ]


def write_sweep(out: Path, title: str, points: Sequence[Point]) -> Path:
    """Write the points to the sweep's folder. Raises :class:`SettingsError`."""
    file = out / SWEEP_FILE
    document = {
        "schema": SWEEP_SCHEMA,
        "title": title,
        "points": [point.to_json() for point in points],
    }
    try:
        private.write(file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise SettingsError(
            f"cannot be written ({error.strerror})", where=file, remedy="choose another folder"
        ) from error
    return file


def _seconds(tally: Tally, clock: str, percent: int) -> float | None:
    found = getattr(tally, clock).at(percent)
    return None if found is None else found.seconds
