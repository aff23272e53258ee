"""Planted faults: for each diagnosis, a call with exactly that one fault."""

from livekit_barge.faults.healthy import HEALTHY
from livekit_barge.faults.planted import FAULTS
from livekit_barge.faults.trial import Trial

__all__ = ["FAULTS", "HEALTHY", "Trial"]
