"""Silero's encoder: from audio to the features of each window, in blocks of sixteen windows.

The second layer to the fourth are computed in double precision, since each multiplies the rounding
of the one before by up to a hundred. The spectrum by folded products takes longer than by FFT.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.measure.silero_weights import (
    BINS,
    BLOCK,
    FFT,
    FRAMES,
    HOP,
    UNITS,
    Float64,
    Real,
    the_weights,
)

CONTEXT = 64
"""How many samples before a window the network hears with it."""
WINDOW = 512
HEARD = CONTEXT + WINDOW
PADDED = HEARD + CONTEXT
"""A window with what is mirrored at its end."""


def mirror(padded: Float32) -> None:
    """Fill rows of :data:`PADDED`: the end is mirrored, without repeating the last sample."""
    padded[:, HEARD:] = padded[:, HEARD - 2 : HEARD - 2 - CONTEXT : -1]


def encoded(padded: Float32) -> Float32:
    """The features of windows that were mirrored: (blocks, windows a block, features)."""
    weights = the_weights()
    bins = _spectra(padded)
    # A tap that meets only padding is left out: the first at the begin, the last at the end.
    first = np.empty((len(bins), BLOCK, FRAMES * UNITS), dtype=np.float32)
    for frame in range(FRAMES):
        begin, end = max(frame - 1, 0), min(frame + 2, FRAMES)
        taps = slice((begin - frame + 1) * BINS, (end - frame + 1) * BINS)
        one = first[..., frame * UNITS : (frame + 1) * UNITS]
        _multiply(bins[..., begin * BINS : end * BINS], weights.spectrum[:, taps], one)
        one += weights.biases[0]
    rectified = np.maximum(first, 0).astype(np.float64)
    second = np.empty((len(bins), BLOCK, 2 * 64))
    _multiply(rectified[..., : 2 * UNITS], weights.halves[:, UNITS:], second[..., :64])
    _multiply(rectified[..., UNITS:], weights.halves, second[..., 64:])
    third = _rectified(second, np.tile(weights.biases[1], 2)) @ weights.pair
    fourth = _rectified(third, weights.biases[2]) @ weights.single
    return _rectified(fourth, weights.biases[3]).astype(np.float32)


def _spectra(padded: Float32) -> Float32:
    """The magnitudes of each window's frames, side by side: (blocks, windows a block, bins)."""
    spectra = np.fft.rfft(_frames(padded) * the_weights().taper)
    return np.asarray(np.abs(spectra), dtype=np.float32).reshape(-1, BLOCK, FRAMES * BINS)


def _multiply(rows: npt.NDArray[Real], parts: npt.NDArray[Real], out: npt.NDArray[Real]) -> None:
    """``rows`` (blocks, n, in) times weights (parts, in, out a part), into (blocks, n, out)."""
    by_part = out.reshape(*rows.shape[:2], len(parts), -1).transpose(2, 0, 1, 3)
    np.matmul(rows, parts[:, None], out=by_part)


def _rectified(rows: Float64, bias: Float32) -> Float64:
    rows += bias
    return np.maximum(rows, 0, out=rows)


def _frames(padded: Float32) -> Float32:
    """The overlapping frames of each row, as a view (rows, frames, samples)."""
    # numpy's as_strided does the same and takes longer than what is then done with the view.
    shape = len(padded), FRAMES, FFT
    steps = padded.strides[0], HOP * padded.itemsize, padded.itemsize
    return np.ndarray(shape, padded.dtype, padded, strides=steps)
