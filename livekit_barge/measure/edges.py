"""Where audible speech begins and ends: from energy, to the sample where it can be.

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
from livekit_barge.measure.levels import SMOOTH_FRAMES, Background, Powers, smooth, to_db

# D: speech this far below its talker's active level no longer counts as audible. 35 dB keeps weak
# consonants and leaves breath and room tails. Every figure depends on it: 10 dB more move the edges
# of natural speech by 10 ms.
AUDIBLE_MARGIN_DB = 35.0
# Sound outside what Silero marked belongs to it if no more than this lies between: 60 ms, the
# closure of a stop consonant.
OUTWARD_GAP = round(0.06 / FRAME_S)
# How far before the first audible frame the change point may lie.
_CHANGE_BEFORE = round(0.06 / FRAME_S)
# The sum falls while frames are below 0.7 of the way from the background to what stands out of it;
# no frame weighs more than a few typical ones.
_DRIFT = 0.7
_LEAST_DB, _MOST_DB = -6.0, 10.0

# Uncertainty: half the frames within 30 ms that are this near the line, and how long the sound
# takes to rise by 10 dB, if it does within 60 ms.
_NEAR, _NEAR_DB = round(0.03 / FRAME_S), 3.0
_RISE, _RISE_DB = round(0.06 / FRAME_S), 10.0
# Sounds fade more slowly the further they have faded; after 0.2 s it is another sound.
_FLATTER, _HIDDEN_MOST = 1.3, round(0.2 / FRAME_S)
# The sharpest edges are dated to this.
SHARP_S = 0.001

Marks = npt.NDArray[np.bool_]
Run = tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """Consecutive frames of a channel."""

    powers: Powers
    background_db: Powers
    drift_db: Powers
    """A frame louder than this speaks for sound, a quieter one for background."""
    audible_db: Powers
    """Louder than this over 10 ms is audible."""
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
        return cls(powers, level, np.maximum(drift, least), np.maximum(audible, least), least_db)

    def backward(self) -> Stretch:
        """In reversed time."""
        return Stretch(
            self.powers[::-1],
            self.background_db[::-1],
            self.drift_db[::-1],
            self.audible_db[::-1],
            self.least_db,
        )

    def audible(self) -> Marks:
        """Which frames are audible."""
        return np.asarray(to_db(smooth(self.powers)) > self.audible_db)

    def onset(self, first: int) -> int:
        """The frame in which the sound begins whose first audible frame is ``first``."""
        # The loudest frame made the 10 ms around audible: it begins there or before.
        around = slice(max(first - 1, 0), first + SMOOTH_FRAMES - 1)
        loudest = around.start + int(np.argmax(self.powers[around]))
        window = slice(max(first - _CHANGE_BEFORE, 0), loudest + 1)
        weights = to_db(self.powers[window]) - self.drift_db[window]
        weights = np.clip(weights, _LEAST_DB, _MOST_DB)
        return min(window.start + change_point(weights), loudest)

    def uncertainty_s(self, onset: int) -> float:
        """How far the onset in this frame may lie from the truth, 95 times in 100."""
        levels = to_db(self.powers[max(onset - _NEAR, 0) : onset + _NEAR])
        drift = self.drift_db[max(onset - _NEAR, 0) : onset + _NEAR]
        wavering = np.count_nonzero(np.abs(levels - drift) < _NEAR_DB) / 2
        # What the background hides, had it the slope of what can be heard.
        at = min(onset, self.powers.size - 1)
        rise = to_db(smooth(self.powers[at : at + _RISE])) - self.audible_db[at]
        reached = int(np.argmax(rise >= _RISE_DB)) if rise.max() >= _RISE_DB else int(rise.argmax())
        frames_a_db = (reached + 1) / max(float(rise[reached]), 1.0)
        hidden_db = max(float(self.audible_db[at]) - self.least_db, 0.0)
        hidden = min(_FLATTER * frames_a_db * hidden_db, _HIDDEN_MOST)
        return SHARP_S + (wavering + hidden) * FRAME_S


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
