"""The page of all calls: headline, distributions, the front of a sweep, the table of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from livekit_barge.batch.stored_results import Refused
from livekit_barge.files import private
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.checks import check
from livekit_barge.measure.statistics import Percentiles
from livekit_barge.measure.totals import Tally
from livekit_barge.report.html.row import CallRow, Label
from livekit_barge.report.html.writer import INDEX, render, script
from livekit_barge.suites.sweep_file import Point, Sweep

_DATA = "batch-data.js"

# In the order in which readers ask for them.
OUTCOMES = (
    "yielded",
    "late",
    "missed",
    "held",
    "false_stop",
    "natural_end",
    "unmeasurable",
)
CLOCKS = ("time_to_yield", "detection", "cancellation")


def write_batch(
    out: Path,
    rows: Sequence[CallRow],
    refused: Sequence[Refused],
    sweeps: Sequence[Sweep],
    order: ScoreOptions,
    *,
    redact: bool,
) -> None:
    """Write ``index.html`` and its data. Raises ``OSError``."""
    every = Tally.total(row.card.tally for row in rows)
    groups = _groups(rows)
    private.write(out / _DATA, script("bargeBatch", _data(groups, sweeps)))
    page = render(
        "batch.html",
        rows=rows,
        refused=refused,
        sweeps=sweeps,
        tally=every,
        checks=check(every, order.limits.scorecard),
        groups=groups,
        outcomes=[name for name in OUTCOMES if every.outcomes.get(name)],
        duration_s=sum(row.card.duration_s for row in rows),
        choices=_choices(rows),
        data=_DATA,
        redact=redact,
        root="",
    )
    private.write(out / INDEX, page)


def _groups(rows: Iterable[CallRow]) -> dict[str, Tally]:
    """Return the tally of each preset; calls without a preset are a group of their own."""
    of: dict[str, list[Tally]] = {}
    for row in rows:
        of.setdefault(row.preset, []).append(row.card.tally)
    return {preset: Tally.total(of[preset]) for preset in sorted(of)}


def _choices(rows: Sequence[CallRow]) -> dict[str, list[tuple[str, str]]]:
    """Return the filters of the table: for each, its values and their texts."""
    labels: dict[str, Label] = {label.code: label for row in rows for label in row.labels}
    seven_first = sorted(labels.values(), key=lambda label: (label.symptom or 99, label.title))
    outcomes = {name for row in rows for name in row.outcomes}
    causes = sorted({cause for row in rows for cause in row.causes})
    presets = sorted({row.preset for row in rows if row.preset})
    return {
        "outcome": [(name, name.replace("_", " ")) for name in OUTCOMES if name in outcomes],
        "cause": [(cause, cause.replace("_", " ")) for cause in causes],
        "preset": [(preset, preset) for preset in presets],
        "symptom": [(label.code, label.text) for label in seven_first],
    }


def _data(groups: dict[str, Tally], sweeps: Sequence[Sweep]) -> dict[str, Any]:
    return {
        "groups": [
            {
                "name": name or "no preset",
                "outcomes": {key: tally.outcomes.get(key, 0) for key in OUTCOMES},
                "clocks": {clock: _times(getattr(tally, clock)) for clock in CLOCKS},
            }
            for name, tally in groups.items()
        ],
        "sweeps": [
            {"title": sweep.title, "points": [_point(point) for point in sweep.points]}
            for sweep in sweeps
        ],
    }


def _times(times: Percentiles) -> dict[str, Any]:
    """Return the times that were reached, and the number of all: a lower bound is not a time."""
    reached = [round(value.seconds, 4) for value in times.values if not value.lower_bound]
    return {"reached_s": reached, "of": len(times.values)}


def _point(point: Point) -> dict[str, Any]:
    return {
        "name": point.name,
        "knobs": {str(name): value for name, value in point.knobs.items()},
        "time_to_yield_p50_s": point.time_to_yield_p50_s,
        "false_stop_rate": point.false_stop_rate,
        "on_front": point.on_front,
    }
