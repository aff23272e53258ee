"""Leakage: one talker heard on the other's channel.

*Echo*: later than on the talker's own channel, as by the way of a loudspeaker, a room and a
microphone. *Crosstalk*: at once, as on lines that were mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

COVERED = "onset_in_leakage", "end_in_leakage"
"""A burst's flags: that edge hardly clears what leaks."""
# The shortest way through a telephone takes longer.
CROSSTALK_S = 0.005


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """One talker on the other's channel, as far as it was found in the call."""

    channel: int
    """The channel that it leaks into."""
    delay_s: float
    """It is so much later there than on its own channel; the median of the call."""
    drift_s: float
    """The change of the delay in the course of the call."""
    level_db: float
    """Its level there relative to its own channel's: −20 is a tenth of the amplitude."""
    left_db: float
    """The residual's occasional level, on the same scale; quieter speech over it goes unheard."""
    began_s: float
    ended_s: float
    """``began_s`` and ``ended_s`` are when it was first and last heard, to two seconds."""
    dropped: int = 0
    """Bursts that were it, and were left out."""

    @property
    def kind(self) -> Literal["echo", "crosstalk"]:
        return "crosstalk" if abs(self.delay_s) < CROSSTALK_S else "echo"
