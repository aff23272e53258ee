"""Mains hum: lines at multiples of 50 or 60 Hz that never change, unlike those of music.

A note has lines at multiples of its pitch, too; but no pitch of music is as low as that, so its
lines are further apart.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.sound import Sound

Lines = npt.NDArray[np.bool_]

_MAINS_HZ = 50, 60
_HIGHEST_HZ, _BIN_HZ = 1000, 10
# A line stands 6 dB above what is two bins from it, and with the others it holds nearly all.
_ABOVE, _SHARE = 10**0.6, 0.8
# So many lines no further apart than two multiples; more, where a telephone has cut the lowest.
_APART, _LINES_LEAST, _WITHOUT_LOWEST = 2, 3, 5
# What the two bins beside a line hold of it, by a Hann window.
_LOBE = 1.5
# Steps of 0.5 s: three seconds of it are hum. It hides under speech, and is looked for as long.
_STEPS, _REMEMBERED = 6, 60


class Hum:
    """Finds one channel's hum, and takes its lines out of what may be music."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        """The beginning of the consecutive steps with hum, and …"""
        self._count = 0
        self._mains_hz: int | None = None
        self._ago = 0
        """The number of steps without hum since the last one with it."""

    def take_out(self, powers: Powers, stays: Lines, lowest_hz: float) -> Lines:
        """The lines that stay in a step, some of (windows, bins), without those of hum.

        ``powers`` in bins of 10 Hz from 0 Hz on; the lines from ``lowest_hz`` on.
        """
        if (found := mains_hz(powers)) is not None:
            self._mains_hz, self._ago = found, 0
        else:
            self._forget()
        if self._mains_hz is None:
            return stays
        hz = round(lowest_hz) + _BIN_HZ * np.arange(stays.shape[1])
        return np.asarray(stays & (hz % self._mains_hz != 0))

    def hear(self, begin_s: float, end_s: float) -> list[Sound]:
        """The step that was looked at last: what of hum ends with it."""
        if self._mains_hz is None or self._ago:
            self.pause()
            return []
        if self._since_s is None:
            self._since_s = begin_s
        self._count += 1
        if self._count < _STEPS:
            return []
        begin_s = self._since_s if self._count == _STEPS else begin_s
        return [Sound("hum", begin_s, end_s, f"{self._mains_hz} Hz")]

    def miss(self) -> None:
        """A step that was looked at, in which no line stays."""
        self._forget()
        self.pause()

    def _forget(self) -> None:
        """One step more has none."""
        if self._ago < _REMEMBERED:
            self._ago += 1
        else:
            self._mains_hz = None

    def pause(self) -> None:
        """A step without it."""
        self._since_s, self._count = None, 0

    @property
    def may_begin_s(self) -> float:
        """Before this nothing will turn out to have been hum."""
        return math.inf if self._since_s is None or self._count >= _STEPS else self._since_s


def mains_hz(powers: Powers) -> int | None:
    """Return the mains frequency whose hum the windows hold; ``None``: no hum.

    ``powers`` has the shape (windows, bins of 10 Hz) and reaches to 1020 Hz at least.
    """
    for mains in _MAINS_HZ:
        apart = mains // _BIN_HZ
        at = np.arange(apart, _HIGHEST_HZ // _BIN_HZ + 1, apart)
        lines = powers[:, at]
        is_line = lines > _ABOVE / 2 * (powers[:, at - 2] + powers[:, at + 2])
        is_line &= (lines >= powers[:, at - 1]) & (lines >= powers[:, at + 1])
        stays = at[is_line.all(axis=0)]
        if stays.size < 2:
            continue
        together = 1 + np.count_nonzero(np.diff(stays) <= _APART * apart)
        least = _LINES_LEAST if stays[0] <= _APART * apart else _WITHOUT_LOWEST
        whole = float(powers[:, at[0] - 2 : at[-1] + 3].sum())
        if together >= least and _LOBE * float(powers[:, stays].sum()) >= _SHARE * whole:
            return mains
    return None
