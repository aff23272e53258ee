"""Products of small matrices in one thread, whatever number of threads OpenBLAS was given.

OpenBLAS hands a product to several threads, which then spin, when it has more than 262,144
multiplications: five times the CPU for a request. So rows are multiplied in pieces below that.
Nothing global is changed, as a limit on its threads would be, and requests do not wait for each
other.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32

_ONE_THREAD = 262_144
"""OpenBLAS: 65,536 times its ``GEMM_MULTITHREAD_THRESHOLD`` of 4."""


def product(x: Float32, w: Float32) -> Float32:
    """Return x (rows, in) times w (in, out)."""
    most = max(1, _ONE_THREAD // w.size)
    if len(x) <= most:
        return np.asarray(x @ w, np.float32)
    y = np.empty((len(x), w.shape[1]), np.float32)
    for first in range(0, len(x), most):
        np.matmul(x[first : first + most], w, out=y[first : first + most])
    return y
