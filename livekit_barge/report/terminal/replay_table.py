"""A call's replays for the terminal: each overlap as it was, and as it would have been."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from livekit_barge.measure.overlap import Overlap
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms, at, outcome_text
from livekit_barge.search.replay.compare import OverlapPair, Replayed

LEGEND = """\
≥: everything that had been generated was played; the agent would have said more. After the first \
decision that differs, the call would have gone another way and is not comparable."""


def replay_table(replays: Sequence[Replayed]) -> Table:
    """Return a table with one row per setting for each overlap of the call."""
    first = replays[0]
    title = Text(first.call_id, style="bold")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("the caller", "under", "outcome", "to yield"):
        table.add_column(name)
    for number, row in enumerate(first.rows):
        said = f"{at(row.was.onset_s)} “{row.was.words or NOTHING}”"
        table.add_row(Text(said), "the call", outcome_text(row.was), _time(row.was))
        for replayed in replays:
            table.add_row("", Text(replayed.preset), *_cells(replayed.rows[number]))
        table.add_section()
    table.caption = Text("\n".join(map(_differs, replays)))
    table.caption_justify = "left"
    return table


def _cells(row: OverlapPair) -> tuple[Text | str, str]:
    if not row.comparable:
        return "not comparable", NOTHING
    if row.would_be is None:
        return "no overlap", NOTHING
    outcome = Text("talks on") if row.went_on else outcome_text(row.would_be)
    return outcome, _time(row.would_be, went_on=row.went_on)


def _time(overlap: Overlap, *, went_on: bool = False) -> str:
    if went_on and overlap.silent_s is not None and overlap.onset_s is not None:
        return as_ms(overlap.silent_s - overlap.onset_s, lower_bound=True)
    return as_ms(overlap.time_to_yield_s, lower_bound=overlap.lower_bound)


def _differs(replayed: Replayed) -> str:
    same = f"{replayed.preset}: {replayed.decisions} of {replayed.of} decisions were reproduced"
    if replayed.differs_at_s is None:
        return same
    return f"{same}; the next would differ, at {at(replayed.differs_at_s)}"
