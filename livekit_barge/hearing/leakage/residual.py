"""Estimates how loud the residual leakage may be after subtraction, frame by frame.

Two things are left. Of what the learnt response made, a part, since no fit is perfect. And what a
room returns after the response's end: there its power fades exponentially, at the rate and from the
level at which the response itself fades (Lebart et al., "A new method based on spectral subtraction
for speech dereverberation", 2001). How far what is really left exceeds the two is counted in each
piece, where the leakage is heard alone; older counts fade.

A response ends in the noise of its fit, which hardly fades, so that more may be expected than ever
came. But a good fit leaves no more than a slow room would still hold of what came. Frames that are
louder are someone's speech: they are not counted, and no cover hides them.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.edges import Marks
from livekit_barge.hearing.levels import Powers, in_db, to_db

# Of what came, the part that a good fit leaves.
_MISFIT = 10 ** (-25 / 10)
# What one frame in fifty of leakage alone exceeds, and 4 dB more: 999 in 1000 do not exceed that.
_EXCEEDED, _MORE = 0.98, 10 ** (4 / 10)
# What is typical is exceeded by seven frames in ten. Frames 15 dB over that are someone's speech,
# and so may be the softer ones within 0.3 s; what a good fit leaves is not.
_TYPICAL, _NO_LEAKAGE_DB, _TYPICAL_LEAST_DB = 0.3, 15.0, 0.0
_NEAR = round(0.3 / FRAME_S)
# … unless a third of the frames are so loud, 6 dB under what was sent at most, and rise and fall
# with what comes: then it comes by another path than was learnt.
_ANOTHER, _ALIKE, _SENT_LEAST = 0.33, 0.6, 0.25
# Ratios are counted in steps of 1 dB from here on; a piece's count is halved after three pieces.
_LEAST_DB, _STEPS, _FADES = -20, 61, 0.8
# A frame shows the residual if that may be a tenth of the background, a quarter of which could not
# be distinguished from none; and this many frames do.
_FAIR, _HIDDEN, _FRAMES_LEAST = 0.1, 0.25, 80
# The background, of which the quietest is known, is hardly ever louder than twice that.
FLOOR_MOST = 2.0
# A room fades by 60 dB in between 0.1 and 1 s; a slower fade was not learnt from a room.
_FADE_S = 0.1, 1.0
# A good fit leaves at most what came with twice the amplitude.
_TWICE = 4.0


class Residual:
    """The possible residual of one path, whose response has a given number of taps per frame."""

    def __init__(self, frame: int) -> None:
        self._frame = frame
        self._counts = np.zeros(_STEPS)
        self._ratio = 1 / _MISFIT
        """The factor by which the residual may exceed expectation; and the typical one, in dB."""
        self._typical_db = in_db(self._ratio)
        self._fade_db, self._enters = 1.0, 0.0
        self._late = self._loudest = 0.0
        """The room's power as the last piece ended; and that of the loudest arrival."""

    @property
    def of_what_comes(self) -> float:
        """The share of what comes that is hardly ever exceeded by what is left of it."""
        return min(self._ratio * _MISFIT, 1.0)

    def fades(self, response: Powers) -> None:
        """Learn from a response how the room fades behind it."""
        frames = np.square(response).reshape(-1, 4 * self._frame).sum(axis=1)
        peak = int(np.argmax(frames))
        fading = to_db(frames[peak + 1 :] / max(float(frames[peak]), 1e-30))
        if fading.size < 3:
            self._enters = 0.0
            return
        along = np.arange(fading.size) - (fading.size - 1) / 2
        slope_db = float(along @ fading / (along @ along)) / 4
        fastest, slowest = (60 * FRAME_S / fade_s for fade_s in _FADE_S)
        self._fade_db = min(max(-slope_db, slowest), fastest)
        # The line through the middle of what fades, at the end of the response.
        end_db = float(fading.mean()) - self._fade_db * 4 * fading.size / 2
        self._enters = 10 ** (end_db / 10) * float(frames[peak]) / 4

    def expected(self, comes: Powers, entering: Powers) -> Powers:
        """Return the residual to expect in each frame of a piece, before comparing it to the real.

        ``entering``: the power in each frame of what the response has just ended for.
        """
        fall = 10 ** (self._fade_db / 10 * np.arange(1, comes.size + 1))
        # A fit that is not perfect is so along the whole response, and smears what it makes.
        smeared = (1 - 1 / fall[0]) * _MISFIT * comes
        late = (self._late + np.cumsum((self._enters * entering + smeared) * fall)) / fall
        self._late = float(late[-1])
        return np.asarray(_MISFIT * comes + late)

    def most(self, comes: Powers) -> Powers:
        """Return the most that a good fit may leave in each frame of a piece."""
        fall = 10 ** (6 * FRAME_S / _FADE_S[1] * np.arange(1, comes.size + 1))
        loudest = np.maximum(np.maximum.accumulate(comes * fall), self._loudest) / fall
        self._loudest = float(loudest[-1])
        return np.asarray(_TWICE * loudest)

    def silence(self) -> None:
        """Nothing came in the last piece, and nothing is left to come."""
        self._late = self._loudest = 0.0

    def count(
        self, left: Powers, expected: Powers, most: Powers, sent: Powers, floor: float
    ) -> None:
        """Count a piece: what is left in each frame, is expected, is possible, and was sent."""
        fair = expected > _FAIR * floor
        if np.count_nonzero(fair) < _FRAMES_LEAST:
            return
        # Where the background hides what is left, it may have a part of its power.
        left = np.maximum(left - FLOOR_MOST * floor, floor * _HIDDEN)
        over_db = to_db(left / np.maximum(expected, 1e-12))
        loud = (over_db > self._typical_db + _NO_LEAKAGE_DB) | (left > np.maximum(most, floor))
        spoken = fair & loud
        quiet = spoken & (left < _SENT_LEAST * sent)
        if quiet.sum() > _ANOTHER * fair.sum() and _alike(left[quiet], expected[quiet]):
            self._counts[:] = 0
        elif spoken.any():
            fair &= ~_around(spoken)
        steps = np.clip(np.ceil(over_db[fair]) - _LEAST_DB, 0, _STEPS - 1).astype(np.intp)
        self._counts = _FADES * self._counts + np.bincount(steps, minlength=_STEPS)
        self._typical_db = max(_LEAST_DB + self._step(self._counts, _TYPICAL), _TYPICAL_LEAST_DB)
        alone = self._counts[: int(self._typical_db + _NO_LEAKAGE_DB - _LEAST_DB) + 1]
        self._ratio = 10 ** ((_LEAST_DB + self._step(alone, _EXCEEDED)) / 10)

    def cover(self, expected: Powers, most: Powers, floor: float) -> Powers:
        """Return the power that residual and background may have; 0.0 for background alone."""
        most = np.minimum(_MORE * self._ratio * expected, most)
        return np.where(most < floor, 0.0, most + FLOOR_MOST * floor)

    @staticmethod
    def _step(counts: Powers, share: float) -> int:
        sums = np.cumsum(counts)
        return int(np.searchsorted(sums, share * sums[-1]))


def _alike(left: Powers, expected: Powers) -> bool:
    """Return whether the levels rise and fall together."""
    return bool(np.corrcoef(to_db(left), to_db(expected))[0, 1] > _ALIKE)


def _around(marks: Marks) -> Marks:
    """The frames near marked ones, and those."""
    sums = np.concatenate([[0], np.cumsum(marks)])
    at = np.arange(marks.size)
    return np.asarray(sums[np.minimum(at + _NEAR, marks.size)] > sums[np.maximum(at - _NEAR, 0)])
