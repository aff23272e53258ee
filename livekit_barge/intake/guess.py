"""Guess who is the caller from the sound of two channels. Reported as a guess, never scored.

What tells an agent: its channel is digitally silent between its words, it speaks first, it speaks
more, in longer stretches, at a steadier level; and it is heard as an echo on the other channel,
since the caller has a microphone and it has none. Each sign has a weight in log odds; the weights
are a convention and not fitted to data, so the confidence orders guesses and promises no
frequency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import Leakage

# From here on a guess is sure enough to doubt a documented map.
SURE = 0.9

_SILENCE = 2.0
_ECHO = 2.0
_FIRST = 0.7
_MORE = 0.8
_LONGER = 0.5
_STEADIER = 0.5


@dataclass(frozen=True)
class Guess:
    """A guess at the caller's channel."""

    caller_channel: int
    confidence: float
    """From 0.5, no idea, to 1."""
    because: str
    """The signs in its favour."""


def guess_caller(
    bursts: Sequence[Sequence[Burst]],
    digital_silence: tuple[float, float],
    leakages: Sequence[Leakage] = (),
) -> Guess | None:
    """``None`` where a channel has no speech. All signs are of channel 1 being the agent's."""
    if not bursts[0] or not bursts[1]:
        return None
    import statistics  # which brings random and fractions, and where the channels are known is idle

    spoken = [sum(burst.end_s - burst.onset_s for burst in side) for side in bursts]
    lengths = [statistics.median(b.end_s - b.onset_s for b in side) for side in bursts]
    spreads = [statistics.pstdev([b.level_dbfs for b in side]) for side in bursts]
    echoes = {leakage.channel for leakage in leakages if leakage.kind == "echo"}
    # Each sign as a figure that says how clear it is, from −1 to 1.
    signs = {
        "is digitally silent between words": _SILENCE
        * _clipped(2 * (digital_silence[1] - digital_silence[0])),
        "comes back as an echo on the other": _ECHO * ((0 in echoes) - (1 in echoes)),
        "speaks first": _FIRST * (1 if bursts[1][0].onset_s < bursts[0][0].onset_s else -1),
        "speaks more": _MORE * _clipped(math.log2(spoken[1] / spoken[0])),
        "in longer stretches": _LONGER * _clipped(math.log2(lengths[1] / lengths[0])),
        "at a steadier level": _STEADIER * _clipped((spreads[0] - spreads[1]) / 3),
    }
    odds = sum(signs.values())
    for_agent = [name for name, weight in signs.items() if weight * odds > 0 and abs(weight) > 0.1]
    return Guess(
        caller_channel=0 if odds >= 0 else 1,
        confidence=round(1 / (1 + math.exp(-abs(odds))), 2),
        because=f"channel {1 if odds >= 0 else 0} {', '.join(for_agent)}",
    )


def _clipped(figure: float) -> float:
    return min(max(figure, -1.0), 1.0)
