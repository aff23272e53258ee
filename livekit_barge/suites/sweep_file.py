"""A sweep of settings: each point is a set of knobs with its figures.

``sweep.json``, as ``livekit-barge sweep`` keeps it::

    {"schema": "livekit-barge/sweep/1", "title": "…",
     "points": [{"name": "snappy", "knobs": {"min_interruption_duration": 0.2},
                 "time_to_yield_p50_s": 0.31, "time_to_yield_p90_s": 0.6,
                 "false_stop_rate": 0.04,
                 "false_stops": {"count": 2, "of": 50}, "yields": {"count": 47, "of": 50}}]}

Only ``knobs``, ``time_to_yield_p50_s`` and ``false_stop_rate`` must be there, the last two may be
``null``: a point without them is listed, and not drawn. What else a point holds is not read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.call.fields import parse
from livekit_barge.call.formats import SWEEP_SCHEMA
from livekit_barge.errors import CallError
from livekit_barge.files.read_file import read_regular
from livekit_barge.measure.statistics import Rate


@dataclass(frozen=True, kw_only=True)
class Point:
    """One set of knobs."""

    name: str | None
    knobs: Mapping[str, Any]
    time_to_yield_p50_s: float | None
    time_to_yield_p90_s: float | None
    false_stop_rate: float | None
    false_stops: Rate | None
    yields: Rate | None
    on_front: bool = False
    """No other point is as good in both and better in one."""


@dataclass(frozen=True)
class Sweep:
    """All points of a file, those of the front in order of their time to yield."""

    title: str
    points: tuple[Point, ...]

    @property
    def front(self) -> tuple[Point, ...]:
        """The points worth choosing from."""
        best = (point for point in self.points if point.on_front)
        return tuple(sorted(best, key=lambda point: point.time_to_yield_p50_s or 0.0))


def read_sweep(file: Path) -> Sweep:
    """Read a sweep. Raises :class:`CallError`, naming the file and its fault."""
    try:
        document = parse(read_regular(file))
    except (OSError, ValueError) as error:
        raise _wrong(file, f"no sweep ({error})") from error
    if not isinstance(document, dict) or document.get("schema") != SWEEP_SCHEMA:
        raise _wrong(file, f"not of the schema {SWEEP_SCHEMA}")
    listed = document.get("points")
    if not isinstance(listed, list):
        raise _wrong(file, "points is not a list")
    points = [_point(fields, file, number) for number, fields in enumerate(listed)]
    title = document.get("title")
    return Sweep(title if isinstance(title, str) else file.parent.name, _with_front(points))


def _point(fields: object, file: Path, number: int) -> Point:
    where = f"points[{number}]"
    if not isinstance(fields, dict) or not isinstance(fields.get("knobs"), dict):
        raise _wrong(file, f"{where} has no knobs")
    name = fields.get("name")
    return Point(
        name=name if isinstance(name, str) else None,
        knobs=fields["knobs"],
        time_to_yield_p50_s=_figure(fields, "time_to_yield_p50_s", file, where),
        time_to_yield_p90_s=_figure(fields, "time_to_yield_p90_s", file, where),
        false_stop_rate=_figure(fields, "false_stop_rate", file, where),
        false_stops=_rate(fields.get("false_stops")),
        yields=_rate(fields.get("yields")),
    )


def _figure(fields: Mapping[str, Any], name: str, file: Path, where: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(file, f"{where}.{name} is {value!r}")
    return float(value)


def _rate(fields: object) -> Rate | None:
    if isinstance(fields, dict):
        count, of = fields.get("count"), fields.get("of")
        if isinstance(count, int) and isinstance(of, int) and 0 <= count <= of:
            return Rate(count, of)
    return None


def _with_front(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple(
        Point(**vars(point) | {"on_front": _undominated(point, points)}) for point in points
    )


def _undominated(point: Point, points: Sequence[Point]) -> bool:
    own = _costs(point)
    if own is None:
        return False
    others = (costs for other in points if (costs := _costs(other)) is not None)
    return not any(other != own and other[0] <= own[0] and other[1] <= own[1] for other in others)


def _costs(point: Point) -> tuple[float, float] | None:
    if point.time_to_yield_p50_s is None or point.false_stop_rate is None:
        return None
    return point.time_to_yield_p50_s, point.false_stop_rate


def _wrong(file: Path, what: str) -> CallError:
    return CallError(what, where=file, remedy="run livekit-barge sweep again")
