"""Leakage that a stereo codec makes: at a low bit rate it codes both channels as one.

Opus, AAC and MP3 then keep one spectrum for a band and only a gain for each channel, so for some
blocks one talker stands on the other's channel as well, at once, and at a level that changes from
block to block. No path can be learnt from that (:mod:`.echo_filter`). But within a band both
channels hold the same waveform, which two talkers never do: the coherence of the two channels
tells a block that leaks from a caller who speaks softly.

A line that is mixed with the other (crosstalk) is coherent, too, but at one gain: it is left to the
path.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.edges import Marks
from livekit_barge.hearing.leakage.masking import hushed
from livekit_barge.hearing.leakage.piece import background, frame_powers
from livekit_barge.hearing.levels import Powers, quantiles, to_db

# Windows of 20 ms, a block of Opus, every 10 ms; in frames.
_WINDOW, _HOP = round(0.02 / FRAME_S), round(0.01 / FRAME_S)
# Bands of six bins of 50 Hz: narrower than the codec's own, above what a high-pass leaves.
_BAND, _LOWEST_HZ, _HIGHEST_HZ = 6, 100.0, 8_000.0
# In the tuning part of the barge-ins, Opus at 24 kbit/s: of windows that leak, 19 in 20 are more
# coherent than 0.9 and 14 dB softer than what leaks; at 32 kbit/s, where hardly anything leaks, 19
# in 20 of those with two talkers are less coherent than 0.8.
_COHERENT, _SOFTER = 0.8, 10 ** (-10 / 10)
# A window beside such a one may hold only a part of what leaks.
_BESIDE = 0.5
# Sound stands out of the channel's floor, that of the last ten seconds.
_STANDS_OUT, _LEAST_POWER, _FLOORS = 4.0, 10 ** (-75 / 10), 5
# This many windows in ten seconds are not chance; two thirds of those of crosstalk are this close.
_WINDOWS_LEAST, _ONE_GAIN_DB = 4, 3.0
_NOTHING = 1e-20


@dataclass(frozen=True)
class Merged:
    """The leakage that a codec put on one channel of a piece from the other."""

    marks: Marks
    """The frames that leak."""
    powers: Powers
    """The power of each frame, as it was heard."""


class CodecLeakage:
    """Looks at two channels piece by piece."""

    def __init__(self, sample_rate: int) -> None:
        self._frame = round(sample_rate * FRAME_S)
        size = _WINDOW * self._frame
        hertz = np.arange(size // 2 + 1) * sample_rate / size
        used = np.flatnonzero((hertz >= _LOWEST_HZ) & (hertz <= _HIGHEST_HZ))
        self._used = used[: used.size // _BAND * _BAND]
        self._taper = np.hanning(size).astype(np.float32)
        self._floors: Powers = np.full((2, _FLOORS), np.inf)
        self._gains_db = deque[Powers](maxlen=_FLOORS), deque[Powers](maxlen=_FLOORS)
        """For each channel, the gains of the windows that leaked in the last pieces."""

    def look(self, piece: Float32) -> tuple[Merged | None, Merged | None]:
        """Return what leaks into each channel of a piece of shape ``(2, n)``, in whole frames."""
        powers = np.stack([frame_powers(side, self._frame) for side in piece])
        windows = self._in_windows(powers)
        self._floors = np.roll(self._floors, -1, axis=1)
        self._floors[:, -1] = [background(side) for side in powers]
        floors = self._floors.min(axis=1)
        first, second = (self._leaks(piece, windows, float(floors[n]), n) for n in (0, 1))
        return self._merged(first, powers[0]), self._merged(second, powers[1])

    def _in_windows(self, powers: Powers) -> Powers:
        """The power of each window, from those of its frames."""
        hops = powers.reshape(2, -1, _HOP).mean(axis=2)
        return np.asarray((hops[:, :-1] + hops[:, 1:]) / 2)

    def _leaks(self, piece: Float32, windows: Powers, floor: float, channel: int) -> Marks | None:
        """Mark the windows of a channel that hold the other channel's sound through the codec."""
        own, other = windows[channel], windows[1 - channel]
        least = max(_STANDS_OUT * floor, _LEAST_POWER)
        some = np.flatnonzero((own > least) & (own < _SOFTER * other))
        alike = np.zeros(own.size)
        if some.size:
            alike[some] = self._coherence(piece[channel], piece[1 - channel], some)
        leaks = alike >= _COHERENT
        if not self._is_merged(to_db(own[leaks] / other[leaks]), channel):
            return None
        near = leaks.copy()
        near[1:] |= leaks[:-1]
        near[:-1] |= leaks[1:]
        return np.asarray(leaks | (near & (alike >= _BESIDE)))

    def _coherence(self, own: Float32, other: Float32, some: np.ndarray) -> Powers:
        """Return what share of the windows' power is the other channel's, weighted over bands."""
        size, hop = _WINDOW * self._frame, _HOP * self._frame
        both = []
        for side in (own, other):
            every = np.lib.stride_tricks.sliding_window_view(side, size)[::hop]
            spectra = np.fft.rfft(every[some] * self._taper)[:, self._used]
            both.append(spectra.reshape(some.size, -1, _BAND))
        powers = [np.square(np.abs(side)).sum(axis=2) for side in both]
        crossed = np.square(np.abs((both[0] * np.conj(both[1])).sum(axis=2)))
        alike = crossed / (powers[0] * powers[1] + _NOTHING)
        # By amplitude: most of a voice's power may be one harmonic, and by chance the other's, too.
        weights = np.sqrt(powers[0])
        return np.asarray((alike * weights).sum(axis=1) / (weights.sum(axis=1) + _NOTHING))

    def _is_merged(self, gains_db: Powers, channel: int) -> bool:
        """Return whether leaks at these gains, with those of the last pieces, are a codec's.

        A few are chance: two voices on one pitch. Many at one gain are crosstalk.
        """
        recent = self._gains_db[channel]
        recent.append(gains_db)
        every = np.concatenate(recent)
        if every.size < _WINDOWS_LEAST:
            return False
        low, high = quantiles(every, 0.16, 0.84).tolist()
        return bool(high - low > _ONE_GAIN_DB)

    def _merged(self, leaks: Marks | None, powers: Powers) -> Merged | None:
        if leaks is None:
            return None
        hops = np.zeros(leaks.size + 1, dtype=np.bool_)
        hops[:-1] |= leaks
        hops[1:] |= leaks
        return Merged(hops.repeat(_HOP), powers)

    def hush(self, samples: Float32, merged: Merged, floor: float, piece: int) -> None:
        """Put the channel's background in the place of what leaks."""
        frames = samples.reshape(-1, self._frame)
        hidden = np.flatnonzero(merged.marks)
        frames[hidden] = hushed(frames[hidden], merged.powers[hidden], floor, piece)
