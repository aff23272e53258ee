"""Levels: decibels, how loud a talker is, and what is background.

Powers are mean squares, so a full-scale square wave has 1.0, 0 dBFS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Powers = npt.NDArray[np.float64]

# −100 dBFS, a few dB under the rounding noise of 16 bits: digital silence gets a level, too.
SILENCE_DB = -100.0
_SILENCE = 10 ** (SILENCE_DB / 10)
# Four frames of 2.5 ms: a pitch period of most voices, so that a voice does not flicker.
SMOOTH_FRAMES = 4
_SMOOTHING = np.full(SMOOTH_FRAMES, 1 / SMOOTH_FRAMES)
# Four standard deviations are exceeded once in 30,000 times. Steady noise has 0.4 dB and less, so
# at least 1.5 dB; in babble speech would drown in more than 8.
NOISE_LEAST_DB, NOISE_MOST_DB = 1.5, 8.0
# ITU-T P.56: speech is active where its envelope is less than 15.9 dB under the active level.
_ACTIVE_MARGIN = 10 ** (-15.9 / 10)


def to_db(powers: Powers) -> Powers:
    """Powers in dBFS; digital silence is −100."""
    return np.asarray(10 * np.log10(np.maximum(powers, _SILENCE)))


def in_db(power: float) -> float:
    """One power in dBFS, as :func:`to_db`."""
    return 10 * math.log10(max(power, _SILENCE))


def smooth(powers: Powers) -> Powers:
    """Each frame's mean with the one before and the two after it, 10 ms in all."""
    padded = np.empty(powers.size + SMOOTH_FRAMES - 1)
    padded[0], padded[1:-2], padded[-2:] = powers[0], powers, powers[-1]
    return np.correlate(padded, _SMOOTHING)


def quantiles(values: Powers, *shares: float) -> Powers:
    """Return quantiles along the last axis, one row per share, bit for bit as ``np.quantile``.

    For a few hundred levels, ``np.quantile`` takes five times as long just to set up.
    """
    ranked = np.sort(values)
    last = ranked.shape[-1] - 1
    found = np.empty((len(shares), *ranked.shape[:-1]))
    for row, share in enumerate(shares):
        place = share * last
        below = int(place)
        low, high = ranked[..., below], ranked[..., min(below + 1, last)]
        part = place - below
        # From the nearer side, as numpy does.
        found[row] = low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
    return found


def active_power(smoothed: Powers) -> float:
    """The mean power while speech is active; 0.0 where there is nothing."""
    if smoothed.size == 0:
        return 0.0
    loudest_first = np.sort(smoothed)[::-1]
    means = loudest_first.cumsum()
    means /= np.arange(1.0, loudest_first.size + 1)
    active = int(np.count_nonzero(loudest_first >= means * _ACTIVE_MARGIN))
    return float(means[max(active - 1, 0)])


@dataclass(frozen=True)
class Background:
    """The sound of a channel while nobody speaks."""

    level_db: float
    spread_db: float
    """Standard deviation of 10 ms levels, from their upper half."""

    @classmethod
    def of(cls, powers: Powers) -> Background:
        """From frames without speech; a click or two among them does not matter."""
        # Around every frame: 50 Hz hum is equally loud in every other 10 ms, and louder between.
        sums = np.sort(np.correlate(powers, _SMOOTHING))
        middle = in_db(float(sums[sums.size // 2]))
        # A standard deviation above the middle lies 84 of 100.
        return cls(middle, in_db(float(sums[int(0.84 * sums.size)])) - middle)

    @property
    def is_silent(self) -> bool:
        """Digitally silent, as a line is that is not open."""
        return self.level_db <= SILENCE_DB

    @property
    def audible_db(self) -> float:
        """The level that 10 ms must exceed to stand out: four standard deviations above it."""
        return self.level_db + min(max(4 * self.spread_db, NOISE_LEAST_DB), NOISE_MOST_DB)


SILENT = Background(SILENCE_DB, 0.0)
