"""Turns as tables for the terminal, and the spelling of seconds in all tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from livekit_barge.call.folder import Call
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

NOTHING = "–"

_TURN_COLUMNS = ("from", "who", "said", "gap", "outcome", "cause", "time to yield")

_STYLES = {
    "yielded": "green",
    "held": "green",
    "late": "yellow",
    "missed": "red",
    "false_stop": "red",
}


@dataclass(frozen=True)
class ComparedLine:
    """One line of the caller over the agent, and its overlaps under several presets."""

    said: str
    """The caller's line."""
    place: str
    overlaps: Mapping[str, Overlap | None]
    """The overlap under each preset; ``None``: the line did not fall on the agent's speech."""


def call_title(call: Call, name: str) -> str:
    """Return the call's name, and the caller's kind unless it is a standard participant."""
    kind = call.caller_kind
    return name if kind in (None, "standard") else f"{name} (the caller is a {kind} participant)"


def turn_table(turns: Sequence[Turn], *, title: str | None = None) -> Table:
    """Return a call's turns in order, each overlap on a line below the turn that it fell on."""
    table = Table(
        title=_title(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        expand=True,
    )
    for name in _TURN_COLUMNS:
        right = name in ("from", "gap", "time to yield")
        table.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=True,
            ratio=1 if name == "said" else None,  # the others are shown in full
        )
    for turn in turns:
        table.add_row(
            at(turn.started_s), turn.speaker, _said(turn.words), as_ms(turn.response_gap_s)
        )
        for overlap in turn.overlaps:
            table.add_row(
                at(overlap.onset_s),
                "  overlap",
                _said(overlap.words),
                "",
                outcome_text(overlap),
                overlap.cause or NOTHING,
                clocks(overlap),
            )
    return table


def comparison_table(rows: Sequence[ComparedLine], *, title: str | None = None) -> Table:
    """Return presets side by side: the outcome and the clocks of each line under each."""
    table = Table(title=_title(title), title_justify="left", show_lines=True)
    table.add_column("the caller says")
    for preset in dict.fromkeys(preset for row in rows for preset in row.overlaps):
        table.add_column(preset)
    for row in rows:
        cells = (
            Text(NOTHING) if overlap is None else _story(overlap)
            for overlap in row.overlaps.values()
        )
        table.add_row(Text(f"“{row.said}”\n{row.place}"), *cells)
    return table


def _story(overlap: Overlap) -> Text:
    """Return the outcome, the clocks, and the silence after a stop that was taken back."""
    story = Text.assemble(outcome_text(overlap), "\n", clocks(overlap))
    if overlap.dead_air_s is not None:
        story.append(f"\nthen {as_ms(overlap.dead_air_s)} of silence")
    return story


def clocks(overlap: Overlap) -> str:
    """Return ``201 + 6 = 207 ms``: detection + cancellation = time to yield."""
    total = as_ms(overlap.time_to_yield_s, lower_bound=overlap.lower_bound)
    parts = (overlap.detection_s, overlap.cancellation_s)
    if overlap.time_to_yield_s is None or None in parts:
        return total
    return " + ".join(f"{part * 1000:.0f}" for part in parts if part is not None) + f" = {total}"


def as_ms(seconds: float | None, *, lower_bound: bool = False) -> str:
    """Return ``412 ms``, ``–`` if unknown, or ``≥ 3.0 s`` for a lower bound, never rounded up."""
    if seconds is None:
        return NOTHING
    if lower_bound:
        return f"≥ {math.floor(seconds * 10 + 1e-6) / 10:.1f} s"
    return f"{seconds * 1000:.0f} ms"


def at(seconds: float | None) -> str:
    """Return a moment of the call: ``8.96 s``."""
    return NOTHING if seconds is None else f"{seconds:.2f} s"


def outcome_text(overlap: Overlap) -> Text:
    """Return the outcome in words, in its colour."""
    return Text(overlap.outcome.replace("_", " "), style=_STYLES.get(overlap.outcome, ""))


def _title(title: str | None) -> Text | None:
    """Return the title as text: a call's name may hold what rich takes for markup."""
    return None if title is None else Text(title, style="table.title")


def _said(words: str | None) -> Text:
    return Text(NOTHING if words is None else words)
