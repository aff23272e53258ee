"""The gate's verdicts for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

_VERDICTS = {0: ("passed", "green"), 1: ("failed", "red"), 2: ("not judged", "yellow")}
"""The word and its style for each exit code."""


class GateTable:
    """Renders a table per verdict, and a line that sums all of them up."""

    def render(self, verdicts: Sequence[Verdict], /) -> Iterator[RenderableType]:
        for verdict in verdicts:
            if any(check.value is not None for check in verdict.checks):
                yield _table(verdict)
            else:
                yield Text(f"{verdict.name}: {NOTHING_TO_JUDGE}")
            if verdict.unplaced:
                yield Text(f"lines that were never spoken, in no rate: {verdict.unplaced}")
        yield _sum_up(verdicts)


def _table(verdict: Verdict) -> Table:
    table = Table(
        title=Text(verdict.name, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("limit", "", "reached", "of", ""):
        justify: JustifyMethod = "right" if name in ("reached", "of") else "left"
        table.add_column(name, justify=justify, no_wrap=name == "limit")
    for check in verdict.checks:
        word, style = verdict_word(check)
        by = "" if check.short_by is None else f" by {_figure(check, check.short_by, plus=True)}"
        few = ", too few events" if check.too_few else ""
        table.add_row(
            check.name,
            f"at {'least' if check.least else 'most'} {_figure(check, check.limit)}",
            NOTHING if check.value is None else _figure(check, check.value),
            str(check.of),
            Text.assemble((word, style), by, few),
        )
    return table


def _sum_up(verdicts: Sequence[Verdict]) -> Text:
    """Return ``passed: 14 of 16 limits met, 2 with nothing to judge``, coloured."""
    checks = [check for verdict in verdicts for check in verdict.checks]
    counts = {
        "missed": sum(check.passed is False for check in checks),
        "undecided": sum(check.undecided for check in checks),
        "with nothing to judge": sum(check.value is None for check in checks),
        "on too few events": sum(check.too_few for check in checks),
    }
    met = f"{sum(check.passed is True for check in checks)} of {len(checks)} limits met"
    parts = [met, *(f"{count} {what}" for what, count in counts.items() if count)]
    if refused := sum(len(verdict.refused) for verdict in verdicts):
        parts.append(f"{refused} {'call' if refused == 1 else 'calls'} could not be judged")
    word, style = _VERDICTS[max((verdict.exit_code for verdict in verdicts), default=2)]
    line = Text.assemble((word, style), f": {', '.join(parts)}")
    line.no_wrap, line.overflow = True, "ignore"  # a build's log shows it on one line
    return line


def told(check: Check) -> str:
    """Return one line about a limit that was missed."""
    least = "least" if check.least else "most"
    assert check.value is not None  # a missed limit has a value
    assert check.short_by is not None
    return (
        f"{check.name}: {_figure(check, check.value)} of {check.of}, "
        f"should be at {least} {_figure(check, check.limit)}: "
        f"short by {_figure(check, check.short_by, plus=True)}"
    )


def unsaid(check: Check) -> str:
    """Return one line about a limit that was neither met nor missed."""
    if check.value is None:
        return NOTHING_TO_JUDGE
    return f"{check.name}: {_figure(check, check.value)}, which may be over {check.limit:g} s"


def _figure(check: Check, value: float, *, plus: bool = False) -> str:
    if check.name.endswith("_s"):
        return as_ms(value, lower_bound=check.lower_bound and value == check.value)
    return f"{value * 100:.1f} {'points' if plus else '%'}"
