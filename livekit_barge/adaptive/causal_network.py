"""The detector's network, forward only, in numpy: causal convolutions over log-mel columns.

=========  ==========================================================  ===============
stage      what                                                        step
=========  ==========================================================  ===============
``in``     3 columns → channels, ReLU                                   12.5 ms
``down``   4 columns → channels, ReLU, every second kept                25 ms
blocks     normalise, 3 columns ``2ⁿ`` steps apart, ReLU, mix, add      25 ms
``out``    normalise, channels → one logit                              25 ms
=========  ==========================================================  ===============

A column sees itself and earlier ones only, so a probability never changes with later audio.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livekit_barge.adaptive.mel import BANDS
from livekit_barge.adaptive.product import product
from livekit_barge.call.audio import Float32

Weights = Mapping[str, Float32]


def logits(weights: Weights, levels: Float32) -> Float32:
    """Return one logit per 25 ms, shape (steps,), from levels of shape (2 · steps, 40)."""
    return np.asarray(
        np.einsum("tc,c->t", hidden(weights, levels), weights["out.w"]) + weights["out.b"],
        np.float32,
    )


def hidden(weights: Weights, levels: Float32) -> Float32:
    """Return what the last layer sees, shape (steps, channels): a head can be fitted to it."""
    x = np.maximum(_convolve(levels + 0.5, weights["in.w"], weights["in.b"], 1), 0)
    x = np.maximum(_halve(x, weights["down.w"]) + weights["down.b"], 0)
    for n in range(blocks(weights)):
        y = _normalise(x, weights[f"{n}.g"])
        y = np.maximum(_convolve(y, weights[f"{n}.w"], weights[f"{n}.b"], 2**n), 0)
        x = x + (product(y, weights[f"{n}.m"]) + weights[f"{n}.c"])
    return _normalise(x, weights["out.g"])


def blocks(weights: Weights) -> int:
    """Return the number of blocks."""
    return sum(1 for name in weights if name.endswith(".m"))


def shapes_fit(weights: Weights) -> bool:
    """Return whether the arrays are all there and fit each other."""
    try:
        found = logits(weights, np.full((4, BANDS), -1, np.float32))
    except (KeyError, ValueError, IndexError):
        return False
    return found.shape == (2,) and all(np.isfinite(array).all() for array in weights.values())


def _convolve(x: Float32, w: Float32, b: Float32, apart: int) -> Float32:
    """Return the causal convolution of x (t, in) with w (taps, in, out); the last tap is now."""
    taps, _, channels = w.shape
    y = np.empty((len(x), channels), np.float32)
    y[:] = b
    for tap in range(taps):
        late = (taps - 1 - tap) * apart
        if late < len(x):
            y[late:] += product(x[: len(x) - late], w[tap])
    return y


def _halve(x: Float32, w: Float32) -> Float32:
    """Return every second step of the causal convolution of x (t, in) with w (taps, in, out)."""
    earlier = np.concatenate([np.zeros((len(w) - 2, x.shape[1]), np.float32), x])
    total = np.zeros((len(x) // 2, w.shape[2]), np.float32)
    for tap in range(len(w)):
        total += product(earlier[tap : tap + len(x) : 2], w[tap])
    return total


def _normalise(x: Float32, gain: Float32) -> Float32:
    """Return x with every row at a root mean square of 1, times a gain per channel."""
    power = np.einsum("tc,tc->t", x, x) / x.shape[1]
    return np.asarray(x * (1 / np.sqrt(power + 1e-5))[:, None] * gain, np.float32)
