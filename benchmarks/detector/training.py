"""The training of the network, in jax: with the layers of ``adaptive.causal_network``.

Each step is asked by cross-entropy. What should stay silent is asked once more at its loudest two
steps, since one false answer in a second is enough to stop an agent.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.detector.examples import Examples
from benchmarks.detector.teacher import DIMENSIONS
from livekit_barge.call.audio import Float32

Params = dict[str, Any]

TAUGHT = 0.2
"""Weight of the teacher's vectors beside the labels."""


def fresh(seed: int, channels: int = 64, first: int = 48, blocks: int = 5) -> Params:
    """Return untrained weights."""
    rng = np.random.default_rng(seed)

    def spread(*shape: int) -> Float32:
        return rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape).astype(np.float32)

    params = {
        "in.w": spread(3, 40, first), "in.b": np.zeros(first, np.float32),
        "down.w": spread(4, first, channels), "down.b": np.zeros(channels, np.float32),
        "out.g": np.ones(channels, np.float32), "out.w": 0.1 * spread(channels, 1)[:, 0],
        "out.b": np.zeros((), np.float32), "taught.w": spread(channels, DIMENSIONS),
    }  # fmt: skip
    for n in range(blocks):
        params |= {
            f"{n}.g": np.ones(channels, np.float32), f"{n}.w": spread(3, channels, channels),
            f"{n}.b": np.zeros(channels, np.float32), f"{n}.m": 0.3 * spread(channels, channels),
            f"{n}.c": np.zeros(channels, np.float32),
        }  # fmt: skip
    return params


def hidden(params: Params, levels: jax.Array, key: jax.Array | None, drop: float) -> jax.Array:
    """Return what the last layer sees, (batch, steps, channels)."""
    x = jax.nn.relu(_convolve(levels + 0.5, params["in.w"], params["in.b"], 1))
    x = jax.nn.relu(_halve(x, params["down.w"]) + params["down.b"])
    for n in range(sum(1 for name in params if name.endswith(".m"))):
        y = _normalise(x, params[f"{n}.g"])
        y = jax.nn.relu(_convolve(y, params[f"{n}.w"], params[f"{n}.b"], 2**n))
        if key is not None:
            key, used = jax.random.split(key)
            kept = jax.random.bernoulli(used, 1 - drop, (x.shape[0], 1, x.shape[2]))
            y = y * kept / (1 - drop)
        x = x + y @ params[f"{n}.m"] + params[f"{n}.c"]
    return _normalise(x, params["out.g"])


def _convolve(x: jax.Array, w: jax.Array, b: jax.Array, apart: int) -> jax.Array:
    taps, y = w.shape[0], b
    for tap in range(taps):
        late = (taps - 1 - tap) * apart
        y = y + jnp.pad(x, ((0, 0), (late, 0), (0, 0)))[:, : x.shape[1]] @ w[tap]
    return y


def _halve(x: jax.Array, w: jax.Array) -> jax.Array:
    earlier = jnp.pad(x, ((0, 0), (w.shape[0] - 2, 0), (0, 0)))
    return sum(earlier[:, tap : tap + x.shape[1] : 2] @ w[tap] for tap in range(w.shape[0]))


def _normalise(x: jax.Array, gain: jax.Array) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * gain


def loss(
    params: Params, levels: Any, targets: Any, weights: Any, taught: Any, key: jax.Array
) -> jax.Array:
    """Return the mean cross-entropy of a batch, plus how far the teacher's vectors are missed."""
    key, masked = jax.random.split(key)
    levels = _masked(levels.astype(jnp.float32), masked)
    last = hidden(params, levels, key, 0.1)
    found = last @ params["out.w"] + params["out.b"]
    each = jax.nn.softplus(found) - targets * found
    steps = (each * weights).sum() / weights.sum()
    both = jnp.minimum(found[:, 1:], found[:, :-1])
    silent = 1 - targets.max(axis=1)
    loudest = (silent * jax.nn.softplus(both.max(axis=1))).mean()
    inside = (taught != 0).any(axis=-1)
    missed = jnp.square(last @ params["taught.w"] - taught).mean(axis=-1)
    return steps + 0.1 * loudest + TAUGHT * (missed * inside).sum() / (inside.sum() + 1)


def _masked(levels: jax.Array, key: jax.Array) -> jax.Array:
    """Hide up to 8 neighbouring bands in every scene: no band may be trusted alone."""
    first, count = jax.random.randint(key, (2, levels.shape[0], 1, 1), 0, 36)
    band = jnp.arange(levels.shape[2])[None, None]
    hide = (band >= first) & (band < first + count % 9)
    return jnp.where(hide, -1.0, levels)


@partial(jax.jit, donate_argnums=(0, 1, 2))
def _step(
    params: Params, mean: Params, square: Params, batch: Any, key: Any, at: Any, rate: Any
) -> Any:
    value, slope = jax.value_and_grad(loss)(params, *batch, key)
    size = jnp.sqrt(sum((s * s).sum() for s in slope.values()))
    slope = {k: s * jnp.minimum(1, 1 / (size + 1e-6)) for k, s in slope.items()}
    mean = {k: 0.9 * mean[k] + 0.1 * s for k, s in slope.items()}
    square = {k: 0.99 * square[k] + 0.01 * s * s for k, s in slope.items()}
    params = {
        k: p * (1 - (0.02 * rate if p.ndim > 1 else 0.0))
        - rate * (mean[k] / (1 - 0.9**at)) / (jnp.sqrt(square[k] / (1 - 0.99**at)) + 1e-7)
        for k, p in params.items()
    }
    return params, mean, square, value


def train(
    params: Params, examples: Examples, *, epochs: int, rate: float, seed: int, batch: int = 32
) -> Params:
    """Return the weights after ``epochs`` over the examples, the rate falling by a half cosine."""
    rng, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    params = {k: jnp.asarray(v) for k, v in params.items()}
    mean, square = ({k: jnp.zeros_like(v) for k, v in params.items()} for _ in "ab")
    arrays = (examples.levels, examples.targets, examples.weights, examples.taught)
    count = len(examples.targets) // batch
    total, at, begun = epochs * count, 0, time.process_time()
    for epoch in range(epochs):
        order, sums = rng.permutation(len(examples.targets)), 0.0
        for n in range(count):
            rows = np.sort(order[n * batch : (n + 1) * batch])
            fed = tuple(array[rows] for array in arrays)
            now = rate * min(1, (at + 1) / 50) * 0.5 * (1 + np.cos(np.pi * at / total))
            key, used = jax.random.split(key)
            at += 1
            params, mean, square, value = _step(
                params, mean, square, fed, used, float(at), float(now)
            )
            sums += float(value)
        print(
            f"epoch {epoch}: loss {sums / count:.4f}, {time.process_time() - begun:.0f} s",
            flush=True,
        )
    return {k: np.asarray(v) for k, v in params.items() if k != "taught.w"}
