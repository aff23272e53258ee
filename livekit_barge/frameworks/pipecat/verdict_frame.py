"""The frame by which the adaptive strategy says what it made of an overlap."""

from __future__ import annotations

from dataclasses import dataclass

from pipecat.frames.frames import SystemFrame


@dataclass
class AdaptiveVerdictFrame(SystemFrame):
    """Broadcast once for each overlap, right before what follows from it.

    Parameters:
        interruption: The caller's turn begins now; else the overlap has ended without one.
        probability: The highest that the overlap reached, 0 to 1.
    """

    interruption: bool
    probability: float
