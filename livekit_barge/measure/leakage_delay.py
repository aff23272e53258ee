"""Whether a channel holds what the other one said, and how much later: generalised correlation.

The spectra of two seconds are whitened, so that the correlation of a copy is a peak however
coloured speech is; of two talkers it has none. It is looked at below 2 kHz only, where speech is:
that costs a quarter at 16 kHz and is exact to an eighth of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.measure.levels import Powers, quantiles

# An echo by way of a telephone network and a room takes up to half a second.
LAG_MOST_S = 0.6
# Samples a second at which is looked, and in which band.
_RATE = 4_000
_BAND_HZ = 200.0, 1_800.0
# Sound stands out of a channel's floor by this much, for at least 0.1 s in a piece.
_STANDS_OUT, _LEAST_POWER, _FRAMES_LEAST = 4.0, 10 ** (-75 / 10), 10
_FRAME_S = 0.01
# The floor is that of the last ten seconds.
_FLOOR_PIECES = 5


@dataclass(frozen=True)
class Peak:
    """The lag at which two channels are most alike."""

    lag_s: float
    """Of channel 0 after channel 1; negative: before it."""
    ratio: float
    """Times the root mean square of the correlation: of independent talkers up to 10, mostly 7."""


class Lags:
    """Takes two channels in pieces of about two seconds."""

    def __init__(self, sample_rate: int) -> None:
        self._group = max(sample_rate // _RATE, 1)
        self._rate = sample_rate / self._group
        self._floors: list[Powers] = []

    def look(self, piece: Float32) -> Peak | None:
        """The piece's peak; ``None`` where a channel has no sound."""
        coarse = self._coarse(piece)
        if not self._sounds(coarse):
            return None
        size = coarse.shape[1]
        spectra = np.fft.rfft(coarse)
        cross = spectra[0] * np.conj(spectra[1])
        sizes = np.abs(cross)
        cross /= sizes + np.float32(1e-6) * sizes.max()
        hertz = np.arange(len(cross)) * self._rate / size
        cross[(hertz < _BAND_HZ[0]) | (hertz > _BAND_HZ[1])] = 0
        correlation = np.abs(np.fft.irfft(cross, size))
        most = min(round(LAG_MOST_S * self._rate), size // 2 - 1)
        near = np.concatenate([correlation[-most:], correlation[: most + 1]])
        usual = np.sqrt(np.mean(np.square(near)))
        if not usual:
            return None  # nothing in the band that both have
        at = int(np.argmax(near))
        return Peak((at - most) / self._rate, float(near[at] / usual))

    def _coarse(self, piece: Float32) -> Float32:
        """Means of so many samples that 4,000 a second are left."""
        count = piece.shape[1] // self._group
        groups = piece[:, : count * self._group].reshape(2, count, self._group)
        return np.asarray(groups @ np.full(self._group, 1 / self._group, dtype=np.float32))

    def _sounds(self, coarse: Float32) -> bool:
        """Whether something stands out on both channels."""
        frame = round(_FRAME_S * self._rate)
        frames = coarse[:, : coarse.shape[1] // frame * frame].reshape(2, -1, frame)
        powers = np.einsum("cij,cij->ci", frames, frames).astype(np.float64) / frame
        self._floors.append(quantiles(powers, 0.1)[0])
        del self._floors[:-_FLOOR_PIECES]
        least = np.maximum(np.min(self._floors, axis=0) * _STANDS_OUT, _LEAST_POWER)
        return bool(((powers > least[:, None]).sum(axis=1) >= _FRAMES_LEAST).all())
