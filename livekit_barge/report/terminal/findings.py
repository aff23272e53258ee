"""The findings of a call: what is wrong, the evidence, what was ruled out, what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from livekit_barge.call.fields import line
from livekit_barge.diagnosis import Finding
from livekit_barge.report.terminal.turn_table import at

_STYLES = {"sure": "red", "likely": "yellow", "undecided": "magenta"}


@dataclass(frozen=True)
class Diagnosed:
    """A call and what was found in it."""

    path: Path
    findings: Sequence[Finding]


class FindingsText:
    """Renders a call's findings in order, or one line if there are none."""

    def render(self, call: Diagnosed, /) -> RenderableType:
        head = Text(str(call.path), style="bold")
        if not call.findings:
            return Group(head, Text("nothing found", style="green"), "")
        return Group(head, *(_finding(finding) for finding in call.findings), "")


class FindingsJson:
    """Renders a call's folder and findings as one JSON line."""

    def render(self, call: Diagnosed, /) -> str:
        findings = [finding.to_json() for finding in call.findings]
        return line({"call": str(call.path), "findings": findings}) + "\n"


def where_of(finding: Finding) -> str:
    """Return ``symptom 3 · transport · overlap 2 · at 8.96 s``, with overlaps counted from 1."""
    parts = [f"symptom {finding.symptom}"] if finding.symptom is not None else []
    parts.append(finding.layer)
    if finding.overlap is not None:
        parts.append(f"overlap {finding.overlap + 1}")
    parts.append("throughout" if finding.at_s is None else f"at {at(finding.at_s)}")
    return " · ".join(parts)


def _finding(finding: Finding) -> RenderableType:
    head = Text.assemble(
        (finding.title, _STYLES[finding.sure]),
        f"\n{finding.code} · {where_of(finding)} · {finding.sure}",
    )
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, text in _lines(finding):
        grid.add_row(name, Text(text))
    return Group(head, Padding(grid, (0, 0, 0, 2)))


def _lines(finding: Finding) -> Iterator[tuple[str, str]]:
    for name, texts in (("shown by", finding.evidence), ("ruled out", finding.ruled_out)):
        for place, text in enumerate(texts):
            yield "" if place else name, text
    yield "turn", finding.turn
    if finding.needs is not None:
        yield "needs", finding.needs
