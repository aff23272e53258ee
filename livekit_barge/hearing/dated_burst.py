"""A burst with its dates, as long as it may still be bridged to the next."""

from __future__ import annotations

from dataclasses import dataclass

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.levels import in_db

# A burst this far under the talker's level may be someone else, or an echo: flagged, not left out.
QUIET_DB = 11.0
# This many frames at full scale are not chance.
CLIPPED_FRAMES = 3


@dataclass(frozen=True)
class DatedBurst:
    """A burst with its dates, which may still be bridged to the next."""

    onset_s: float
    end_s: float
    onset_uncertainty_s: float
    end_uncertainty_s: float
    power: float
    active_s: float
    clipped: int
    """The number of its frames that reach full scale."""
    talker_db: float
    is_sure: bool = True
    """Silero was sure of it once, or it has a voice; otherwise it is a cough or the like."""

    def bridged(self, later: DatedBurst) -> DatedBurst:
        """Return this burst and the next as one."""
        active_s = self.active_s + later.active_s
        energy = self.power * self.active_s + later.power * later.active_s
        return DatedBurst(
            onset_s=self.onset_s,
            end_s=later.end_s,
            onset_uncertainty_s=self.onset_uncertainty_s,
            end_uncertainty_s=later.end_uncertainty_s,
            power=energy / active_s,
            active_s=active_s,
            clipped=self.clipped + later.clipped,
            talker_db=later.talker_db,
            is_sure=self.is_sure or later.is_sure,
        )

    def burst(self) -> Burst:
        """Return it in its final form."""
        level_db = in_db(self.power)
        flags = {
            "quiet": level_db < self.talker_db - QUIET_DB,
            "clipped": self.clipped >= CLIPPED_FRAMES,
        }
        return Burst(
            onset_s=self.onset_s,
            end_s=self.end_s,
            level_dbfs=level_db,
            onset_uncertainty_s=self.onset_uncertainty_s,
            end_uncertainty_s=self.end_uncertainty_s,
            flags=frozenset(name for name, holds in flags.items() if holds),
        )
