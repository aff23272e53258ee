"""Finds the edges of a sound from its energy, to the sample where possible.

A frame is audible when the 10 ms around it are louder than the background's own spread allows, and
louder than the talker's active level less ``AUDIBLE_MARGIN_DB``. Ten milliseconds are too coarse a
date, so the edge is the change point of a cumulative sum over 2.5 ms frames, and then over samples.
An end is an onset in reversed time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.levels import Background, Powers, smooth, to_db

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
# The frames around the first audible one that its onset depends on: from what is near the earliest
# change point, to what is near the latest.
_FIRST = _CHANGE_BEFORE + _NEAR
_PLACES = np.arange(-_FIRST, 2 + _NEAR)
# A share of a power that is far over what decibels lose by rounding.
_ROUNDING = 1e-9

Marks = npt.NDArray[np.bool_]
Frames = npt.NDArray[np.intp]
Run = tuple[int, int]


class Edge(NamedTuple):
    """An edge of a run, dated to a frame."""

    frame: int
    """The frame of the stretch in which the sound begins, or before which it ends."""
    outside: float
    """The power there without the sound …"""
    inside: float
    """… and with it."""
    uncertainty_s: float
    """The true edge lies within this distance, 95 times in 100."""


@dataclass(frozen=True)
class IslandFrames:
    """Consecutive frames of a channel, around a ``core`` of speech.

    The background is drawn straight across the core. Nothing under ``least_db`` is audible.
    """

    powers: Powers
    core: Run
    before: Background
    after: Background
    least_db: float

    def audible(self) -> Marks:
        """Mark the frames that are audible."""
        smoothed = smooth(self.powers)
        # Mostly the background is the same before and after, and one power tells audible frames
        # from others: decibels are only needed where it differs.
        lowest, highest = self._audible_from()
        marks = np.asarray(smoothed > highest)
        unsure = np.flatnonzero((smoothed > lowest) != marks)
        if unsure.size:
            [audible_db] = _Limits.of([self], unsure[None]).audible_db
            marks[unsure] = to_db(smoothed[unsure]) > audible_db
        return marks

    def _audible_from(self) -> tuple[float, float]:
        """Smoothed powers: nothing up to the one is audible, everything over the other is."""
        sides = self.before, self.after
        lines = [10 ** (side.audible_db / 10) for side in sides]
        leasts = [10 ** (self.least_db / 10) + 10 ** (side.level_db / 10) for side in sides]
        lowest, highest = max(min(lines), min(leasts)), max(*lines, *leasts)
        return lowest * (1 - _ROUNDING), highest * (1 + _ROUNDING)


class _Limits(NamedTuple):
    """The levels that frames must exceed, one row per stretch."""

    background_db: Powers
    drift_db: Powers
    """A frame louder than this speaks for sound, a quieter one for background."""
    audible_db: Powers
    """A frame is audible when the 10 ms around it are louder than this."""

    @classmethod
    def of(cls, stretches: Sequence[IslandFrames], frames: Frames) -> Self:
        """Return the limits for these frames of each stretch."""
        lines = [
            (
                *one.core,
                *(side.level_db for side in (one.before, one.after)),
                *(side.audible_db for side in (one.before, one.after)),
                one.least_db,
            )
            for one in stretches
        ]
        begin, end, *sides, least_db = np.array(lines).T[:, :, None]
        frames = np.minimum(np.maximum(frames, begin), end)
        level, audible = (
            # The end by itself, since it may be missed by a rounding.
            np.where(
                frames == end, after, before + (after - before) / (end - begin) * (frames - begin)
            )
            for before, after in (sides[:2], sides[2:])
        )
        # Speech that is just loud enough comes on top of the background.
        least = 10 * np.log10(10 ** (least_db / 10) + 10 ** (level / 10))
        drift = level + _DRIFT * (audible - level)
        return cls(level, np.maximum(drift, least), np.maximum(audible, least))


def edges(found: Sequence[tuple[IslandFrames, Run]]) -> list[tuple[Edge, Edge]]:
    """Find where runs of audible frames begin and end; many at once, since each is quick."""
    if not found:
        return []
    around = _Around(found)
    begins, ends = slice(len(found)), slice(len(found), None)
    onsets = around.onsets()
    frames = around.first + onsets
    frames[ends] = np.maximum(around.sizes[ends] - frames[ends], frames[begins] + 1)
    onsets[ends] = around.sizes[ends] - frames[ends] - around.first[ends]
    values = (frames, *around.powers_at(onsets), around.uncertainties_s(onsets))
    dated = [Edge(*edge) for edge in zip(*(of.tolist() for of in values), strict=True)]
    return list(zip(dated[begins], dated[ends], strict=True))


class _Around:
    """The frames around edges, a row each: of all begins, and then of all ends, in reversed time.

    Onsets are counted in frames from the first audible one.
    """

    def __init__(self, found: Sequence[tuple[IslandFrames, Run]]) -> None:
        stretches = [stretch for stretch, _ in found] * 2
        self.sizes = np.array([stretch.powers.size for stretch in stretches])
        """The lengths of the stretches, in frames."""
        self.first = np.array([run for _, run in found]).T.reshape(-1)
        """The first audible frames."""
        self._ends = slice(len(found), None)
        self.first[self._ends] = self.sizes[self._ends] - self.first[self._ends]
        self._least_db = np.array([stretch.least_db for stretch in stretches])

        frames = self.first[:, None] + _PLACES
        self._is_there = (frames >= 0) & (frames < self.sizes[:, None])
        """A row may reach beyond its stretch: there, nothing sounds."""
        frames[self._ends] = self.sizes[self._ends, None] - 1 - frames[self._ends]
        begins = self.sizes.cumsum() - self.sizes
        every = np.concatenate([stretch.powers for stretch in stretches])
        powers = every.take(begins[:, None] + frames, mode="clip")
        self._powers = np.where(self._is_there, powers, 0.0)
        self._limits = _Limits.of(stretches, frames)
        above_db = to_db(powers) - self._limits.drift_db
        self._above_db = np.where(self._is_there, above_db, -np.inf)

    def onsets(self) -> Frames:
        """The frames in which the sounds begin."""
        # The loudest frame made the 10 ms around audible: it begins there or before.
        loudest = self._powers[:, _FIRST - 2 : _FIRST + 3].argmax(axis=1) - 2
        weights = np.minimum(np.maximum(self._above_db, _LEAST_DB), _MOST_DB)
        weights[loudest[:, None] < _PLACES] = 0.0
        sums = weights[:, _FIRST - _CHANGE_BEFORE : _FIRST + 3].cumsum(axis=1)
        lowest = sums.argmin(axis=1)
        # Where no sum falls below that of nothing, sound begins as early as it may.
        changed = np.where(sums[np.arange(len(sums)), lowest] < 0, lowest + 1, 0)
        return np.asarray(np.minimum(changed - _CHANGE_BEFORE, loudest))

    def powers_at(self, onsets: Frames) -> tuple[Powers, Powers]:
        """Before and after the sounds begin in these frames."""
        at = np.arange(len(onsets)), _FIRST + onsets
        after = at[0], at[1] + 1
        background, audible = (
            10 ** (db[at] / 10) for db in (self._limits.background_db, self._limits.audible_db)
        )
        sound = (self._powers[at] + self._powers[after]) / (1 + self._is_there[after])
        # Where the background is far below audible, a quarter of audible puts the even point of
        # onset_sample near audible itself.
        return np.maximum(background, audible / 4), sound

    def uncertainties_s(self, onsets: Frames) -> Powers:
        """Return how far onsets in these frames may lie from the truth, 95 times in 100."""
        off = _PLACES - onsets[:, None]
        near = (off >= -_NEAR) & (off < _NEAR) & (np.abs(self._above_db) < _NEAR_DB)
        audible_db = self._limits.audible_db[np.arange(len(onsets)), _FIRST + onsets]
        hidden_db = np.maximum(audible_db - self._least_db, 0.0)
        share = np.where(hidden_db < _HIDDEN_DB[1], _NEAR_SHARE, _NEAR_SHARE_HIDDEN)
        hidden = np.interp(hidden_db, _HIDDEN_DB, _ONSET_HIDDEN)
        hidden[self._ends] = np.interp(hidden_db[self._ends], _HIDDEN_DB, _END_HIDDEN)
        surely_s = np.full(len(onsets), _ONSET_S)
        surely_s[self._ends] = _END_S
        return np.asarray(surely_s + (share * near.sum(axis=1) + hidden) * FRAME_S)


def runs(marks: Marks) -> list[Run]:
    """Begin and end of each run of true values."""
    padded = np.zeros(len(marks) + 2, dtype=np.bool_)
    padded[1:-1] = marks
    edges = (padded[1:] != padded[:-1]).nonzero()[0].tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


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
    even = math.log(speech / background) / (1 / background - 1 / speech)
    return change_point(np.square(samples, dtype=np.float64) - even)


def change_point(weights: Powers) -> int:
    """The point from which on the weights sum to the most."""
    sums = weights.cumsum()
    lowest = int(sums.argmin())
    return lowest + 1 if sums[lowest] < 0 else 0
