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


class DcOffset:
    """One channel's offset. It is looked for, and taken away, in steps of equal length."""

    def __init__(self, frame: int, step: int) -> None:
        self._frame, self._step = frame, step
        self._averaging = np.full(frame, 1 / frame, dtype=np.float32)
        self._offset = np.float32(0.0)

    def removed(self, samples: Float32) -> Float32:
        """The next samples without their offset: of whole steps, or of a last one.

        A copy, or where there is none to take away, the samples themselves.
        """
        removed = samples
        length = min(self._step, len(samples))
        for at, mean in enumerate(_means(samples, length)):
            if self._offset or abs(mean) > LEAST:
                step = slice(at * length, (at + 1) * length)
                self._look(samples[step])
                if self._offset:
                    if removed is samples:
                        removed = samples.copy()
                    removed[step] -= self._offset
        return removed

    def _look(self, samples: Float32) -> None:
        count = len(samples) // self._frame
        if count < _ENOUGH:
            return
        frames = samples[: count * self._frame].reshape(count, self._frame)
        means = frames @ self._averaging
        variances = np.einsum("ij,ij->i", frames, frames) / self._frame - means**2
        quiet = means[np.argsort(variances, kind="stable")[: int(count * _QUIET)]]
        mean = quiet.mean()
        offset = mean if abs(mean) > LEAST else np.float32(0.0)
        moved = abs(offset - self._offset) > max(_OTHER * abs(self._offset), LEAST / 2)
        if moved and quiet.std() <= _STEADY * abs(mean):
            self._offset = offset


def _means(samples: Float32, length: int) -> list[float]:
    return samples.reshape(-1, length).mean(axis=1).tolist()  # type: ignore[no-any-return]
