"""Passes on windows that stand out from the channel's floor; the rest cannot be heard as speech.

Only what is let through need be heard by Silero, at a level at which Silero hears well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.levels import Powers, to_db
from livekit_barge.hearing.silero.network import WINDOW, WINDOW_S

# The gate opens for a window with half its slices this far above the floor, and for so many windows
# before it, in which Silero warms up, and after it, in which Silero hears the sound end.
GATE_DB = 4.0
GATE_WINDOWS = 4
# The gate looks at so many windows at a time: 0.5 s.
GATE_STEP = 16
# Nothing quieter than this is heard as speech, whatever the floor.
GATE_LEAST_DB = -72.0
# The floor is exceeded nine tenths of the last five seconds.
FLOOR_WINDOWS = round(5.0 / WINDOW_S)
FLOOR_QUANTILE = 0.1
# Silero misses speech below −45 dBFS. Speech whose loudest slices have −18 dBFS has about −23.
# The loudest slice of a step and the one before counts: of the last second.
GAIN_TO_DB, GAIN_LEAST_DB, GAIN_MOST_DB = -18.0, -12.0, 30.0

# A window's level is looked at in slices of 8 ms.
_SLICES = 4
_A_STEP = GATE_STEP * _SLICES

Marks = npt.NDArray[np.bool_]


class VadPrefilter:
    """Takes a channel's audio at 16 kHz in steps; decides window by window, four windows late."""

    def __init__(self) -> None:
        self._powers: Powers = np.zeros(0)
        """The powers of the last slices, for the floor."""
        self._loudest = 0.0
        """The loudest slice of the last step."""
        self._hot: Marks = np.zeros(GATE_WINDOWS, dtype=np.bool_)
        """Marks of windows that stand out, from four before the next one to decide."""
        self._gains: Float32 = np.zeros(0, dtype=np.float32)
        """The gains of the windows that are not decided yet."""

    def push(self, samples: Float32) -> tuple[Marks, Float32]:
        """Return which of the next windows are let through, and the gain of each.

        ``samples`` are whole steps, one at least.
        """
        slices = samples.reshape(-1, WINDOW // _SLICES)
        powers = np.einsum("ij,ij->i", slices, slices).astype(np.float64) / (WINDOW // _SLICES)
        steps = powers.reshape(-1, GATE_STEP, _SLICES)
        least = np.maximum(self._floors(powers) * 10 ** (GATE_DB / 10), 10 ** (GATE_LEAST_DB / 10))
        hot = (steps > least[:, None, None]).sum(axis=2) >= _SLICES // 2
        self._hot = np.concatenate([self._hot, hot.reshape(-1)])
        self._gains = np.concatenate([self._gains, self._gains_of(steps).repeat(GATE_STEP)])
        around = sliding_window_view(self._hot, 2 * GATE_WINDOWS + 1)
        through = np.asarray(around.any(axis=1))
        gains = self._gains[: through.size]
        self._hot, self._gains = self._hot[through.size :], self._gains[through.size :]
        return through, gains

    def _floors(self, powers: Powers) -> Powers:
        """The channel's floor in each step."""
        most = FLOOR_WINDOWS * _SLICES
        known = np.concatenate([self._powers, powers])
        ends = np.arange(len(self._powers), len(known), _A_STEP) + _A_STEP
        self._powers = known[-most:]
        # Where the channel is younger than five seconds, what is missing is louder than anything.
        lasting = np.concatenate([np.full(most, np.inf), known])
        ranks = (FLOOR_QUANTILE * np.minimum(ends, most)).astype(np.intp)
        # np.unique would load numpy.ma, which takes longer than a short call.
        different = sorted(set(ranks.tolist()))
        ranked = np.partition(sliding_window_view(lasting, most)[ends], different, axis=1)
        return np.asarray(ranked[np.arange(len(ends)), ranks])

    def _gains_of(self, steps: Powers) -> Float32:
        """Return the factor that brings each step to a level at which Silero hears well."""
        loudest = np.concatenate([[self._loudest], steps.max(axis=(1, 2))])
        self._loudest = float(loudest[-1])
        level_db = to_db(np.maximum(loudest[1:], loudest[:-1]))
        gain_db = np.clip(GAIN_TO_DB - level_db, GAIN_LEAST_DB, GAIN_MOST_DB)
        return np.asarray(10 ** (gain_db / 20), dtype=np.float32)
