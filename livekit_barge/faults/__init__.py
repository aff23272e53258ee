"""Faults on purpose: a call with exactly one thing wrong, for each thing the diagnosis can name."""

from livekit_barge.faults.healthy import HEALTHY
from livekit_barge.faults.planted import FAULTS
from livekit_barge.faults.trial import Trial

__all__ = ["FAULTS", "HEALTHY", "Trial"]
