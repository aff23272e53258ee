"""Fitting the detector to one's own calls: pure functions over labelled overlaps.

What is fitted depends on how many examples there are of the rarer class, since each step needs more
to be worth its risk:

=========  =================  ==========================================================
level      examples of each   what is fitted
=========  =================  ==========================================================
threshold  30                 the threshold
scale      80                 the logit's scale and offset, so that 0.8 means 8 in 10
head       200                the last layer, held near the shipped one
=========  =================  ==========================================================

A result is judged by calls that took no part in its fitting: the calls are dealt into five parts,
and each part is judged by what the other four gave. Below 30 of each class nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from livekit_barge.adaptive.causal_network import hidden
from livekit_barge.adaptive.detector import STEP_S, Detector
from livekit_barge.adaptive.mel import as_float, band_levels
from livekit_barge.call.audio import Float32
from livekit_barge.errors import LearningError

LEVELS = {"threshold": 30, "scale": 80, "head": 200}
MISS_COST = 3.0
"""False stops that one miss is worth: LiveKit drops the words of an interruption that is missed."""
WITHIN_S, AFTER_S = 1.0, 0.55
"""An interruption has to be found in so long; a backchannel is asked about until so long after."""

_PARTS = 5
_HELD = 3.0
"""Strength of the pull to the shipped head."""
_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Example:
    """One overlap, and what it turned out to be."""

    audio: npt.NDArray[np.int16] | Float32
    """The caller's, 16 kHz, shape (n,): from up to 1 s before the onset to the overlap's end."""
    onset_s: float
    """From the start of ``audio``."""
    interrupts: bool
    call: str
    """The call it comes from: an example is never judged by a fit that saw its call."""


@dataclass(frozen=True)
class Judged:
    """Counts of one detector on examples it was not fitted to."""

    found: int
    interruptions: int
    false: int
    others: int

    @property
    def cost(self) -> float:
        """Return misses, weighted, plus false stops."""
        return MISS_COST * (self.interruptions - self.found) + self.false


@dataclass(frozen=True, eq=False)
class Learned:
    """A detector fitted to all the examples, and how such a fit does on unseen calls."""

    detector: Detector
    level: str
    """``threshold``, ``scale`` or ``head``."""
    judged: Judged
    shipped: Judged
    """The detector that the fit began with, on the same examples."""

    @property
    def better(self) -> bool:
        """Return whether the fit costs less than what it began with."""
        return self.judged.cost < self.shipped.cost


@dataclass(frozen=True, eq=False)
class _Heard:
    """An example as the last layer sees it, from the onset on: shape (steps, channels)."""

    rows: Float32
    interrupts: bool
    call: str

    def score(self, w: npt.NDArray[np.floating], b: float) -> float:
        """Return the highest logit that two steps in a row reach, in the time that counts."""
        return float(self._both(w, b).max(initial=-np.inf))

    def loudest(self, w: npt.NDArray[np.floating], b: float) -> Float32:
        """Return the row of the step that gives the score."""
        both = self._both(w, b)
        return self.rows[int(both.argmax()) + 1] if len(both) else np.zeros_like(self.rows[0])

    def _both(self, w: npt.NDArray[np.floating], b: float) -> npt.NDArray[np.floating]:
        found = self.rows @ w + b
        if self.interrupts:
            found = found[: round(WITHIN_S / STEP_S)]
        return np.minimum(found[1:], found[:-1])


def level_for(interruptions: int, others: int) -> str:
    """Return what so many examples bear. Raises :class:`LearningError` below the least."""
    rarer = min(interruptions, others)
    fitting = [level for level, least in LEVELS.items() if rarer >= least]
    if not fitting:
        least = LEVELS["threshold"]
        raise LearningError(
            f"{interruptions} interruptions and {others} backchannels are too few to learn from",
            remedy=f"collect calls until there are {least} of each",
        )
    return fitting[-1]


def learn(detector: Detector, examples: Sequence[Example]) -> Learned:
    """Fit ``detector`` to ``examples``.

    Raises :class:`LearningError` where there are too few examples, or fewer than five calls.
    """
    count = sum(example.interrupts for example in examples)
    level = level_for(count, len(examples) - count)
    calls = sorted({example.call for example in examples})
    if len(calls) < _PARTS:
        raise LearningError(
            f"{len(calls)} calls are too few to judge by calls that were not learnt from",
            remedy=f"give at least {_PARTS}",
        )
    heard = [_hear(detector, example) for example in examples]
    part = {call: n % _PARTS for n, call in enumerate(calls)}
    pieces = []
    for n in range(_PARTS):
        fitted = _fit(detector, [one for one in heard if part[one.call] != n], level)
        pieces.append(_judge(fitted, [one for one in heard if part[one.call] == n]))
    made_from = (
        f"{len(examples)} overlaps of {len(calls)} calls ({level}), on: {detector.made_from}"
    )
    fitted = replace(_fit(detector, heard, level), made_from=made_from)
    return Learned(fitted, level, _sum(pieces), _judge(detector, heard))


def _hear(detector: Detector, example: Example) -> _Heard:
    rows = hidden(detector.weights, band_levels(as_float(example.audio)))
    first = round(example.onset_s / STEP_S)
    return _Heard(rows[first:], example.interrupts, example.call)


def _fit(detector: Detector, heard: Sequence[_Heard], level: str) -> Detector:
    w, b = detector.weights["out.w"], float(detector.weights["out.b"])
    if level == "head":
        w, b = _fitted_head(w, b, heard)
    labels = np.array([one.interrupts for one in heard])
    scores = np.array([one.score(w, b) for one in heard])
    if level == "threshold":
        return replace(detector, threshold=_probability(_cut(scores, labels)))
    scale, offset = _logistic(
        np.stack([scores, np.ones_like(scores)], axis=1), labels, np.array([1.0, 0.0]), held=1.0
    )
    scale = max(scale, 0.05)  # an order turned round would be noise, not knowledge
    w, b, scores = scale * w, scale * b + offset, scale * scores + offset
    arrays = {"out.w": np.asarray(w, np.float32), "out.b": np.asarray(b, np.float32)}
    weights = {**detector.weights, **arrays}
    return replace(detector, weights=weights, threshold=_probability(_cut(scores, labels)))


def _cut(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]) -> float:
    """Return the logit that costs least, in the middle of the gap where it does."""
    order = np.sort(scores[np.isfinite(scores)])
    cuts = np.concatenate([[order[0] - 1], (order[1:] + order[:-1]) / 2, [order[-1] + 1]])
    misses = (scores[labels][None] < cuts[:, None]).sum(axis=1)
    false = (scores[~labels][None] >= cuts[:, None]).sum(axis=1)
    cost = MISS_COST * misses + false
    best = np.flatnonzero(cost == cost.min())
    return float(np.clip(cuts[best[len(best) // 2]], -4.6, 4.6))


def _fitted_head(w: Float32, b: float, heard: Sequence[_Heard]) -> tuple[Float32, float]:
    """Fit the last layer to the steps that decide, each example's loudest.

    Another fit makes another step the loudest, so this is repeated; what has to stay silent has to
    do so at every step that was the loudest once.
    """
    wanted = [one for one in heard if one.interrupts]
    silent = [one for one in heard if not one.interrupts]
    begun, loud = np.append(w.astype(np.float64), b), list[Float32]()
    found = begun
    for _ in range(_ROUNDS):
        loud += [one.loudest(found[:-1], found[-1]) for one in silent]
        rows = np.stack([*(one.loudest(found[:-1], found[-1]) for one in wanted), *loud])
        labels = np.arange(len(rows)) < len(wanted)
        weights = np.where(labels, 0.5 / len(wanted), 0.5 / len(loud)) * len(heard)
        x = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        found = _logistic(x, labels, begun, held=_HELD, weights=weights)
    return np.asarray(found[:-1], np.float32), float(found[-1])


def _logistic(
    x: npt.NDArray[np.floating], y: npt.NDArray[np.bool_], begun: npt.NDArray[np.float64], *,
    held: float, weights: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Return the coefficients of a logistic regression that is pulled to ``begun`` (Newton's)."""
    x, w = x.astype(np.float64), begun.copy()
    each = np.ones(len(y)) if weights is None else weights
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (each * (p - y)) + held * (w - begun)
        curve = (x * (each * p * (1 - p))[:, None]).T @ x + held * np.eye(len(w))
        step = np.linalg.solve(curve, slope)
        w -= step * min(1.0, 2.0 / (np.abs(step).max() + 1e-9))
        if np.abs(step).max() < 1e-6:
            break
    return w


def _judge(detector: Detector, heard: Sequence[_Heard]) -> Judged:
    w, b = detector.weights["out.w"], float(detector.weights["out.b"])
    cut = float(np.log(detector.threshold / (1 - detector.threshold)))
    above = [(one.interrupts, one.score(w, b) >= cut) for one in heard]
    count = sum(interrupts for interrupts, _ in above)
    return Judged(
        found=sum(yes for interrupts, yes in above if interrupts),
        interruptions=count,
        false=sum(yes for interrupts, yes in above if not interrupts),
        others=len(above) - count,
    )


def _sum(pieces: Sequence[Judged]) -> Judged:
    return Judged(
        sum(p.found for p in pieces),
        sum(p.interruptions for p in pieces),
        sum(p.false for p in pieces),
        sum(p.others for p in pieces),
    )


def _probability(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
