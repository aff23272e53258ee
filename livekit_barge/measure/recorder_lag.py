"""Finds where the recorder at the caller's end was itself late, and withholds figures across it.

The caller's recorder counts samples along from an anchor, and writes a further anchor where they
were sent, or heard, later than counted. The step between the two is its *lag*.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livekit_barge.call.events import AgentAnchored, Anchored, CallerAnchored, Event
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

# A figure that is off by more is worse than none: half of a WebRTC frame.
LAG_MAX_S = 0.010


@dataclass(frozen=True)
class Lag:
    """From ``at_s`` on one side is later than counted, by ``lag_s``."""

    at_s: float
    lag_s: float


def lags(events: Sequence[Event], sample_rates: Mapping[str, int]) -> list[Lag]:
    """Both sides', in order."""
    found = []
    for side, kind in (("caller", CallerAnchored), ("agent", AgentAnchored)):
        before: Anchored | None = None
        for anchor in events:
            if not isinstance(anchor, kind):
                continue
            if before is not None:
                counted_s = (anchor.sample - before.sample) / sample_rates[side]
                found.append(Lag(anchor.at_s, round(anchor.at_s - before.at_s - counted_s, 6)))
            before = anchor
    return sorted(found, key=lambda lag: lag.at_s)


def withheld(turns: Sequence[Turn], found: Sequence[Lag], missed_after_s: float) -> list[Turn]:
    """The turns, without the figures that a lag of more than :data:`LAG_MAX_S` lies in."""
    long = [lag for lag in found if lag.lag_s > LAG_MAX_S]
    return [
        dataclasses.replace(
            turn,
            overlaps=tuple(_withheld(overlap, long, missed_after_s) for overlap in turn.overlaps),
        )
        for turn in turns
    ]


def _withheld(overlap: Overlap, long: Sequence[Lag], missed_after_s: float) -> Overlap:
    if (onset_s := overlap.onset_s) is None:
        return overlap
    until_s = onset_s + missed_after_s if overlap.silent_s is None else overlap.silent_s
    inside = [lag.lag_s for lag in long if onset_s <= lag.at_s <= until_s + lag.lag_s]
    if not inside:
        return overlap
    return dataclasses.replace(
        overlap,
        outcome="unmeasurable",
        reason=f"the recorder lagged by {max(inside):.3f} s",
        silent_s=None,
        silent_uncertainty_s=None,
        time_to_yield_s=None,
        lower_bound=False,
        yielded=None,
    )
