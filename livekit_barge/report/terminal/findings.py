"""Findings for a terminal: what is wrong, what shows it, what it is not, what to turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from livekit_barge.diagnosis import Finding
from livekit_barge.report.terminal.turn_table import at

_STYLES = {"sure": "red", "likely": "yellow", "undecided": "magenta"}


def render_findings(findings: Sequence[Finding], *, title: str) -> RenderableType:
    """A call's findings, in order; one line where there are none."""
    head = Text(title, style="bold")
    if not findings:
        return Group(head, Text("nothing found", style="green"), "")
    return Group(head, *(_finding(finding) for finding in findings), "")


def where_of(finding: Finding) -> str:
    """``symptom 3 · transport · overlap 2 · at 8.96 s``; overlaps are counted from 1 here."""
    parts = [f"symptom {finding.symptom}"] if finding.symptom is not None else []
    parts.append(finding.layer)
    if finding.overlap is not None:
        parts.append(f"overlap {finding.overlap + 1}")
    parts.append("all along" if finding.at_s is None else f"at {at(finding.at_s)}")
    return " · ".join(parts)


def _finding(finding: Finding) -> RenderableType:
    head = Text.assemble(
        (finding.title, _STYLES[finding.sure]),
        f"\n{finding.code} · {where_of(finding)} · {finding.sure}",
    )
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, line in _lines(finding):
        grid.add_row(name, Text(line))
    return Group(head, Padding(grid, (0, 0, 0, 2)))


def _lines(finding: Finding) -> Iterator[tuple[str, str]]:
    for name, lines in (("shown by", finding.evidence), ("ruled out", finding.ruled_out)):
        for place, line in enumerate(lines):
            yield "" if place else name, line
    yield "turn", finding.turn
    if finding.needs is not None:
        yield "needs", finding.needs
