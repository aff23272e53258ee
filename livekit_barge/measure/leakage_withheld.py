"""Figures that leakage makes unmeasurable are withheld, with the reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import COVERED
from livekit_barge.measure.turns import Turn

_REASON = "it does not clear what the other channel leaks into this one"


def withheld(
    turns: Sequence[Turn], caller: Sequence[Burst], agent: Sequence[Burst]
) -> tuple[list[Turn], int]:
    """The turns, without figures whose edge hardly clears what leaks; and how many those are.

    An overlap without its onset cannot be measured. An end in doubt leaves only the rest.
    """
    onsets = {burst.onset_s for burst in (*caller, *agent) if COVERED[0] in burst.flags}
    ends = {burst.end_s for burst in agent if COVERED[1] in burst.flags}
    if not onsets and not ends:
        return list(turns), 0
    count = 0
    kept = []
    for turn in turns:
        overlaps = []
        for overlap in turn.overlaps:
            covered = overlap.onset_s in onsets or overlap.silent_s in ends
            count += covered
            overlaps.append(overlap.unmeasured(_REASON) if covered else overlap)
        kept.append(dataclasses.replace(turn, overlaps=tuple(overlaps)))
    return kept, count
