"""Leakage: one talker heard on the other's channel. What it is, and what it makes unmeasurable.

*Echo*: later than on the talker's own channel, as by the way of a loudspeaker, a room and a
microphone. *Crosstalk*: at once, as on lines that were mixed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

COVERED = "onset_in_leakage", "end_in_leakage"
"""A burst's flags: that edge hardly clears what leaks."""
# The shortest way through a telephone takes longer.
CROSSTALK_S = 0.005


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """One talker on the other's channel, as far as it was found in the call."""

    channel: int
    """Where it does not belong."""
    delay_s: float
    """It is so much later there than on its own channel; the median of the call."""
    drift_s: float
    """By how much that changed in the course of the call."""
    level_db: float
    """Its level there relative to its own channel's: −20 is a tenth of the amplitude."""
    left_db: float
    """What is left of it now and then, on the same scale: quieter speech over it goes unheard."""
    began_s: float
    ended_s: float
    """When it was first and last heard, to two seconds."""
    dropped: int = 0
    """Bursts that were it, and were left out."""

    @property
    def kind(self) -> Literal["echo", "crosstalk"]:
        return "crosstalk" if abs(self.delay_s) < CROSSTALK_S else "echo"


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
            overlaps.append(_withheld(overlap) if covered else overlap)
        kept.append(dataclasses.replace(turn, overlaps=tuple(overlaps)))
    return kept, count


def _withheld(overlap: Overlap) -> Overlap:
    return dataclasses.replace(
        overlap,
        outcome="unmeasurable",
        reason="it does not clear what the other channel leaks into this one",
        detection_s=None,
        cancellation_s=None,
        time_to_yield_s=None,
        lower_bound=False,
        yielded=None,
    )
