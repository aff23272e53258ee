"""A constant offset, as cheap converters add it: found where it is quiet, and taken away."""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32

# An offset under −80 dBFS is below every background that matters. Left alone, digital silence stays
# exactly silent.
LEAST = 1e-4
# The fifth of the frames that vary least are the quiet ones, if any are.
_QUIET = 0.2
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
        return samples - self._offset

    def _look(self, samples: Float32) -> None:
        frames = samples[: len(samples) // self._frame * self._frame].reshape(-1, self._frame)
        if len(frames) < 1 / _QUIET:
            return
        quiet = np.argsort(frames.var(axis=1), kind="stable")[: int(len(frames) * _QUIET)]
        means = frames[quiet].mean(axis=1)
        offset = means.mean() if abs(means.mean()) > LEAST else np.float32(0.0)
        moved = abs(offset - self._offset) > max(_OTHER * abs(self._offset), LEAST / 2)
        if moved and means.std() <= _STEADY * abs(means.mean()):
            self._offset = offset
