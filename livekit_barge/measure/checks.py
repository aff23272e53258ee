"""Checks a result against a limit, for every command that judges.

A limit on a rate or a time of no events is not judged. A time that is only a lower bound and lies
under its limit may still exceed it: that check is *undecided*, neither met nor missed. A check that
rests on fewer than :data:`~.totals.FEW` events is judged, and marked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livekit_barge.measure.limits import GateLimits, ScoreLimits
from livekit_barge.measure.statistics import Percentiles, Rate
from livekit_barge.measure.totals import FEW, Tally


@dataclass(frozen=True, kw_only=True)
class Check:
    """One limit, and the value that was reached."""

    name: str
    limit: float
    value: float | None
    """``None``: there was nothing to judge."""
    of: int
    """The number of events that ``value`` rests on."""
    lower_bound: bool = False
    """``value`` is only a lower bound."""

    @property
    def least(self) -> bool:
        """True if the limit is a minimum, not a maximum."""
        return "_min" in self.name

    @property
    def passed(self) -> bool | None:
        """True if the limit was met; ``None``: nothing to judge, or undecided."""
        if self.value is None or self.undecided:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def undecided(self) -> bool:
        """True if the value is a lower bound, and the true value may exceed the limit."""
        return self.value is not None and self.lower_bound and self.value <= self.limit

    @property
    def short_by(self) -> float | None:
        """The distance to a limit that was missed, else ``None``."""
        if self.value is None or self.passed is not False:
            return None
        return round(abs(self.value - self.limit), 6)

    @property
    def too_few(self) -> bool:
        """True if the check rests on so few events that it says next to nothing."""
        return self.value is not None and self.of < FEW

    def to_json(self) -> dict[str, Any]:
        """Return the check as it stands in documents."""
        return dataclasses.asdict(self) | {
            "passed": self.passed,
            "undecided": self.undecided,
            "short_by": self.short_by,
            "too_few": self.too_few,
        }


def check(tally: Tally, *tables: ScoreLimits | GateLimits) -> tuple[Check, ...]:
    """Check a tally against each limit of ``tables``, in their order."""
    return tuple(
        _check(name, limit, getattr(tally, _REACHED[name]))
        for table in tables
        for name, limit in dataclasses.asdict(table).items()
    )


def passed(checks: Iterable[Check]) -> bool | None:
    """Return whether every check was met; ``None``: none was missed, but one is undecided."""
    every = list(checks)
    if any(each.passed is False for each in every):
        return False
    return None if any(each.undecided for each in every) else True


_REACHED = {
    "yield_rate_min": "yield_rate",
    "hold_rate_min": "hold_rate",
    "missed_rate_max": "missed_rate",
    "false_stop_rate_max": "false_stop_rate",
    "broken_rate_max": "broken_rate",
    "p90_time_to_yield_max_s": "time_to_yield",
    "p90_cancellation_max_s": "cancellation",
    "p90_dead_air_max_s": "dead_air",
}
"""The figure of a tally that each limit is about."""


def _check(name: str, limit: float, reached: Rate | Percentiles) -> Check:
    if isinstance(reached, Rate):
        return Check(name=name, limit=limit, value=reached.value, of=reached.of)
    found = reached.at(90)
    return Check(
        name=name,
        limit=limit,
        value=None if found is None else found.seconds,
        of=len(reached.values),
        lower_bound=found is not None and found.lower_bound,
    )
