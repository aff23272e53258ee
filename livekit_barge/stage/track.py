"""The caller's side of a scripted call: one track, mixed while the call runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from livekit_barge.errors import ScriptError

Pcm = npt.NDArray[np.int16]

FULL_SCALE = 32_768


def to_pcm(samples: npt.NDArray[Any]) -> Pcm:
    """Round samples to whole steps, and clip them to int16."""
    whole = samples if samples.dtype.kind == "i" else np.rint(samples)
    # Not np.clip, which asks each time for the limits of the type: three times as long.
    pcm: Pcm = np.minimum(np.maximum(whole, -FULL_SCALE), FULL_SCALE - 1).astype(np.int16)
    return pcm


class CallerTrack:
    """Silence, or comfort noise, into which clips are mixed at any sample not yet sent."""

    def __init__(self, sample_rate: int, *, noise_dbfs: float | None = None, seed: int = 0) -> None:
        self.sample_rate = sample_rate
        self._noise_rms = None if noise_dbfs is None else FULL_SCALE * 10 ** (noise_dbfs / 20)
        self._seed = seed
        self.line: Callable[[Pcm], Pcm] | None = None
        """The line that the track passes through: takes each piece, returns what arrives."""
        self._mix = np.zeros(0, np.int32)
        self._mixed = 0
        """The number of its samples that hold their noise; the rest is room to grow."""
        self._sent = 0

    @property
    def sent(self) -> int:
        """The number of samples that have left; nothing can be mixed in before this one."""
        return self._sent

    def mix(self, clip: Pcm, at_sample: int) -> None:
        """Add ``clip`` from ``at_sample`` on; where both speak, they add up."""
        if at_sample < self._sent:
            raise ScriptError(
                f"a clip should begin at {at_sample / self.sample_rate:.3f} s, but the call is at "
                f"{self._sent / self.sample_rate:.3f} s",
                remedy="place it later",
            )
        self._extend(at_sample + len(clip))
        self._mix[at_sample : at_sample + len(clip)] += clip

    def send(self, samples: int) -> Pcm:
        """The next ``samples`` of the track; they are fixed from now on."""
        start, self._sent = self._sent, self._sent + samples
        self._extend(self._sent)
        pcm = to_pcm(self._mix[start : self._sent])
        return pcm if self.line is None else self.line(pcm)

    def _extend(self, length: int) -> None:
        """Lengthen the track by whole seconds, each with its own noise from the seed."""
        while self._mixed < length:
            begin, end = self._mixed, self._mixed + self.sample_rate
            if end > len(self._mix):
                room = np.zeros(max(2 * len(self._mix), end), np.int32)
                room[:begin] = self._mix[:begin]
                self._mix = room
            self._mix[begin:end] = self._second(begin // self.sample_rate)
            self._mixed = end

    def _second(self, index: int) -> npt.NDArray[np.int32]:
        if self._noise_rms is None:
            return np.zeros(self.sample_rate, np.int32)
        return _noise(self._seed, index, self.sample_rate, self._noise_rms)


@lru_cache(maxsize=256)  # 25 MB: a sweep plays the same seeds again
def _noise(seed: int, index: int, samples: int, rms: float) -> npt.NDArray[np.int32]:
    noise = np.random.default_rng((seed, index)).standard_normal(samples)
    return np.rint(noise * rms).astype(np.int32)
