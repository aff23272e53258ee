"""Points made of events, without a call."""

from __future__ import annotations

from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import BASE, Setting
from livekit_barge.search.sweep import Point
from livekit_barge.suites.event_results import EventResult


def event(expect: str, outcome: str, **fields: object) -> EventResult:
    return EventResult(
        case_id="made", line=0, said="…", at="…", expect=expect, outcome=outcome, **fields
    )


def tally(
    *, yields_s: list[float], false_stops: int = 0, holds: int = 10, missed: int = 0
) -> Tally:
    """Make a tally of yields, each after its time, and of sounds to hold through."""
    events = [event("yield", "yielded", time_to_yield_s=time_s) for time_s in yields_s]
    events += [event("yield", "missed", time_to_yield_s=3.0, lower_bound=True)] * missed
    events += [event("hold", "false_stop", dead_air_s=0.2)] * false_stops
    events += [event("hold", "held")] * (holds - false_stops)
    return Tally.of(events)


def point(time_s: float, false_stops: int, setting: Setting = BASE, *, missed: int = 0) -> Point:
    return Point(setting, tally(yields_s=[time_s] * 10, false_stops=false_stops, missed=missed))
