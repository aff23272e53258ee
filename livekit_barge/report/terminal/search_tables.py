"""A sweep and a search for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.frameworks.livekit.presets.knobs import spell
from livekit_barge.measure.statistics import Percentiles, Rate
from livekit_barge.measure.totals import FEW, Tally
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms
from livekit_barge.search.axes import BASE
from livekit_barge.search.budget import Budget
from livekit_barge.search.explain import Change
from livekit_barge.search.front import lost_s
from livekit_barge.search.search import Found
from livekit_barge.search.sweep import Point

# The front begins with the fastest setting; a longer front is in the sweep's file.
_MOST_ROWS = 40

SWEEP_LEGEND = f"""\
In ms: time to yield (median and 90th percentile), and the medians of detection, cancellation and \
the dead air after a false stop. ≥ is a lower bound, * a rate of fewer than {FEW} events."""


def sweep_tables(points: Sequence[Point]) -> Iterator[RenderableType]:
    """Yield one table per varied knob, or one numbered table for a grid, the base first."""
    if any(len(point.setting.changes) > 1 for point in points):
        yield from numbered_table(points)
    else:
        for axis, varied in groupby(points[1:], key=lambda point: point.setting.changes[0][0]):
            table = _table(Text(axis, style="bold"))
            _add(table, "base", points[0].tally)
            for point in varied:
                _add(table, str(spell(point.setting.changes[0][1])), point.tally)
            yield table
    yield Text(SWEEP_LEGEND, style="dim")


def numbered_table(
    points: Sequence[Point], chosen: Point | None = None
) -> Iterator[RenderableType]:
    """Yield the figures of settings with many changes, then the setting of each number."""
    named = {BASE: "base"} if chosen is None else {chosen.setting: "chosen", BASE: "base"}
    table = _table(None)
    for number, point in enumerate(points):
        _add(table, named.get(point.setting, str(number)), point.tally)
    yield table
    for number, point in enumerate(points):
        if point.setting not in named:
            yield Text(f"{number}: {point.setting.name}")


def _table(title: Text | None) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("in time", "yield", "p90", "detect", "cancel", "false", "missed", "dead"):
        table.add_column(name, no_wrap=True, justify="right")
    return table


def _add(table: Table, name: str, tally: Tally) -> None:
    table.add_row(
        name,
        short_rate(tally.yield_rate),
        _ms(tally.time_to_yield, 50),
        _ms(tally.time_to_yield, 90),
        _ms(tally.detection, 50),
        _ms(tally.cancellation, 50),
        short_rate(tally.false_stop_rate),
        short_rate(tally.missed_rate),
        _ms(tally.dead_air, 50),
    )


def render_search(
    found: Found, changes: Sequence[Change], budget: Budget, binding: Iterable[str]
) -> Iterator[RenderableType]:
    """Yield the settings tried, the front, the choice, and what each change gains and costs."""
    tried = len(found.points)
    yield Text.assemble(
        (f"{tried} settings", "bold"), f" tried on the same calls; budget: {budget}"
    )
    front = found.front[:_MOST_ROWS]
    title = "The front: no other setting both yields sooner and makes fewer false stops."
    yield Text(f"\n{title}", style="dim")
    chosen = [] if found.chosen in (found.base, *front) else [found.chosen]
    yield from numbered_table([found.base, *front, *chosen], found.chosen)
    yield Text(SWEEP_LEGEND, style="dim")
    if not found.within_budget:
        yield Text("No setting keeps to the budget.", style="red")
        yield from map(Text, binding)
    yield from map(Text, budget.unjudged(found.chosen.tally))
    yield Text.assemble("Chosen: ", (found.chosen.setting.name, "bold"))
    for change in changes:
        yield Text(f"  {change}")


def render_held_out(tallies: Mapping[str, Tally]) -> Iterator[RenderableType]:
    """Yield every preset's figures on calls that the search has not heard, and their costs.

    Each rate has its 95 % interval.
    """
    title = Text("On unheard calls:", style="bold")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.add_column("", no_wrap=True, min_width=len("livekit-defaults"))
    for name in ("in time", "yield, median", "false stops", "missed"):
        table.add_column(name, no_wrap=True)
    for name, tally in tallies.items():
        table.add_row(
            Text(name),
            _rate(tally.yield_rate),
            median_with_interval(tally.time_to_yield),
            _rate(tally.false_stop_rate),
            _rate(tally.missed_rate),
        )
    yield table
    costs = {name: lost_s(tally) for name, tally in tallies.items() if tally.time_to_yield.at(50)}
    order = ", ".join(
        f"{name} {as_ms(costs[name], lower_bound=_is_bound(tallies[name]))}"
        for name in sorted(costs, key=costs.__getitem__)
    )
    yield Text(f"Cost (median time to yield + mean dead air): {order}.\n")


def _is_bound(tally: Tally) -> bool:
    """Return whether half of the callers were never let in, or the agent fell silent for good."""
    median = tally.time_to_yield.at(50)
    bound = median is not None and median.lower_bound
    return bound or any(value.lower_bound for value in tally.dead_air.values)


def median_with_interval(times: Percentiles) -> str:
    """Return ``312 ms (298–340)``."""
    low, high = (value and f"{value.seconds * 1000:.0f}" for value in times.interval(50))
    shown = _at(times, 50)
    return shown if low == high else f"{shown} ({low}–{high})"


def short_rate(rate: Rate) -> str:
    """Return ``47/50``, or ``4/5*`` for few events."""
    if not rate.of:
        return NOTHING
    return f"{rate.count}/{rate.of}{'*' if rate.of < FEW else ''}"


def _rate(rate: Rate) -> str:
    """Return ``11/12, 64–99%``, without a space so that a table of them fits a terminal."""
    if (interval := rate.interval()) is None:
        return NOTHING
    low, high = interval
    return f"{short_rate(rate)}, {math.floor(low * 100)}–{math.ceil(high * 100)}%"


def _at(times: Percentiles, percent: int) -> str:
    found = times.at(percent)
    return NOTHING if found is None else as_ms(found.seconds, lower_bound=found.lower_bound)


def _ms(times: Percentiles, percent: int) -> str:
    """Return the percentile without its unit, which the legend gives."""
    return _at(times, percent).removesuffix(" ms")
