"""DTMF digits, by Goertzel's projections on the eight frequencies of ITU-T Q.23.

In windows of 20 ms, the strongest tone of each group must hold nearly all of the energy together,
no more than 10 dB apart, and be the same digit in at least two windows 10 ms apart. Windows are
looked at where the level has been steady for 30 ms, so a digit of 50 ms is always found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.block import SHORT, Block, thinned, thinning
from livekit_barge.hearing.sounds.sound import Sound

KEYS = "123A456B789C*0#D"
_GROUPS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
# Q.24 wants digits within 1.5 % of their frequency: the projection of 20 ms then keeps 0.75 of it.
_SHARE, _TWIST = 0.65, 10.0 ** (10.0 / 10)
_LOUD_DB, _STEADY_DB = -55.0, 2.0
_LEAST = 2
# So many windows at once are a product too small for OpenBLAS to share among threads.
_AT_ONCE = 64
# A window is the third and the fourth level of those that its steadiness is judged by.
_BACK = 2
_NONE = np.zeros(0, dtype=np.int64)

Marks = npt.NDArray[np.bool_]


@dataclass
class _DigitRun:
    """One digit that may go on: its windows, counted from the start of the call."""

    digit: int
    begin: int
    end: int


class Dtmf:
    """Finds one channel's digits."""

    def __init__(self, channel: Channel) -> None:
        self._by = thinning(channel.rate, channel.frame)
        self._rate = channel.rate / self._by
        self._short = SHORT * channel.frame
        self._short_s = self._short / channel.rate
        self._before: Float32 = np.zeros(self._short, dtype=np.float32)
        """The last 10 ms, for a window across two blocks."""
        self._before_db: Powers = np.full(_BACK, -200.0)
        self._run: _DigitRun | None = None

    def hear(self, block: Block) -> list[Sound]:
        """The digits that have ended."""
        levels = np.concatenate([self._before_db, block.short_db])
        loud = levels > _LOUD_DB
        steady = (np.abs(np.diff(levels)) < _STEADY_DB) & loud[1:] & loud[:-1]
        found: list[Sound] = []
        first = block.first // SHORT - 1
        for at, digit in self._digits(block, _not_alone(steady[1:] & steady[:-1])):
            found += self._add(digit, first + at)
        self._before = block.samples[-self._short :].copy()
        self._before_db = levels[-_BACK:]
        if self._run is not None and self._run.end < (block.first + block.powers.size) // SHORT - 1:
            found += self.finish()
        return found

    def finish(self) -> list[Sound]:
        """The digit that no window carries on."""
        found = self.open()
        self._run = None
        return found

    def open(self) -> list[Sound]:
        """The digit that may go on."""
        run = self._run
        if run is None or run.end - run.begin < _LEAST:
            return []
        # The level was steady for 10 ms before the first window, and a window is 20 ms long.
        begin_s, end_s = (run.begin - 1) * self._short_s, (run.end + 1) * self._short_s
        return [Sound("dtmf", round(begin_s, 3), round(end_s, 3), KEYS[run.digit])]

    def _add(self, digit: int, window: int) -> list[Sound]:
        run = self._run
        if run is not None and digit == run.digit and window == run.end:
            run.end += 1
            return []
        ended = self.finish()
        self._run = _DigitRun(digit, window, window + 1)
        return ended

    def _digits(self, block: Block, wanted: Marks) -> list[tuple[int, int]]:
        """The windows that are digits, and which: of those ``wanted``, one every 10 ms.

        The first begins 10 ms before the block. Of two in a row, without which no digit is told,
        one begins at a multiple of 20 ms; the others are looked at only beside such a one.
        """
        pairs = block.samples.reshape(-1, 2 * self._short)
        some = np.flatnonzero(wanted[1::2])
        heard = np.full(wanted.size, -1)
        heard[1 + 2 * some] = self._heard(pairs[some])
        beside = heard[1::2] >= 0
        carried = self._run is not None and self._run.end == block.first // SHORT - 1
        if carried or beside.any():
            before = np.concatenate([[carried], beside[:-1]])
            some = np.flatnonzero(wanted[::2] & (before | beside))
            audio = np.concatenate([self._before, block.samples[: -self._short]])
            heard[2 * some] = self._heard(audio.reshape(pairs.shape)[some])
        return [(at, int(heard[at])) for at in np.flatnonzero(heard >= 0).tolist()]

    def _heard(self, windows: Float32) -> npt.NDArray[np.int64]:
        """As :func:`digits`, of windows that are not thinned yet."""
        size = windows.shape[1] // self._by
        thin = thinned(windows.reshape(-1), self._by).reshape(-1, size)
        parts = [thin[at : at + _AT_ONCE] for at in range(0, len(thin), _AT_ONCE)]
        return np.concatenate([_NONE, *(digits(part, self._rate) for part in parts)])


def _not_alone(wanted: Marks) -> Marks:
    """Mark the wanted windows, except those that no neighbour can complete to a digit."""
    near = np.ones(wanted.size + 2, dtype=np.bool_)  # what lies across an end may be one
    near[1:-1] = wanted
    return wanted & (near[:-2] | near[2:])


def digits(windows: Float32, rate: float) -> npt.NDArray[np.int64]:
    """Return each window's place in :data:`KEYS`, or −1; ``windows`` has the shape (n, size)."""
    # A row a frequency: of a few in each of many rows, the strongest takes long to find.
    projected = np.square(_basis(windows.shape[1], rate) @ windows.T)
    energy = projected[:8] + projected[8:]
    lows, highs = energy[:4].max(axis=0), energy[4:].max(axis=0)
    whole = np.einsum("ij,ij->i", windows, windows)
    good = (lows + highs >= _SHARE * whole) & (lows <= _TWIST * highs) & (highs <= _TWIST * lows)
    found = np.full(len(windows), -1)
    some = np.flatnonzero(good & (whole > 0))
    if some.size:
        found[some] = energy[:4, some].argmax(axis=0) * 4 + energy[4:, some].argmax(axis=0)
    return found


@cache
def _basis(size: int, rate: float) -> Float32:
    """Cosines and sines of the eight frequencies, (16, size), each of unit energy."""
    phase = 2 * np.pi * np.outer(np.concatenate(_GROUPS), np.arange(size)) / rate
    both = np.concatenate([np.cos(phase), np.sin(phase)]) * np.sqrt(2 / size)
    return np.asarray(both, dtype=np.float32)
