"""Faults on purpose: a call with exactly one thing wrong, for each thing the diagnosis can name."""

from livekit_barge.bench.faults.calls import FAULTS
from livekit_barge.bench.faults.healthy import HEALTHY
from livekit_barge.bench.faults.trial import Trial

__all__ = ["FAULTS", "HEALTHY", "Trial"]
