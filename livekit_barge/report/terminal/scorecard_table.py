"""Scorecards for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.measure.checks import Check
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Scorecard
from livekit_barge.measure.statistics import Percentiles, Rate
from livekit_barge.measure.totals import Tally
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms, at, clocks, outcome_text

NOTHING_TO_JUDGE = "nothing to judge"
_LIMITS = {
    "yield_rate_min": "yields",
    "hold_rate_min": "holds",
    "p90_time_to_yield_max_s": "p90 time to yield",
}


def render_scorecard(card: Scorecard) -> RenderableType:
    """Render a call's overlaps, their sums, its limits, and the warnings to read first."""
    known = card.channels
    title = Text.assemble(
        (card.file, "bold"),
        f"\n{card.duration_s:.1f} s · {card.source} · {card.codec} {card.sample_rate / 1000:g} kHz"
        f" · caller on channel {known.caller} (by {known.known_by})",
    )
    parts: list[RenderableType] = [title]
    if card.overlaps:
        parts.append(_overlaps(card))
    parts += [*render_tally(card.tally, card.checks)]
    parts += [
        Text(f"{warning.code}: {warning.text}" + (f" – {warning.remedy}" if warning.remedy else ""))
        for warning in card.warnings
    ]
    return Group(*parts, "")


def render_tally(tally: Tally, made: Iterable[Check]) -> Iterable[RenderableType]:
    """Yield lines of text: the rates, the times and the limits."""
    yield Text(f"yields {as_rate(tally.yield_rate)}   holds {as_rate(tally.hold_rate)}")
    yield Text(f"time to yield {as_percentiles(tally.time_to_yield)}")
    if tally.detection.values:
        yield Text(
            f"detection {as_percentiles(tally.detection)}   "
            f"cancellation {as_percentiles(tally.cancellation)}"
            + quiet_besides(tally.quiet_at_decision)
        )
    yield Text("   ").join(map(_check, made))


def as_rate(rate: Rate) -> str:
    """Return ``2/17 (12 %, 3 to 35)``: 199 of 200 is never 100 %, nor 1 of 200 0 %."""
    interval = rate.interval()
    if interval is None or rate.value is None:
        return NOTHING
    low, high = interval
    share = rate.value
    if 0 < rate.count < rate.of:
        share = min(max(share, 0.01), 0.99)
    # The interval is rounded outwards: 1000/1000 still allows one in 300.
    ends = f"{math.floor(low * 100)} to {math.ceil(high * 100)}"
    return f"{rate.count}/{rate.of} ({share * 100:.0f} %, {ends})"


def as_percentiles(times: Percentiles) -> str:
    """Return ``p50 412 ms, p90 ≥ 3.0 s, of 17``."""
    found = {percent: times.at(percent) for percent in (50, 90)}
    if not times.values:
        return NOTHING
    shown = (
        f"p{percent} {as_ms(value.seconds, lower_bound=value.lower_bound)}"
        for percent, value in found.items()
        if value is not None
    )
    return f"{', '.join(shown)}, of {len(times.values)}"


def quiet_besides(count: int) -> str:
    """Return the note on a cancellation that leaves out ``count`` overlaps."""
    return f" and {count} already quiet" if count else ""


def verdict_word(check: Check) -> tuple[str, str]:
    """Return the result of a check in words, and its style."""
    if check.undecided:
        return "undecided: may be more", "yellow"
    return {
        True: ("met", "green"),
        False: ("missed", "red"),
        None: (NOTHING_TO_JUDGE, "dim"),
    }[check.passed]


def _check(check: Check) -> Text:
    word, style = verdict_word(check)
    least = "at least" if "_min" in check.name else "at most"
    limit = as_ms(check.limit) if check.name.endswith("_s") else f"{check.limit * 100:.0f} %"
    return Text.assemble(f"{_LIMITS[check.name]} {least} {limit}: ", (word, style))


def _overlaps(card: Scorecard) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("at", "outcome", "time to yield", "±", "cause", "why"):
        table.add_column(name, justify="right" if name in ("at", "time to yield", "±") else "left")
    for overlap in card.overlaps:
        table.add_row(
            at(overlap.onset_s),
            outcome_text(overlap),
            clocks(overlap),
            as_ms(card.uncertainty_s(overlap)),
            overlap.cause or NOTHING,
            Text(_why(overlap)),
        )
    return table


def _why(overlap: Overlap) -> str:
    over = "the agent started over the caller" if overlap.agent_over_caller else None
    words = None if overlap.words is None else f"“{overlap.words}”"
    return "; ".join(filter(None, (words, overlap.reason, over)))
