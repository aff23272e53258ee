"""The gate's verdicts for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.report.terminal.turn_table import NOTHING, as_ms

if TYPE_CHECKING:
    from livekit_barge.suites.gate import Held, Verdict

NOTHING_TO_JUDGE = "nothing to judge"
_WORDS = {True: ("held", "green"), False: ("fell short", "red"), None: (NOTHING_TO_JUDGE, "dim")}
_UNDECIDED = ("may be more", "yellow")


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
        for held in verdict.held:
            word, style = _UNDECIDED if held.undecided else _WORDS[held.passed]
            by = "" if held.short_by is None else f" by {_figure(held, held.short_by, plus=True)}"
            few = ", too few events" if held.too_few else ""
            table.add_row(
                held.name,
                f"at {'least' if held.least else 'most'} {_figure(held, held.limit)}",
                NOTHING if held.value is None else _figure(held, held.value),
                str(held.of),
                Text.assemble((word, style), by, few),
            )
        if any(held.value is not None for held in verdict.held):
            yield table
        else:
            yield Text(f"{verdict.name}: {NOTHING_TO_JUDGE}")
        if verdict.unplaced:
            yield Text(f"lines whose place never came, in no rate: {verdict.unplaced}")
        for line in verdict.refused:
            yield Text(line)


def told(held: Held) -> str:
    """One that fell short, in a line."""
    least = "least" if held.least else "most"
    assert held.value is not None  # nothing falls short of nothing
    assert held.short_by is not None
    return (
        f"{held.name}: {_figure(held, held.value)} of {held.of}, "
        f"should be at {least} {_figure(held, held.limit)}: "
        f"short by {_figure(held, held.short_by, plus=True)}"
    )


def unsaid(held: Held) -> str:
    """One that neither held nor fell short, in a line."""
    if held.value is None:
        return NOTHING_TO_JUDGE
    return f"{held.name}: {_figure(held, held.value)}, which may be over {held.limit:g} s"


def _figure(held: Held, value: float, *, plus: bool = False) -> str:
    if held.name.endswith("_s"):
        return as_ms(value, lower_bound=held.lower_bound and value == held.value)
    return f"{value * 100:.1f} {'points' if plus else '%'}"
