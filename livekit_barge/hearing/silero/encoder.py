"""Silero's encoder: from audio to the features of each window.

The second layer to the fourth are computed in double precision, since each multiplies the rounding
of the one before by up to a hundred. The spectrum by folded products takes longer than by FFT.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.silero.weights import (
    BINS,
    FFT,
    FRAMES,
    HOP,
    UNITS,
    Float64,
    the_weights,
)

CONTEXT = 64
"""The samples before a window that the network hears along with it."""
WINDOW = 512
HEARD = CONTEXT + WINDOW
PADDED = HEARD + CONTEXT
"""A window with what is mirrored at its end."""


def mirror(padded: Float32) -> None:
    """Fill rows of :data:`PADDED`: the end is mirrored, without repeating the last sample."""
    padded[:, HEARD:] = padded[:, HEARD - 2 : HEARD - 2 - CONTEXT : -1]


def encoded(padded: Float32) -> Float32:
    """The features of windows that were mirrored: (windows, features)."""
    weights = the_weights()
    spectra = _spectra(padded)
    # A tap that meets only padding is left out: the first at the begin, the last at the end.
    first = np.empty((len(padded), FRAMES, UNITS), dtype=np.float32)
    for frame in range(FRAMES):
        begin, end = max(frame - 1, 0), min(frame + 2, FRAMES)
        taps = weights.spectrum[(begin - frame + 1) * BINS : (end - frame + 1) * BINS]
        np.matmul(spectra[:, begin * BINS : end * BINS], taps, out=first[:, frame])
    first += weights.biases[0]
    frames = np.maximum(first, 0, dtype=np.float64).reshape(len(padded), -1)
    second = np.empty((len(padded), 2, 64))
    np.matmul(frames[:, : 2 * UNITS], weights.second[UNITS:], out=second[:, 0])
    np.matmul(frames[:, UNITS:], weights.second, out=second[:, 1])
    third = _rectified(second, weights.biases[1]).reshape(len(padded), -1) @ weights.pair
    fourth = _rectified(third, weights.biases[2]) @ weights.single
    return _rectified(fourth, weights.biases[3]).astype(np.float32)


def _spectra(padded: Float32) -> Float32:
    """The magnitudes of each window's frames, side by side: (windows, bins)."""
    spectra = np.fft.rfft(_frames(padded) * the_weights().taper)
    return np.asarray(np.abs(spectra), dtype=np.float32).reshape(len(padded), -1)


def _rectified(rows: Float64, bias: Float32) -> Float64:
    rows += bias
    return np.maximum(rows, 0, out=rows)


def _frames(padded: Float32) -> Float32:
    """The overlapping frames of each row, as a view (rows, frames, samples)."""
    # numpy's as_strided does the same and takes longer than what is then done with the view.
    shape = len(padded), FRAMES, FFT
    steps = padded.strides[0], HOP * padded.itemsize, padded.itemsize
    return np.ndarray(shape, padded.dtype, padded, strides=steps)
