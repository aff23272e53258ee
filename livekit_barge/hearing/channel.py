"""A channel's recent past: the power of each frame, and the samples themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.levels import Powers

# 2.5 ms: coarser frames date edges worse by as much as they are coarser; finer ones are too few
# samples at 8 kHz to have a level.
FRAME_S = 0.0025
# Full scale but for rounding.
CLIPPED = 0.999
# The power of such a sample, less what rounding may take.
_CLIPPED_POWER = 0.99 * CLIPPED**2


class Channel:
    """Grows at the end, forgets at the front. Frames are counted from the start of the call."""

    def __init__(self, sample_rate: int) -> None:
        self.rate = sample_rate
        self.frame = round(sample_rate * FRAME_S)
        """Samples a frame."""
        self._first = 0
        self._powers: Powers = np.zeros(0)
        self._clipped: list[int] = []
        """The frames that reach full scale."""
        self._pieces: deque[tuple[int, Float32]] = deque()

    @property
    def frames(self) -> int:
        """The number of frames so far."""
        return self._first + len(self._powers)

    def frame_at(self, at_s: float) -> int:
        """The frame that holds this moment, in what is kept."""
        return min(max(int(at_s * self.rate / self.frame), self._first), self.frames)

    def seconds(self, frame: int) -> float:
        """Return when a frame begins, in seconds since the call's start."""
        return frame * self.frame / self.rate

    def add(self, samples: Float32) -> None:
        """The next samples; a last frame that is not whole counts as far as it goes."""
        begin = self.frames * self.frame
        if short := -len(samples) % self.frame:
            frames = np.pad(samples, (0, short)).reshape(-1, self.frame)
        else:
            frames = samples.reshape(-1, self.frame)
        powers = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / self.frame
        powers[-1] *= self.frame / (self.frame - short)
        self._powers = np.concatenate([self._powers, powers])
        # One sample at full scale is so much of its frame's power; few frames need a closer look.
        loud = np.flatnonzero(powers > _CLIPPED_POWER / self.frame)
        if loud.size:
            clipped = loud[np.abs(frames[loud]).max(axis=1) >= CLIPPED]
            self._clipped += (begin // self.frame + clipped).tolist()
        self._pieces.append((begin, samples))

    def powers(self, begin: int, end: int) -> Powers:
        """Return the powers of the frames ``[begin, end)``, as far as they are kept."""
        return self._powers[max(begin - self._first, 0) : max(end - self._first, 0)]

    def clipped(self, begin: int, end: int) -> int:
        """Return how many of the frames reach full scale."""
        return bisect_left(self._clipped, end) - bisect_left(self._clipped, begin)

    def samples(self, begin: int, end: int) -> Float32:
        """The samples of the frames ``[begin, end)``, which must still be kept."""
        first, last = begin * self.frame, end * self.frame
        parts = [
            piece[max(first - at, 0) : last - at]
            for at, piece in self._pieces
            if at < last and at + len(piece) > first
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def forget(self, before: int, samples_before: int) -> None:
        """Frames before this one, and samples before that frame, are no longer asked for."""
        drop = max(before - self._first, 0)
        self._powers = self._powers[drop:]
        self._first += drop
        del self._clipped[: bisect_left(self._clipped, self._first)]
        first = samples_before * self.frame
        while self._pieces and self._pieces[0][0] + len(self._pieces[0][1]) <= first:
            self._pieces.popleft()
