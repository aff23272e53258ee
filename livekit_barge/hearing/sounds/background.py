"""Comfort noise, and a gain that follows the talker: what a line does to its own background.

*Comfort noise* is steady noise that sets in and stops within a tenth of a second while nobody
speaks: a room's does neither. *AGC pumping* is a background that climbs by 6 dB and more between
two stretches of speech, more than once.
"""

from __future__ import annotations

import math

import numpy as np

from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.levels import SILENCE_DB, Powers
from livekit_barge.hearing.sounds.block import LONG, Block
from livekit_barge.hearing.sounds.sound import Sound

# A quarter of a second of 50 ms levels within 3 dB is steady; a switch lies between two of these.
_STEADY, _WITHIN_DB, _ACROSS = 5, 3.0, 2
_SWITCH_DB = 10.0
_LOWEST_DB, _HIGHEST_DB = -85.0, -25.0
# Climbs are looked for this far from speech, over half a second at least.
_GUARD_S = 0.2
_CLIMB_DB, _STRAIGHT = 6.0, 0.85
LONG_S = LONG * FRAME_S
_CLIMB_LEAST = round(0.5 / LONG_S)
# Of a longer silence the last part is looked at.
_LONGEST_S = 10.0


class LineBackground:
    """Finds one channel's comfort noise and AGC."""

    def __init__(self) -> None:
        self._levels_db: Powers = np.zeros(0)
        self._dropped = 0
        """The number of levels before them that are no longer kept."""
        self._on_s: float | None = None
        """Since when noise has been on that was switched on."""
        self._noises: list[Sound] = []
        self._climbs: list[Sound] = []

    def hear(self, block: Block) -> None:
        """The next levels."""
        # A switch is judged when what follows it has come.
        seen = min(len(self._levels_db), 2 * _STEADY + _ACROSS - 2)
        first = self._dropped + len(self._levels_db) - seen
        newest = block.long_db[: block.frames // LONG]
        self._levels_db = np.concatenate([self._levels_db, newest])
        for at in switches(self._levels_db[first - self._dropped :]):
            at_s = (first + abs(at)) * LONG * block.frame_s
            if at > 0:
                self._on_s = at_s
            elif self._on_s is not None:
                self._noises.append(Sound("comfort_noise", self._on_s, at_s))
                self._on_s = None

    def between(self, end_s: float, begin_s: float) -> None:
        """Nobody spoke from ``end_s`` to ``begin_s``."""
        end_s = max(end_s, begin_s - _LONGEST_S)
        first = round((end_s + _GUARD_S) / LONG_S) - self._dropped
        last = round((begin_s - _GUARD_S) / LONG_S) - self._dropped
        if last - max(first, 0) < _CLIMB_LEAST:
            return
        if climbed := climb_db(self._levels_db[max(first, 0) : last]):
            self._climbs.append(Sound("agc", end_s, begin_s, f"+{climbed:.0f} dB"))

    def levels_db(self, begin_s: float, end_s: float) -> Powers:
        """The 50 ms levels of a stretch, as far as they are kept."""
        first, last = (max(round(at_s / LONG_S) - self._dropped, 0) for at_s in (begin_s, end_s))
        return self._levels_db[first:last]

    def forget(self, before_s: float) -> None:
        """Levels are asked for at most :data:`_LONGEST_S` before this."""
        first = math.ceil((before_s - _LONGEST_S) / LONG_S)
        drop = min(max(first - self._dropped, 0), len(self._levels_db))
        self._levels_db = self._levels_db[drop:]
        self._dropped += drop

    def found(self) -> list[Sound]:
        """Return what is certain by now: a single climb may be chance."""
        return [*self._noises, *(self._climbs if len(self._climbs) > 1 else [])]


def switches(levels_db: Powers) -> list[int]:
    """The levels at which steady noise sets in; and, as negative numbers, at which it stops."""
    if levels_db.size < 2 * _STEADY + _ACROSS - 1:
        return []
    before = levels_db[_STEADY - 1 : -_STEADY - _ACROSS + 1]
    after = levels_db[_STEADY + _ACROSS - 1 : -_STEADY + 1]
    upper = np.maximum(before, after)
    jumps = np.flatnonzero(
        (np.abs(after - before) >= _SWITCH_DB) & (upper >= _LOWEST_DB) & (upper <= _HIGHEST_DB)
    )
    stretches = jumps[:, None] + np.arange(_STEADY)
    sides = levels_db[np.stack([stretches, stretches + _STEADY + _ACROSS - 1])]
    steady = sides.max(axis=2) - sides.min(axis=2) <= _WITHIN_DB
    return [
        at + _STEADY if after[at] > before[at] else -at - _STEADY
        for at in jumps[steady.all(axis=0)].tolist()
    ]


def climb_db(levels_db: Powers) -> float:
    """Return by how many dB a background climbs without falling back; 0.0 if it does not."""
    if levels_db.size < _CLIMB_LEAST or levels_db.min() <= SILENCE_DB:
        return 0.0
    third = levels_db.size // 3
    climbed = float(levels_db[-third:].mean() - levels_db[:third].mean())
    if climbed < _CLIMB_DB:
        return 0.0
    straight = float(np.corrcoef(np.arange(levels_db.size), levels_db)[0, 1])
    return climbed if straight >= _STRAIGHT else 0.0
