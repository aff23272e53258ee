"""Music on hold: sound that hardly pauses, made of pitches that stay where they are.

Speech pauses: its 50 ms levels fall far below their mean (the share of low energy, Saunders 1996).
What does not is looked at closer: its spectrum has lines that stay on their frequency for 0.3 s,
where a voice glides and noise has none.

Speech over soft music hides its lines, and stands out of it: that is speech.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.block import PER_STEP, STEP_FRAMES, Block, thinned, thinning
from livekit_barge.hearing.sounds.hum import Hum, Lines
from livekit_barge.hearing.sounds.sound import Kind, Sound, covered_s
from livekit_barge.hearing.sounds.tones import hann

# Of 50 ms levels, so many must be loud before the spectrum is looked at.
_LOUD_DB, _DIP_DB, _LOUD_SHARE = -55.0, 18.0, 0.7
# Music has tones, but hardly one alone for as long.
_TONE_SHARE = 0.9
# A line stands 6 dB above what is around it; lines are looked for where pitches are.
_ABOVE, _AROUND = 10**0.6, 8
# Lines 50 dB under the loudest are made by rounding to 16 bits.
_FAINT = 10**-5.0
_LOWEST_HZ, _HIGHEST_HZ, _BIN_HZ = 150.0, 2500.0, 10.0
# Three seconds of music hold half a steady line and more on average, and some in most of their
# halves; speech of every voice of the tuning corpus holds a tenth of that.
_STEPS, _LINES, _SOME, _SOME_STEPS = 6, 0.5, 0.2, 4
# A burst of this length with fewer lines than one, so far over the softest tenth of the music, is
# speech: of the clips of music on hold, at three speeds, one stretch of 20 is as much. Hum varies
# less.
_SPOKEN_S, _SPOKEN_LINES, _SOFTEST = 0.3, 1.0, 0.1
_SPOKEN_DB: dict[Kind, float] = {"music": 12.0, "hum": 6.0}


class Music:
    """Finds one channel's music."""

    def __init__(self, channel: Channel) -> None:
        self._by = thinning(channel.rate, channel.frame)
        self._window = round(channel.rate / self._by / _BIN_HZ) * self._by
        """Samples in 0.1 s, as far as they can be thinned …"""
        self._count = STEP_FRAMES * channel.frame // self._window
        """… and how many such windows a step has."""
        self._lines: deque[float] = deque(maxlen=_STEPS)
        self._begins_s: deque[float] = deque(maxlen=_STEPS)
        self._known: deque[tuple[float, float, float]] = deque()
        """Each step that a burst may still meet: its beginning, its end and its count of lines."""
        self._hum = Hum()
        self._music_until_s = 0.0
        self.decided_s = 0.0
        """Before this nothing will turn out to have been music, or hum."""

    def hear(self, block: Block, tones: Sequence[Sound]) -> list[Sound]:
        """Each three seconds that are music; ``tones`` are none."""
        bounds_s = [block.at_s(step * STEP_FRAMES) for step in range(block.steps + 1)]
        asked = self._asked(block, bounds_s, tones)
        with_lines = self._look(block, asked)
        found: list[Sound] = []
        for step, (begin_s, end_s) in enumerate(pairwise(bounds_s)):
            count = 0.0
            if step in with_lines:
                lines = self._hum.take_out(*with_lines[step], _LOWEST_HZ)
                found += self._hum.hear(begin_s, end_s)
                count = float(np.count_nonzero(lines)) / len(lines)
            elif step in asked:
                self._hum.miss()
            else:
                self._hum.pause()
            self._lines.append(count)
            self._begins_s.append(begin_s)
            self._known.append((begin_s, end_s, count))
            found += self._music(end_s)
        self._decide(bounds_s[-1])
        return found

    def _asked(self, block: Block, bounds_s: Sequence[float], tones: Sequence[Sound]) -> list[int]:
        """Return the steps that sound without a pause and are not tones."""
        levels = block.long_db.reshape(-1, PER_STEP)
        loud = levels > np.maximum(_LOUD_DB, levels.mean(axis=1, keepdims=True) - _DIP_DB)
        goes_on = np.flatnonzero(np.count_nonzero(loud, axis=1) >= _LOUD_SHARE * PER_STEP)
        return [
            step
            for step in goes_on.tolist()
            if not tones or not _is_tone(tones, *bounds_s[step : step + 2])
        ]

    def _look(self, block: Block, asked: Sequence[int]) -> dict[int, tuple[Powers, Lines]]:
        """Return the spectra and the lines of the steps in which lines stay."""
        if not asked:
            return {}
        steps = block.samples.reshape(block.steps, -1)[asked, : self._count * self._window]
        thin = thinned(steps.reshape(-1), self._by)
        powers = spectra(thin.reshape(len(asked), self._count, -1))
        lines = steady_lines(powers)
        stays = np.flatnonzero(lines.any(axis=(1, 2))).tolist()
        return {asked[row]: (powers[row], lines[row]) for row in stays}

    def is_spoken_over(
        self, kind: Kind, begin_s: float, end_s: float, level_dbfs: float, levels_db: Powers
    ) -> bool:
        """Return whether a burst of this level, in music or hum of those levels, is speech."""
        met = [
            lines for step_s, ends_s, lines in self._known if step_s < end_s and ends_s > begin_s
        ]
        if end_s - begin_s < _SPOKEN_S or not met or not levels_db.size:
            return False
        over_db = level_dbfs - float(np.quantile(levels_db, _SOFTEST))
        return sum(met) / len(met) < _SPOKEN_LINES and over_db >= _SPOKEN_DB[kind]

    def forget(self, before_s: float) -> None:
        """No burst that begins before is asked for any more."""
        while self._known and self._known[0][1] <= before_s:
            self._known.popleft()

    def _music(self, end_s: float) -> list[Sound]:
        """The last three seconds, from the first half of one with lines to the last."""
        if not _is_music(self._lines):
            return []
        some = [n for n, lines in enumerate(self._lines) if lines >= _SOME]
        ends_s = [*list(self._begins_s)[1:], end_s]
        self._music_until_s = max(self._music_until_s, ends_s[some[-1]])
        return [Sound("music", self._begins_s[some[0]], ends_s[some[-1]])]

    def _decide(self, now_s: float) -> None:
        """Set how far the answer is final: lines, and what follows them, may yet become music."""
        recent = list(zip(self._begins_s, self._lines, strict=True))
        if len(recent) == _STEPS:
            recent = recent[1:]
        first_s = min((begin_s for begin_s, lines in recent if lines >= _SOME), default=now_s)
        decided_s = max(first_s, min(self._music_until_s, now_s))
        self.decided_s = min(decided_s, self._hum.may_begin_s)


def spectra(windows: Float32) -> Powers:
    """Return the power spectra of windows of 0.1 s, in bins of 10 Hz."""
    spectra = np.fft.rfft(windows * hann(windows.shape[-1]))
    spectra = spectra[..., : int(_HIGHEST_HZ / _BIN_HZ) + _AROUND]
    return np.square(spectra.real) + np.square(spectra.imag)


def steady_lines(powers: Powers) -> Lines:
    """Mark the lines that stay on their frequency for 0.3 s, in bins of 10 Hz from 150 Hz on."""
    low, high = int(_LOWEST_HZ / _BIN_HZ), int(_HIGHEST_HZ / _BIN_HZ)
    sums = np.cumsum(powers, axis=2)
    around = sums[..., low + _AROUND :] - sums[..., low - _AROUND - 1 : high - _AROUND - 1]
    inner = powers[..., low:high]
    line = inner > _ABOVE / (2 * _AROUND + 1) * around
    line &= inner > _FAINT * inner.max(axis=(1, 2), keepdims=True, initial=0.0)
    line &= inner >= powers[..., low - 1 : high - 1]
    line &= inner >= powers[..., low + 1 : high + 1]
    return np.asarray(line[:, :-2] & line[:, 1:-1] & line[:, 2:])


def _is_tone(tones: Sequence[Sound], begin_s: float, end_s: float) -> bool:
    return covered_s(tones, begin_s, end_s) >= _TONE_SHARE * (end_s - begin_s)


def _is_music(lines: Sequence[float]) -> bool:
    return (
        sum(lines) >= _LINES * _STEPS
        and len(lines) == _STEPS
        and sum(one >= _SOME for one in lines) >= _SOME_STEPS
    )
