"""Where audible speech begins and ends: from energy, to the sample where it can be.

A frame is audible when the 10 ms around it are louder than the background's own spread allows, and
louder than the talker's active level less ``AUDIBLE_MARGIN_DB``. Ten milliseconds are too coarse a
date, so the edge is the change point of a cumulative sum over 2.5 ms frames, and then over samples.
An end is an onset in reversed time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.measure.channel import FRAME_S
from livekit_barge.measure.levels import Powers, smooth, to_db

# D: speech this far below its talker's active level no longer counts as audible. 35 dB keeps weak
# consonants and leaves breath and room tails. Every figure depends on it: 10 dB more move the edges
# of natural speech by 10 ms.
AUDIBLE_MARGIN_DB = 35.0
# Sound outside what Silero marked belongs to it if no more than this lies between: 60 ms, the
# closure of a stop consonant.
OUTWARD_GAP = round(0.06 / FRAME_S)
# How far from the first audible frame the change point may lie.
_CHANGE_BEFORE, _CHANGE_AFTER = round(0.06 / FRAME_S), round(0.015 / FRAME_S)
# The sum falls while frames are below 0.7 of the way from the background to audible; no frame
# weighs more than a few typical ones.
_DRIFT = 0.7
_LEAST_DB, _MOST_DB = -6.0, 10.0

Marks = npt.NDArray[np.bool_]
Run = tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """Consecutive frames of a channel."""

    powers: Powers
    background_db: Powers
    audible_db: Powers
    """Louder than this over 10 ms is audible."""

    def backward(self) -> Stretch:
        """In reversed time."""
        return Stretch(self.powers[::-1], self.background_db[::-1], self.audible_db[::-1])

    def audible(self) -> Marks:
        """Which frames are audible."""
        return np.asarray(to_db(smooth(self.powers)) > self.audible_db)

    def onset(self, first: int) -> int:
        """The frame in which the sound begins whose first audible frame is ``first``."""
        begin = max(first - _CHANGE_BEFORE, 0)
        window = slice(begin, first + _CHANGE_AFTER)
        background, audible = self.background_db[window], self.audible_db[window]
        # Far above the background the rise to audible is no part of the sound.
        near = audible - background < 8.5
        drift = np.where(near, background + _DRIFT * (audible - background), audible)
        weights = np.clip(to_db(self.powers[window]) - drift, _LEAST_DB, _MOST_DB)
        return begin + change_point(weights)


def runs(marks: Marks) -> list[Run]:
    """Begin and end of each run of true values."""
    edges = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
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
