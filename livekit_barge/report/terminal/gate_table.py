"""The gate's verdicts for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.report.terminal.scorecard_table import NOTHING_TO_JUDGE, verdict_word
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms

if TYPE_CHECKING:
    from livekit_barge.measure.checks import Check
    from livekit_barge.suites.gate import Verdict


def render_verdicts(verdicts: Iterable[Verdict]) -> Iterator[RenderableType]:
    """A table each, and what could not be judged."""
    for verdict in verdicts:
        table = Table(
            title=Text(verdict.name, style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 2, 0, 0),
        )
        for name in ("limit", "", "reached", "of", ""):
            justify: JustifyMethod = "right" if name in ("reached", "of") else "left"
            table.add_column(name, justify=justify, no_wrap=name == "limit")
        for check in verdict.checks:
            word, style = verdict_word(check)
            by = (
                "" if check.short_by is None else f" by {_figure(check, check.short_by, plus=True)}"
            )
            few = ", too few events" if check.too_few else ""
            table.add_row(
                check.name,
                f"at {'least' if check.least else 'most'} {_figure(check, check.limit)}",
                NOTHING if check.value is None else _figure(check, check.value),
                str(check.of),
                Text.assemble((word, style), by, few),
            )
        if any(check.value is not None for check in verdict.checks):
            yield table
        else:
            yield Text(f"{verdict.name}: {NOTHING_TO_JUDGE}")
        if verdict.unplaced:
            yield Text(f"lines whose place never came, in no rate: {verdict.unplaced}")
        for line in verdict.refused:
            yield Text(line)


def told(check: Check) -> str:
    """One that fell short, in a line."""
    least = "least" if check.least else "most"
    assert check.value is not None  # nothing falls short of nothing
    assert check.short_by is not None
    return (
        f"{check.name}: {_figure(check, check.value)} of {check.of}, "
        f"should be at {least} {_figure(check, check.limit)}: "
        f"short by {_figure(check, check.short_by, plus=True)}"
    )


def unsaid(check: Check) -> str:
    """One that neither held nor fell short, in a line."""
    if check.value is None:
        return NOTHING_TO_JUDGE
    return f"{check.name}: {_figure(check, check.value)}, which may be over {check.limit:g} s"


def _figure(check: Check, value: float, *, plus: bool = False) -> str:
    if check.name.endswith("_s"):
        return as_ms(value, lower_bound=check.lower_bound and value == check.value)
    return f"{value * 100:.1f} {'points' if plus else '%'}"
