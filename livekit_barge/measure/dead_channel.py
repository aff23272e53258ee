"""An agent's channel that goes dead while the call continues: what it cuts off is not a yield.

A recorder that loses the agent's track fills its channel with digital silence to the end. An agent
is often digitally silent between its words as well, so silence alone proves nothing. It is dead if
it stays so for ``_DEAD_S`` at least, to the end of the recording, and the caller meanwhile waits
for an answer in vain: is quiet for more than ``turn_gap_s``, and begins again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Caveat
from livekit_barge.measure.turns import Turn

# One step of 16 bits, and its rounding: the most that a codec makes of digital silence from one
# sample to the next. A constant is no sound: A-law has no zero.
_BLANK_STEP = 1.5 / 32_768
# A caller who is let in may speak for some seconds more before they hang up.
_DEAD_S = 10.0
# The end of an audible word lies this near to the channel's last sample that is not blank. With
# more of a floor after it, the channel was still alive when the agent fell silent.
_AT_ONCE_S = 0.5


class LastSound:
    """Follows a recording's two channels to the last sample of each that is not blank."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._samples = 0
        self._ends = [0, 0]
        self._before = np.zeros((2, 1), dtype=np.float32)

    def add(self, block: Float32) -> None:
        """Take the next samples, of shape ``(2, n)``."""
        if not block.size:
            return
        steps = np.abs(np.diff(block, prepend=self._before))
        self._before = block[:, -1:]
        for number, channel in enumerate(steps):
            sounding = np.flatnonzero(channel > _BLANK_STEP)
            if sounding.size:
                self._ends[number] = self._samples + int(sounding[-1]) + 1
        self._samples += block.shape[1]

    @property
    def ends_s(self) -> tuple[float, float]:
        """Each channel's, in seconds; 0.0 where all of it is blank."""
        first, second = self._ends
        return first / self._rate, second / self._rate


def dead_from_s(
    last_sound_s: float, caller: Sequence[Burst], ended_s: float, limits: Limits
) -> float | None:
    """Return when the agent's channel went dead; ``None``: nothing shows that it did.

    ``last_sound_s`` is the channel's last sample that is not blank, ``ended_s`` the recording's
    end.
    """
    if ended_s - last_sound_s < _DEAD_S:
        return None
    waited = any(
        burst.end_s > last_sound_s and following.onset_s - burst.end_s > limits.turn_gap_s
        for burst, following in pairwise(caller)
    )
    return last_sound_s if waited else None


def withheld(turns: Sequence[Turn], dead_s: float | None) -> list[Turn]:
    """Return the turns, without a stop that may be the channel's death and not the agent's."""
    if dead_s is None:
        return list(turns)
    return [
        dataclasses.replace(
            turn, overlaps=tuple(_withheld(overlap, dead_s) for overlap in turn.overlaps)
        )
        for turn in turns
    ]


def _withheld(overlap: Overlap, dead_s: float) -> Overlap:
    silent_s, onset_s = overlap.silent_s, overlap.onset_s
    if silent_s is None or onset_s is None or silent_s < dead_s - _AT_ONCE_S:
        return overlap
    return dataclasses.replace(
        overlap,
        outcome="unmeasurable",
        reason=f"the agent's channel is dead from {dead_s:.2f} s on",
        silent_s=None,
        silent_uncertainty_s=None,
        time_to_yield_s=round(silent_s - onset_s, 6),
        lower_bound=True,
        yielded=None,
        resumed=None,
        pause_s=None,
        dead_air_s=None,
    )


def caveat(dead_s: float | None, ended_s: float) -> tuple[Caveat, ...]:
    """Warn of a dead channel, if it is."""
    if dead_s is None:
        return ()
    text = (
        f"the agent's channel is digitally silent from {dead_s:.2f} s to the end, for "
        f"{ended_s - dead_s:.1f} s, while the caller speaks on: nothing of it can be scored"
    )
    return (Caveat("agent_channel_dead", text, "check the recorder for the agent's track"),)
