"""A burst: the unit that all measures are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Burst:
    """One talker's audible speech, with gaps under 0.2 s bridged."""

    onset_s: float
    """The first audible sample, in seconds since the call's start."""
    end_s: float
    """The end of the last audible sample."""
    level_dbfs: float
    """Active level of the burst: 0 dBFS is the mean square of a full-scale square wave."""
    onset_uncertainty_s: float = 0.0
    """The true onset lies within this of ``onset_s``, 95 times in 100."""
    end_uncertainty_s: float = 0.0
    flags: frozenset[str] = frozenset()
    """The names of what makes this burst doubtful: ``quiet``, ``clipped``, …"""
