"""Both ends of a call in one table, which shows where the time of each barge-in goes."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from livekit_barge.measure.join import Alignment, JoinedCall, JoinedOverlap
from livekit_barge.measure.overlap import TO_HOLD_THROUGH
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms

LEGEND = """
way in + detection + stopping + way out = time to yield at the caller: from the caller's first \
sample to its arrival at the agent, to the decision, to the last sample that left the agent, to \
its arrival at the caller. –: the agent was between sentences, or started over the caller."""


def joined_table(joined: JoinedCall) -> Table:
    """Return a table with one row for each time that the caller spoke over the agent."""
    table = Table(
        caption=_caption(joined),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        expand=True,
    )
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("the caller says", ratio=1)
    table.add_column("outcome", no_wrap=True)
    table.add_column("cause", no_wrap=True)
    table.add_column("in + detection + stopping + out", justify="right", no_wrap=True)
    for overlap in joined.overlaps:
        table.add_row(
            NOTHING if overlap.onset_s is None else f"{overlap.onset_s:.2f} s",
            Text(overlap.caller.words or NOTHING),
            _outcome(overlap),
            NOTHING if overlap.agent is None else overlap.agent.cause or NOTHING,
            steps(overlap),
        )
    return table


def steps(overlap: JoinedOverlap) -> str:
    """Return ``54 + 520 + 32 + 68 = 674 ms``, with – for a part that is unknown."""
    parts = (overlap.way_in_s, overlap.detection_s, overlap.stopping_s, overlap.way_out_s)
    total = as_ms(overlap.time_to_yield_s)
    if all(part is None for part in parts):
        return total
    shown = (NOTHING if part is None else f"{part * 1000:.0f}" for part in parts)
    return f"{' + '.join(shown)} = {total}"


def _outcome(overlap: JoinedOverlap) -> str:
    """Return the outcome that the agent's end saw, since it knows the decision.

    Where it has no words, those of the caller's end may show that nobody wanted the agent to stop.
    """
    agent, caller = overlap.agent, overlap.caller
    listens = caller.outcome in TO_HOLD_THROUGH and agent is not None and not agent.words
    known = caller if agent is None or listens else agent
    return known.outcome.replace("_", " ")


def _caption(joined: JoinedCall) -> str:
    """Say how the ends were aligned, and what the caller was unless a standard participant."""
    clocks = _clocks(joined.alignment)
    if joined.caller_kind in (None, "standard"):
        return clocks
    return f"{clocks}; the caller is a {joined.caller_kind} participant"


def _clocks(alignment: Alignment) -> str:
    """Say how far the two ends may be apart."""
    by = "the host's clock" if alignment.by == "clocks" else "the audio in both folders"
    return f"the two folders are aligned by {by}, to within {as_ms(alignment.uncertainty_s)}"
