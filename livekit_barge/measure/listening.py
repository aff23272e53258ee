"""Which stretches of a channel Silero hears as speech: *islands*, to within a tenth of a second.

Silero is run only near sound that stands out from the channel's floor, on audio brought to a level
at which it hears well. Every step is on a fixed grid of windows, so the islands do not depend on
how the audio was cut.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import soxr

from livekit_barge.call.audio import Float32
from livekit_barge.measure.levels import Powers, in_db
from livekit_barge.measure.silero import (
    BLOCK_WINDOWS,
    CONTEXT,
    SILERO_RATE,
    WINDOW,
    WINDOW_S,
    Silero,
)

# Silero's own advice for where speech starts and where it stops.
ARM, RELEASE = 0.5, 0.35
# An island of one window must be this sure.
SURE = 0.8
# Islands less than 120 ms apart are one: an island ends with four windows below release.
JOIN_WINDOWS = 4
# The gate opens for a window with half its slices this far above the floor, and for so many windows
# before it, in which Silero warms up, and after it, in which Silero hears the sound end.
GATE_DB = 4.0
GATE_WINDOWS = 4
# The gate looks at so many windows at a time: 0.5 s.
GATE_STEP = 16
# Nothing quieter than this is heard as speech, whatever the floor.
GATE_LEAST_DB = -72.0
# The floor is exceeded nine tenths of the last five seconds.
FLOOR_WINDOWS = round(5.0 / WINDOW_S)
FLOOR_QUANTILE = 0.1
# Silero misses speech below −45 dBFS. Speech whose loudest slices have −18 dBFS has about −23.
GAIN_TO_DB, GAIN_LEAST_DB, GAIN_MOST_DB = -18.0, -12.0, 30.0
# How many windows back the loudest slice counts for the gain: a second.
GAIN_WINDOWS = 32

# A window's level is looked at in slices of 8 ms.
_SLICES = 4


@dataclass(frozen=True)
class Island:
    """A run of windows that Silero hears as speech: ``[begin, end)``."""

    begin: int
    end: int


@dataclass
class _Open:
    """An island that may go on."""

    begin: int
    end: int = 0
    windows: int = 0
    peak: float = 0.0

    def add(self, window: int, probability: float) -> None:
        self.end = window + 1
        self.windows += 1
        self.peak = max(self.peak, probability)


class Listening:
    """Takes a channel's audio; finds islands."""

    def __init__(self, sample_rate: int) -> None:
        self._resample = (
            None
            if sample_rate == SILERO_RATE
            else soxr.ResampleStream(sample_rate, SILERO_RATE, 1, dtype="float32", quality="LQ")
        )
        self._silero = Silero()
        self._audio = np.zeros(CONTEXT, dtype=np.float32)
        """The windows from ``_kept`` on, at 16 kHz, with the context of the first in front."""
        self._kept = 0
        self._powers: Powers = np.zeros((0, _SLICES))
        """The slices of the last windows, for the floor and the gain."""
        self._gated = 0
        """How many windows the gate has looked at."""
        self._hot: deque[int] = deque()
        """Those of them that stand out, from ``_passed`` on."""
        self._last_hot = -GATE_WINDOWS - 1
        self._loudest: dict[int, float] = {}
        """The loudest slice in the second before each window that Silero may hear."""
        self._passed = 0
        """How many windows have been let through or held back."""
        self.heard = 0
        """How many windows are known to be speech or not."""
        self._island: _Open | None = None

    @property
    def open_from(self) -> int | None:
        """The first window of an island that may go on, if there is one."""
        return None if self._island is None else self._island.begin

    def push(self, samples: Float32) -> list[Island]:
        """The islands that have ended. The samples must come in the same pieces every time."""
        if self._resample is None:
            return self._take(samples)
        return self._take(self._resample.resample_chunk(samples))

    def finish(self) -> list[Island]:
        """The islands left at the end of the audio."""
        rest = np.zeros(0, dtype=np.float32)
        if self._resample is not None:
            rest = self._resample.resample_chunk(rest, last=True)
        # Silence up to the end of a step of the gate, and as much as the gate looks ahead.
        at = self._kept * WINDOW + len(self._audio) - CONTEXT + len(rest)
        padding = -at % (GATE_STEP * WINDOW) + GATE_STEP * WINDOW
        islands = self._take(np.concatenate([rest, np.zeros(padding, dtype=np.float32)]))
        self._hear(islands, self._passed)
        self._release(islands)
        return islands

    def _take(self, samples: Float32) -> list[Island]:
        self._audio = np.concatenate([self._audio, samples])
        islands: list[Island] = []
        step = GATE_STEP * WINDOW
        while (begin := (self._gated - self._kept) * WINDOW + CONTEXT) + step <= len(self._audio):
            self._gate(self._audio[begin : begin + step])
            while self._passed < self._gated - GATE_WINDOWS:
                self._pass(islands)
        self._audio = self._audio[(self.heard - self._kept) * WINDOW :]
        self._kept = self.heard
        return islands

    def _gate(self, samples: Float32) -> None:
        """Find which of the next windows stand out."""
        slices = samples.reshape(-1, WINDOW // _SLICES)
        powers = np.einsum("ij,ij->i", slices, slices).astype(np.float64).reshape(-1, _SLICES)
        powers /= WINDOW // _SLICES
        self._powers = np.concatenate([self._powers, powers])[-FLOOR_WINDOWS:]
        ranked = np.partition(
            self._powers.reshape(-1), index := int(FLOOR_QUANTILE * self._powers.size)
        )
        least_db = max(in_db(ranked[index]) + GATE_DB, GATE_LEAST_DB)
        hot = (powers > 10 ** (least_db / 10)).sum(axis=1) >= _SLICES // 2
        self._hot += (self._gated + np.flatnonzero(hot)).tolist()
        loudest = float(self._powers[-GAIN_WINDOWS:].max())
        for window in range(self._gated, self._gated + len(hot)):
            self._loudest[window] = loudest
        self._gated += len(hot)

    def _pass(self, islands: list[Island]) -> None:
        """Let the next window through the gate, or hold it back."""
        window = self._passed
        while self._hot and self._hot[0] <= window:
            self._last_hot = self._hot.popleft()
        after = window - self._last_hot <= GATE_WINDOWS
        before = bool(self._hot) and self._hot[0] - window <= GATE_WINDOWS
        if after or before:
            self._passed += 1
            if self._passed - self.heard == BLOCK_WINDOWS:
                self._hear(islands, self._passed)
            return
        if self.heard < window:
            self._hear(islands, window)
        self._silero.reset()
        self._passed = self.heard = window + 1
        self._loudest.pop(window, None)
        self._judge(islands, window, 0.0)

    def _hear(self, islands: list[Island], until: int) -> None:
        """Have Silero hear the windows that wait."""
        begin, count = self.heard, until - self.heard
        if count == 0:
            return
        offset = (begin - self._kept) * WINDOW
        audio = self._audio[offset : offset + CONTEXT + count * WINDOW]
        loudest = max(self._loudest.pop(window) for window in range(begin, until))
        gain_db = min(max(GAIN_TO_DB - in_db(loudest), GAIN_LEAST_DB), GAIN_MOST_DB)
        probabilities = self._silero.probabilities(audio * np.float32(10 ** (gain_db / 20)))
        self.heard = until
        for window, probability in enumerate(probabilities.tolist(), begin):
            self._judge(islands, window, probability)

    def _judge(self, islands: list[Island], window: int, probability: float) -> None:
        """Begin an island, carry it on, or end it."""
        island = self._island
        if island is None:
            if probability >= ARM:
                self._island = _Open(window)
                self._island.add(window, probability)
        elif probability >= RELEASE:
            island.add(window, probability)
        elif window - island.end + 1 >= JOIN_WINDOWS:
            self._release(islands)

    def _release(self, islands: list[Island]) -> None:
        """End the island, if there is one."""
        island, self._island = self._island, None
        if island is not None and (island.windows >= 2 or island.peak >= SURE):
            islands.append(Island(island.begin, island.end))
