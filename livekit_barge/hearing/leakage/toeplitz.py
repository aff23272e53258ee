"""Linear equations of a symmetric Toeplitz matrix, such as those of a least-squares filter."""

from __future__ import annotations

import numpy as np

from livekit_barge.hearing.levels import Powers

_ITERATIONS = 8


def solved(auto: Powers, toward: Powers, stiff: float) -> Powers:
    """x of (T + ``stiff``) x = ``toward``, T the symmetric Toeplitz matrix of ``auto``.

    By conjugate gradients, preconditioned by the circulant matrix nearest to T (T. Chan, 1988).
    """
    size = len(toward)
    back = np.concatenate([[0.0], auto[:0:-1]])
    spectrum = np.fft.rfft(np.concatenate([auto, back])).real
    along = np.arange(size)
    circulant = ((size - along) * auto + along * back) / size
    inverse = 1 / (np.maximum(np.fft.rfft(circulant).real, 0.0) + stiff)
    found, rest, way, fit = np.zeros(size), toward.copy(), np.zeros(size), 1.0
    for _ in range(_ITERATIONS):
        near = np.fft.irfft(np.fft.rfft(rest) * inverse, size)
        before, fit = fit, float(rest @ near)
        way *= fit / before
        way += near
        there = np.fft.irfft(np.fft.rfft(way, 2 * size) * spectrum, 2 * size)[:size]
        there += stiff * way
        steep = float(way @ there)
        if steep <= 0 or fit <= 0:
            break
        found += fit / steep * way
        rest -= fit / steep * there
    return found
