"""A batch's summary for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.batch.query import Group, Worst
from livekit_barge.measure.statistics import Percentiles, Rate, difference
from livekit_barge.report.terminal.scorecard_table import as_rate
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms


def render_groups(
    keys: Sequence[str], groups: Sequence[Group], before: Sequence[Group] | None
) -> RenderableType:
    """Render one row per group, with the changes since a baseline."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for key in keys:
        table.add_column(key)
    for name in ("calls", "yields", "holds", "p50", "p90", "p95", "dead air"):
        table.add_column(name, justify="right")
    if before is not None:
        table.add_column("yields changed", justify="right")
        table.add_column("p90 changed", justify="right")
    baseline = {group.values: group for group in before or ()}
    for group in groups:
        row = [
            *group.values,
            str(group.calls),
            as_rate(group.yield_rate),
            as_rate(group.hold_rate),
            *(_time(group.time_to_yield, percent) for percent in (50, 90, 95)),
            _dead_air(group),
        ]
        if before is not None:
            row += _changes(group, baseline.get(group.values))
        table.add_row(*map(Text, row))
    return table


def render_worst(calls: Sequence[Worst]) -> RenderableType:
    """Render the calls to listen to first."""
    if not calls:
        return Text("no call fell short")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("worst calls", overflow="fold")
    for name in ("late or missed", "false stops", "slowest", "dead air"):
        table.add_column(name, justify="right")
    for call in calls:
        table.add_row(
            Text(call.file),
            str(call.short),
            str(call.false_stops),
            as_ms(call.slowest_s),
            _dead_air(call),
        )
    return table


def _dead_air(of: Group | Worst) -> str:
    if of.dead_air_unknown:
        return f"≥ {of.dead_air_s:.1f} s" if of.dead_air_s else NOTHING
    return f"{of.dead_air_s:.1f} s"


def _time(times: Percentiles, percent: int) -> str:
    found = times.at(percent)
    return NOTHING if found is None else as_ms(found.seconds, lower_bound=found.lower_bound)


def _changes(now: Group, before: Group | None) -> list[str]:
    if before is None:
        return ["new", "new"]
    return [
        _rate_change(now.yield_rate, before.yield_rate),
        _time_change(now.time_to_yield, before.time_to_yield),
    ]


def _rate_change(now: Rate, before: Rate) -> str:
    found = difference(now, before)
    if found is None:
        return NOTHING
    change, low, high = (share * 100 for share in found)
    return f"{change:+.0f} points ({low:+.0f} to {high:+.0f})"


def _time_change(now: Percentiles, before: Percentiles) -> str:
    after, earlier = now.at(90), before.at(90)
    if after is None or earlier is None or after.lower_bound or earlier.lower_bound:
        return NOTHING
    return f"{(after.seconds - earlier.seconds) * 1000:+.0f} ms"
