"""Compares a replay with its call: each overlap before and after, up to the first decision
that differs. The overlap in which that falls is the answer; what comes after is another call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from livekit_barge.call.cause_table import CAUSES
from livekit_barge.call.events import Decision
from livekit_barge.call.folder import Call
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.search.replay.recorded_call import Recorded
from livekit_barge.stage.line import INPUT_FRAME_S

# The same caller's audio gives the same onset; the agent's own may be placed a little differently.
_SAME_ONSET_S = 0.15
# A decision comes with a frame of the caller's; beyond that, what the output's stamps differ by.
_STAMPS_S = 0.03


@dataclass(frozen=True)
class OverlapPair:
    """An overlap of the call, and the same one in the replay."""

    was: Overlap
    would_be: Overlap | None
    """``None``: there was no such overlap."""
    comparable: bool
    """It began before anything else differed."""
    went_on: bool = False
    """The replay played everything that was generated: there would have been more."""


@dataclass(frozen=True)
class Replayed:
    """A call under one setting."""

    call_id: str
    preset: str
    rows: tuple[OverlapPair, ...]
    differs_at_s: float | None
    """The time at which the decisions first differed; ``None``: they did not."""
    decisions: int
    """The number of the call's decisions that were reproduced up to there."""
    of: int
    notes: tuple[str, ...] = ()


def compare(
    recorded: Recorded,
    was: Sequence[Turn],
    replayed: Call,
    would_be: Sequence[Turn],
    preset: str,
) -> Replayed:
    """Compare a replay with the call, in the call's times."""
    before = _decisions(recorded.call)
    after = [
        replace(decision, at_s=decision.at_s + recorded.shift_s)
        for decision in _decisions(replayed)
    ]
    frame_s = float(replayed.meta.options.get("input_frame_s") or INPUT_FRAME_S)
    same, differs_at_s = _alike(before, after, frame_s + _STAMPS_S)
    again = [overlap for turn in would_be for overlap in turn.overlaps]
    rows = [
        _row(overlap, again, recorded.shift_s, differs_at_s)
        for turn in was
        for overlap in turn.overlaps
    ]
    return Replayed(
        recorded.call.meta.call_id,
        preset,
        tuple(rows),
        differs_at_s,
        same,
        len(before),
        recorded.notes,
    )


def _row(
    was: Overlap, again: Sequence[Overlap], shift_s: float, differs_at_s: float | None
) -> OverlapPair:
    found = None
    if was.onset_s is not None:
        wanted_s = was.onset_s - shift_s
        near = [
            overlap
            for overlap in again
            if overlap.onset_s is not None and abs(overlap.onset_s - wanted_s) <= _SAME_ONSET_S
        ]
        found = near[0] if near else None
    comparable = differs_at_s is None or (was.begin_s is not None and was.begin_s <= differs_at_s)
    ran_out = found is not None and found.outcome == "natural_end" != was.outcome
    return OverlapPair(was, found, comparable, ran_out)


def _decisions(call: Call) -> list[Decision]:
    return [
        event
        for event in call.events
        if isinstance(event, Decision) and not CAUSES[event.cause].by_program
    ]


def _alike(
    before: Sequence[Decision], after: Sequence[Decision], within_s: float
) -> tuple[int, float | None]:
    """Count the equal decisions, and time the first that differs, as it was or would have been."""
    for number, (one, other) in enumerate(zip_longest(before, after)):
        if one is None or other is None:
            return number, (one or other).at_s
        if one.path != other.path or abs(one.at_s - other.at_s) > within_s:
            return number, min(one.at_s, other.at_s)
    return len(before), None
