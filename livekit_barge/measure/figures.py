"""Arithmetic on stamps that every judge shares: differences, outcomes by time, dead air."""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.hearing.span import Span, shared_s
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Outcome

DIGITS = 6
"""Stamps are in microseconds, so the difference of two stamps has no further meaningful digits."""


def minus(later_s: float | None, earlier_s: float | None) -> float | None:
    """Return the seconds from one stamp to a later one; ``None`` if either is unknown."""
    if later_s is None or earlier_s is None:
        return None
    return round(later_s - earlier_s, DIGITS)


def outcome_by_time(time_to_yield_s: float, limits: Limits) -> Outcome:
    """Return the outcome of a stop that let the caller in, by how long it took."""
    if time_to_yield_s <= limits.yield_within_s:
        return "yielded"
    return "late" if time_to_yield_s < limits.missed_after_s else "missed"


def dead_air_s(pause: Span, caller: Iterable[Span]) -> float:
    """Return how long neither side was audible in a pause of the agent's.

    ``caller`` is when the caller was audible, as spans that do not overlap each other.
    """
    return round(max(0.0, pause.length_s - shared_s([pause], list(caller))), DIGITS)
