"""Draws the outline of both channels, coarse for the whole call and fine in tiles.

A *bin* holds the least and the greatest sample of a short time. Zooming shows the bins that fit the
screen, never samples; the page joins bins that are too fine. Values are the root of the amplitude
in 8 bits: a quiet voice at −40 dBFS still has 13 steps.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32

# 10 ms of call, the closest that a page zooms to, are 40 bins.
FINE_S = 0.00025
# An hour is 225,000 bins: under a megabyte, which a page can hold at once.
COARSE_FINE = 64
COARSE_S = FINE_S * COARSE_FINE
# The fine bins that the page loads at a time: about half a megabyte of speech.
TILE_S = 64.0

# The root of full scale.
_FULL = 127

Int8 = npt.NDArray[np.int8]


class Outline:
    """Takes a call's audio block by block; returns each tile, and at the end the coarse bins.

    ``tile(number, text)`` receives each complete tile. Texts are base64 of zlib of signed bytes:
    for each channel all least values, then all greatest ones.
    """

    def __init__(self, sample_rate: int, tile: Callable[[int, str], None]) -> None:
        self._rate = sample_rate
        self._tile = tile
        self._waiting: list[Float32] = []
        self._samples = 0
        """The number of samples in ``_waiting``."""
        self._coarse: list[Int8] = []
        self._tiles = 0

    def add(self, block: Float32) -> None:
        """Add the next audio, of shape ``(2, n)``."""
        self._waiting.append(block)
        self._samples += block.shape[1]
        while self._samples >= (whole := int(TILE_S * self._rate)):
            audio = np.concatenate(self._waiting, axis=1)
            self._take(audio[:, :whole])
            self._waiting, self._samples = [audio[:, whole:]], audio.shape[1] - whole

    def finish(self) -> tuple[str, int]:
        """Return the coarse bins of the whole call, and the number of tiles."""
        if self._samples:
            self._take(np.concatenate(self._waiting, axis=1))
        empty = np.zeros((2, 2, 0), dtype=np.int8)
        return _text(np.concatenate([empty, *self._coarse], axis=2)), self._tiles

    def _take(self, audio: Float32) -> None:
        fine = bins(audio, self._rate)
        self._coarse.append(_joined(fine, COARSE_FINE))
        self._tile(self._tiles, _text(fine))
        self._tiles += 1


def bins(audio: Float32, sample_rate: int) -> Int8:
    """Return the fine bins of ``audio`` of shape ``(2, n)``: ``(channel, least or greatest, bin)``.

    If a bin is not a whole number of samples, bins differ by one sample.
    """
    count = max(int(np.ceil(audio.shape[1] / sample_rate / FINE_S - 1e-9)), 1)
    begins = np.minimum(np.rint(np.arange(count) * FINE_S * sample_rate), audio.shape[1] - 1)
    at = begins.astype(np.int64)
    ends = [np.minimum.reduceat(audio, at, axis=1), np.maximum.reduceat(audio, at, axis=1)]
    values = np.stack(ends, axis=1)
    roots = np.rint(np.sign(values) * np.sqrt(np.abs(values)) * _FULL)
    return np.asarray(roots.clip(-_FULL, _FULL), dtype=np.int8)


def _joined(fine: Int8, count: int) -> Int8:
    """Join every ``count`` bins into one."""
    at = np.arange(0, fine.shape[2], count)
    least = np.minimum.reduceat(fine[:, 0], at, axis=1)
    greatest = np.maximum.reduceat(fine[:, 1], at, axis=1)
    return np.stack([least, greatest], axis=1)


def _text(values: Int8) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 6)).decode("ascii")
