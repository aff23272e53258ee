"""A constant offset, as cheap converters add it: found where it is quiet, and taken away."""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32

# An offset under −70 dBFS is below the quietest speech that is looked for.
LEAST = 10 ** (-70 / 20)
# The fifth of the frames that vary least are the quiet ones, if any are; of fewer than 100 frames,
# such as at the end of a call, they would be too few to tell.
_QUIET, _ENOUGH = 0.2, 100
# An offset is steady; what speech or hum leave in short means is not.
_STEADY = 0.25
# Another offset, and not the same one measured again.
_OTHER = 0.1


class Offset:
    """One channel's offset. It is taken away in equal steps, each looked at as a whole."""

    def __init__(self, frame: int) -> None:
        self._frame = frame
        self._offset = np.float32(0.0)

    def removed(self, samples: Float32) -> Float32:
        """A copy of the next samples, without their offset."""
        if self._offset or abs(samples.mean()) > LEAST:
            self._look(samples)
        return samples - self._offset if self._offset else samples.copy()

    def _look(self, samples: Float32) -> None:
        count = len(samples) // self._frame
        if count < _ENOUGH:
            return
        frames = samples[: count * self._frame].reshape(count, self._frame)
        means = frames @ np.full(self._frame, 1 / self._frame, dtype=np.float32)
        variances = np.einsum("ij,ij->i", frames, frames) / self._frame - means**2
        quiet = means[np.argsort(variances, kind="stable")[: int(count * _QUIET)]]
        mean, spread = quiet.mean(), quiet.std()
        offset = mean if abs(mean) > LEAST else np.float32(0.0)
        moved = abs(offset - self._offset) > max(_OTHER * abs(self._offset), LEAST / 2)
        if moved and spread <= _STEADY * abs(mean):
            self._offset = offset
