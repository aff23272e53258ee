"""Where sound begins and ends: from energy, to the sample where it can be.

A frame is audible when the 10 ms around it are louder than the background's own spread allows, and
louder than the talker's active level less ``AUDIBLE_MARGIN_DB``. Ten milliseconds are too coarse a
date, so the edge is the change point of a cumulative sum over 2.5 ms frames, and then over samples.
An end is an onset in reversed time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.measure.channel import FRAME_S
from livekit_barge.measure.levels import Background, Powers, smooth, to_db

# D: speech this far below its talker's active level no longer counts as audible. 35 dB keeps weak
# consonants and leaves breath and room tails. Every figure depends on it: 10 dB more move the edges
# of natural speech by 10 ms.
AUDIBLE_MARGIN_DB = 35.0
# Sound outside what Silero marked belongs to it if no more than this lies between: the closure of a
# stop consonant, as in "sp" or before a last "t", which takes 60 to 130 ms.
OUTWARD_GAP = round(0.14 / FRAME_S)
# How far before the first audible frame the change point may lie.
_CHANGE_BEFORE = round(0.06 / FRAME_S)
# The sum falls while frames are below 0.7 of the way from the background to what stands out of it;
# no frame weighs more than a few typical ones.
_DRIFT = 0.7
_LEAST_DB, _MOST_DB = -6.0, 10.0

# The uncertainty of an edge: a quarter of the frames within 30 ms that are near the line …
_NEAR, _NEAR_DB, _NEAR_SHARE = round(0.03 / FRAME_S), 3.0, 0.25
# … and what the background hides, in frames for each dB that it lies above what else would be
# audible: little up to 5 dB, then a consonant, and of an end, which fades ever more slowly, a whole
# sound up to 12 dB. Quantiles of the errors of natural speech in the tuning part of the corpus.
_ONSET_S, _END_S = 0.0018, 0.0024
_HIDDEN_DB = (0.0, 5.0, 12.0, 40.0)
_ONSET_HIDDEN, _END_HIDDEN = (0.0, 1.0, 13.0, 61.0), (0.0, 2.5, 39.0, 151.0)
# What is hidden makes frames near the line less telling.
_NEAR_SHARE_HIDDEN = 0.15

Marks = npt.NDArray[np.bool_]
Run = tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """Consecutive frames of a channel: how loud they are, and how loud they must be."""

    powers: Powers
    level_db: Powers
    smooth_db: Powers
    """The level of the 10 ms around each frame."""
    background_db: Powers
    drift_db: Powers
    """A frame louder than this speaks for sound, a quieter one for background."""
    audible_db: Powers
    """A frame is audible when the 10 ms around it are louder than this."""
    least_db: float
    """What would be audible if there were no background."""

    @classmethod
    def between(
        cls, powers: Powers, core: Run, before: Background, after: Background, least_db: float
    ) -> Self:
        """Frames around a ``core`` of speech, with the background drawn straight across it.

        Nothing under ``least_db`` is audible.
        """
        frames = np.arange(powers.size)
        level = np.interp(frames, core, (before.level_db, after.level_db))
        audible = np.interp(frames, core, (before.audible_db, after.audible_db))
        # Speech that is just loud enough comes on top of the background.
        least = 10 * np.log10(10 ** (least_db / 10) + 10 ** (level / 10))
        drift = level + _DRIFT * (audible - level)
        return cls(
            powers=powers,
            level_db=to_db(powers),
            smooth_db=to_db(smooth(powers)),
            background_db=level,
            drift_db=np.maximum(drift, least),
            audible_db=np.maximum(audible, least),
            least_db=least_db,
        )

    def backward(self) -> Stretch:
        """In reversed time."""
        return Stretch(
            self.powers[::-1],
            self.level_db[::-1],
            self.smooth_db[::-1],
            self.background_db[::-1],
            self.drift_db[::-1],
            self.audible_db[::-1],
            self.least_db,
        )

    def audible(self) -> Marks:
        """Which frames are audible."""
        return np.asarray(self.smooth_db > self.audible_db)

    def onset(self, first: int) -> int:
        """The frame in which the sound begins whose first audible frame is ``first``."""
        # The loudest frame made the 10 ms around audible: it begins there or before.
        around = slice(max(first - 2, 0), first + 3)
        loudest = around.start + int(np.argmax(self.powers[around]))
        window = slice(max(first - _CHANGE_BEFORE, 0), loudest + 1)
        above_db = self.level_db[window] - self.drift_db[window]
        weights = np.minimum(np.maximum(above_db, _LEAST_DB), _MOST_DB)
        return min(window.start + change_point(weights), loudest)

    def powers_at_onset(self, frame: int) -> tuple[float, float]:
        """Before and after the sound begins in this frame."""
        at = min(frame, self.powers.size - 1)
        background, audible = 10 ** (self.background_db[at] / 10), 10 ** (self.audible_db[at] / 10)
        # Where the background is far below audible, a quarter of audible puts the even point of
        # onset_sample near audible itself.
        return max(background, audible / 4), float(self.powers[at : at + 2].mean())

    def uncertainty_s(self, onset: int, *, is_end: bool = False) -> float:
        """How far the onset in this frame may lie from the truth, 95 times in 100.

        ``is_end``: the stretch is in reversed time.
        """
        near = slice(max(onset - _NEAR, 0), onset + _NEAR)
        off_db = np.abs(self.level_db[near] - self.drift_db[near])
        at = min(onset, self.powers.size - 1)
        hidden_db = max(float(self.audible_db[at]) - self.least_db, 0.0)
        share = _NEAR_SHARE if hidden_db < _HIDDEN_DB[1] else _NEAR_SHARE_HIDDEN
        frames = share * int(np.count_nonzero(off_db < _NEAR_DB)) + float(
            np.interp(hidden_db, _HIDDEN_DB, _END_HIDDEN if is_end else _ONSET_HIDDEN)
        )
        return (_END_S if is_end else _ONSET_S) + frames * FRAME_S


def runs(marks: Marks) -> list[Run]:
    """Begin and end of each run of true values."""
    padded = np.zeros(len(marks) + 2, dtype=np.bool_)
    padded[1:-1] = marks
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(begin, end) for begin, end in edges.reshape(-1, 2).tolist()]


def bridged(found: Iterable[Run], gap: int) -> list[Run]:
    """Runs with gaps of fewer than ``gap`` between them made one."""
    joined: list[Run] = []
    for begin, end in found:
        if joined and begin - joined[-1][1] < gap:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return joined


def onset_sample(samples: Float32, background: float, speech: float) -> int:
    """The sample at which the power changes from ``background`` to ``speech``."""
    if speech <= background * 1.05:
        return len(samples) // 2
    # The likelihood ratio of one sample under the two, without its constant factor.
    even = np.log(speech / background) / (1 / background - 1 / speech)
    return change_point(np.square(samples, dtype=np.float64) - even)


def change_point(weights: Powers) -> int:
    """The point from which on the weights sum to the most."""
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(weights)])))
