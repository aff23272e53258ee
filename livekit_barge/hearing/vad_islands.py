"""Finds the stretches that Silero hears as speech, *islands*, to within a tenth of a second.

Silero runs only on what the prefilter lets through (``vad_prefilter``), and starts anew after what
the prefilter holds back. So the stretches between are heard side by side, as many as there are.
Every step is on a fixed grid of windows and no stretch depends on another, so the islands do not
depend on how the audio was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.edges import Run, runs
from livekit_barge.hearing.silero.network import (
    BLOCK,
    CONTEXT,
    HEARD,
    SILERO_RATE,
    WINDOW,
    WINDOW_S,
    NetworkState,
    WindowRun,
    probabilities,
)
from livekit_barge.hearing.vad_prefilter import GATE_STEP, Marks, VadPrefilter

# Silero's own advice for where speech starts and where it stops.
ARM, RELEASE = 0.5, 0.35
# An island of one window must be this sure.
SURE = 0.8
# Islands less than 120 ms apart are one: an island ends with four windows below release.
JOIN_WINDOWS = 4

_STEP = GATE_STEP * WINDOW


@dataclass(frozen=True)
class Island:
    """A run of windows that Silero hears as speech: ``[begin, end)``."""

    begin: int
    end: int
    peak: float = field(default=1.0, compare=False)
    """Silero's highest probability in it."""


@dataclass
class _OpenIsland:
    """An island that may continue."""

    begin: int
    end: int = 0
    windows: int = 0
    peak: float = 0.0

    def add(self, end: int, probabilities: Float32) -> None:
        """The windows before ``end``."""
        self.end = end
        self.windows += len(probabilities)
        self.peak = max(self.peak, float(probabilities.max()))

    @property
    def is_one(self) -> bool:
        """Return whether its windows are enough for an island."""
        return self.windows >= 2 or self.peak >= SURE


class IslandFinder:
    """Takes a channel's audio and finds its islands.

    ``patience_s``: for how long audio may be left to wait, so that more stretches are heard at
    once, which is cheaper.
    """

    def __init__(self, sample_rate: int, patience_s: float = 0.0) -> None:
        self._resample = (
            None
            if sample_rate == SILERO_RATE
            else soxr.ResampleStream(sample_rate, SILERO_RATE, 1, dtype="float32", quality="LQ")
        )
        self._patience = round(patience_s / WINDOW_S)
        self._gate = VadPrefilter()
        self._audio = [np.zeros(CONTEXT, dtype=np.float32)]
        """From the next window to hear on, at 16 kHz, with its context in front; in pieces."""
        self._ungated = np.zeros(0, dtype=np.float32)
        """The audio that the gate has not looked at yet."""
        self._through: Marks = np.zeros(0, dtype=np.bool_)
        """The windows that the gate lets through, from the next one to hear, as far as known."""
        self._gains = np.zeros(0, dtype=np.float32)
        self._memory: NetworkState | None = None
        """The memory of the stretch that the next window continues, if it does."""
        self.heard = 0
        """The number of windows already known to be speech or not."""
        self._island: _OpenIsland | None = None

    @property
    def known(self) -> int:
        """Before this window no island can begin any more but those handed out or open."""
        island = self._island
        return self.heard if island is None or island.is_one else island.begin

    @property
    def open_from(self) -> int | None:
        """The first window of an island that may go on, if there is one for certain."""
        return self._island.begin if self._island is not None and self._island.is_one else None

    def push(self, samples: Float32) -> list[Island]:
        """Take the next samples; return the islands that have ended."""
        if self._resample is not None:
            samples = self._resample.resample_chunk(samples)
        self._take(samples)
        return self._hear() if len(self._through) > self._patience else []

    def finish(self) -> list[Island]:
        """Return the islands left at the end of the audio."""
        rest = np.zeros(0, dtype=np.float32)
        if self._resample is not None:
            rest = self._resample.resample_chunk(rest, last=True)
        # Silence up to the end of a step of the gate, and as much as the gate looks ahead.
        padding = -(len(self._ungated) + len(rest)) % _STEP + _STEP
        self._take(np.concatenate([rest, np.zeros(padding, dtype=np.float32)]))
        islands = self._hear(all_of_it=True)
        self._release(islands)
        return islands

    def _take(self, samples: Float32) -> None:
        """Have the gate look at the steps that are complete."""
        self._audio.append(samples)
        ungated = np.concatenate([self._ungated, samples])
        whole = len(ungated) // _STEP * _STEP
        self._ungated = ungated[whole:]
        if whole:
            through, gains = self._gate.push(ungated[:whole])
            self._through = np.concatenate([self._through, through])
            self._gains = np.concatenate([self._gains, gains])

    def _hear(self, *, all_of_it: bool = False) -> list[Island]:
        """Have Silero hear what was let through, and judge it and what was held back."""
        stretches, count = _in_blocks(runs(self._through), len(self._through), all_of_it)
        audio = np.concatenate(self._audio)
        found = np.zeros(count, dtype=np.float32)
        memory, self._memory = self._memory, None
        if stretches:
            windows = sliding_window_view(audio, HEARD)[::WINDOW]
            pieces = [WindowRun(begin, end, NetworkState()) for begin, end in stretches]
            if memory is not None and pieces[0].begin == 0:
                pieces[0] = replace(pieces[0], memory=memory)
            found[self._through[:count]] = probabilities(windows, self._gains, pieces)
            if pieces[-1].end == count:
                self._memory = pieces[-1].memory
        elif not count:
            self._memory = memory
        islands: list[Island] = []
        for begin, end in runs(found >= RELEASE):
            self._end_before(self.heard + begin, islands)
            self._add(self.heard + end, found[begin:end])
        self.heard += count
        self._end_before(self.heard, islands)
        self._audio = [audio[count * WINDOW :]]
        self._through, self._gains = self._through[count:], self._gains[count:]
        return islands

    def _add(self, end: int, probabilities: Float32) -> None:
        """The windows before ``end`` carry an island on, or one of them begins it."""
        if self._island is None:
            armed = np.flatnonzero(probabilities >= ARM)
            if not armed.size:
                return
            probabilities = probabilities[armed[0] :]
            self._island = _OpenIsland(end - len(probabilities))
        self._island.add(end, probabilities)

    def _end_before(self, window: int, islands: list[Island]) -> None:
        """End the island if there was nothing for long enough before this window."""
        if self._island is not None and window - self._island.end >= JOIN_WINDOWS:
            self._release(islands)

    def _release(self, islands: list[Island]) -> None:
        """End the island, if there is one."""
        island, self._island = self._island, None
        if island is not None and island.is_one:
            islands.append(Island(island.begin, island.end, island.peak))


def _in_blocks(stretches: list[Run], known: int, all_of_it: bool) -> tuple[list[Run], int]:
    """Return what can be heard of the stretches in the ``known`` windows, and how far that goes.

    A stretch that may continue is heard in whole blocks, except at the end of the audio.
    """
    if all_of_it or not stretches or stretches[-1][1] < known:
        return stretches, known
    begin, end = stretches[-1]
    end = begin + (end - begin) // BLOCK * BLOCK
    return stretches[:-1] + [(begin, end)] * (end > begin), end
