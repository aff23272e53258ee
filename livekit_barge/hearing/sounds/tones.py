"""Steady tones, such as those by which a line says what it does: ringback, busy, a fax.

One or two lines that hold nearly all of the energy of 0.1 s, the same ones for 0.2 s or more.
Looked for only where the level is steady over 50 ms, and above the quietest of the last seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.block import LONG, PER_STEP, Block, thinned, thinning
from livekit_barge.hearing.sounds.sound import Kind, Sound

_NAMES = (
    ((440, 480), "ringback"),
    ((400, 450), "ringback"),
    ((425,), "ringback"),
    ((350, 440), "dial tone"),
    ((480, 620), "busy"),
    ((1100,), "fax"),
    ((2100,), "fax"),
)
_LEAST_DB, _STEADY_DB, _ABOVE_DB = -55.0, 1.5, 6.0
# Steps, of 0.5 s.
_REMEMBERED = 20
# A Hann window's main lobe, and a tone between two bins.
_LINE_BINS, _LINES_SHARE, _SECOND_SHARE = 2, 0.9, 0.05
# Lower lines, and lines in the ratio of harmonics, may be a voice's own, as in "mm".
_LOWEST_HZ, _HARMONIC = 330.0, (1.5, 2.0, 3.0)
_SAME_HZ = 12.0


@dataclass
class _ToneRun:
    """A tone that may go on: its tenths of a second, counted from the start of the call."""

    lines: tuple[float, ...]
    begin: int
    end: int


class Tones:
    """Finds one channel's tones."""

    def __init__(self, channel: Channel) -> None:
        self._by = thinning(channel.rate, channel.frame)
        self._rate = channel.rate / self._by
        self._tenth = 2 * LONG * channel.frame
        self._tenth_s = self._tenth / channel.rate
        self._quietest_db: deque[float] = deque(maxlen=_REMEMBERED)
        """The quietest level of each of the last steps."""
        self._before_db: Powers = np.full((1, 2), -200.0)
        self._run: _ToneRun | None = None

    def hear(self, block: Block) -> list[Sound]:
        """The tones that have ended."""
        pairs = np.concatenate([self._before_db, block.long_db.reshape(-1, 2)])
        self._before_db = pairs[-1:]
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        steady = (low > _LEAST_DB) & (high - low < _STEADY_DB)
        same = np.abs(low[1:] - low[:-1]) < _STEADY_DB
        found: list[Sound] = []
        quietest = block.long_db.reshape(-1, PER_STEP).min(axis=1).tolist()
        known = 0
        first = block.first // (2 * LONG)
        spent = -1
        for at in np.flatnonzero(steady[1:] & steady[:-1] & same).tolist():
            step = at * 2 // PER_STEP
            self._quietest_db.extend(quietest[known:step])
            known = step
            if self._run is not None and self._run.end < first + at:
                found += self.finish()
            least_db = min(self._quietest_db, default=-200.0) + _ABOVE_DB
            if self._run is None and (step == spent or low[at + 1] < least_db):
                continue
            window = block.samples[at * self._tenth : (at + 1) * self._tenth]
            lines = lines_hz(thinned(window, self._by), self._rate)
            found += self._add(lines, first + at)
            # Steady and no tone: what follows in this step is likely no other.
            spent = spent if lines else step
        self._quietest_db.extend(quietest[known:])
        if self._run is not None and self._run.end < first + len(pairs) - 1:
            found += self.finish()
        return found

    def finish(self) -> list[Sound]:
        """The tone that nothing carries on."""
        found = self.open()
        self._run = None
        return found

    def open(self) -> list[Sound]:
        """The tone that may go on."""
        run = self._run
        if run is None:
            return []
        name = name_of(run.lines)
        kind: Kind = "ringback" if name == "ringback" else "tone"
        hz = " + ".join(f"{line:.0f}" for line in run.lines) + " Hz"
        detail = hz if name in ("ringback", "tone") else f"{name} {hz}"
        begin_s, end_s = run.begin * self._tenth_s, run.end * self._tenth_s
        return [Sound(kind, round(begin_s, 3), round(end_s, 3), detail)]

    def _add(self, lines: tuple[float, ...], tenth: int) -> list[Sound]:
        run = self._run
        if run is not None and lines and _same(run.lines, lines):
            run.end = tenth + 1
            return []
        ended = self.finish()
        if lines:  # the tenth before was as steady
            self._run = _ToneRun(lines, tenth - 1, tenth + 1)
        return ended


def lines_hz(window: Float32, rate: float) -> tuple[float, ...]:
    """The one or two lines that hold nearly all of a window's energy; empty: it is not a tone."""
    powers: Powers = np.square(np.abs(np.fft.rfft(window * hann(len(window)))))
    powers[:2] = 0.0
    whole = float(powers.sum())
    found: list[float] = []
    held = 0.0
    for _ in range(2):
        at = int(powers.argmax())
        begin = max(at - _LINE_BINS, 0)
        near = powers[begin : at + _LINE_BINS + 1]
        weight = float(near.sum())
        if whole <= 0 or weight < _SECOND_SHARE * whole:
            break
        centre = float((near * np.arange(len(near))).sum()) / weight
        found.append((begin + centre) * rate / len(window))
        held += weight
        near[:] = 0.0
    lines = tuple(sorted(found))
    return lines if held >= _LINES_SHARE * whole and lines and not _of_a_voice(lines) else ()


def name_of(lines: tuple[float, ...]) -> str:
    """``ringback``, ``busy``, …; ``tone``: it says nothing."""
    return next((name for hz, name in _NAMES if _same(hz, lines)), "tone")


def _of_a_voice(lines: tuple[float, ...]) -> bool:
    ratio = lines[-1] / lines[0]
    harmonic = any(abs(ratio / known - 1) < 0.03 for known in _HARMONIC)
    return lines[0] < _LOWEST_HZ or (len(lines) == 2 and harmonic)


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) < _SAME_HZ for a, b in zip(one, other, strict=True)
    )


@cache
def hann(size: int) -> Float32:
    """The taper of a window."""
    return np.hanning(size).astype(np.float32)
