"""Silero VAD by hand: the network of LiveKit's Silero plugin, run in numpy.

Run through onnxruntime a window at a time, the network costs 16 to 20 s of CPU an hour of audio,
most of it overhead. Here many windows share each product of the encoder
(:mod:`~livekit_barge.hearing.silero.encoder`), and each step of the recurrent cell serves all
stretches of audio that are heard at once. A test holds the two equal to 1e-5.

What a stretch is found to be does not depend on those that are heard with it. OpenBLAS takes a
product's rows by twelves, and where among them a window stands shows in the last bit, so a stretch
has its windows in blocks of twelve of its own. The cell's products are of a row each, a part of the
weights at a time, so that the part stays in the nearest cache for all stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.blas_threads import one_thread
from livekit_barge.hearing.silero.encoder import CONTEXT, HEARD, PADDED, WINDOW, encoded, mirror
from livekit_barge.hearing.silero.weights import PARTS, UNITS, model_path, the_weights

__all__ = [
    "BLOCK",
    "CONTEXT",
    "HEARD",
    "SILERO_RATE",
    "WINDOW",
    "WINDOW_S",
    "NetworkState",
    "WindowRun",
    "model_path",
    "probabilities",
]

SILERO_RATE = 16_000
WINDOW_S = WINDOW / SILERO_RATE
BLOCK = 12
"""The number of windows of a stretch that are heard at once."""
# The number of windows encoded together: their spectra stay in the cache.
_TOGETHER = 16 * BLOCK


def _nothing() -> Float32:
    return np.zeros(UNITS, dtype=np.float32)


@dataclass
class NetworkState:
    """The network's state after a stretch of audio; at the beginning it is zero."""

    hidden: Float32 = field(default_factory=_nothing)
    cell: Float32 = field(default_factory=_nothing)


@dataclass(frozen=True)
class WindowRun:
    """Windows ``[begin, end)`` of a stretch, which continue its state.

    A run after which its stretch continues must be a multiple of :data:`BLOCK` long.
    """

    begin: int
    end: int
    memory: NetworkState

    def __len__(self) -> int:
        return self.end - self.begin


def probabilities(windows: Float32, gains: Float32, pieces: Sequence[WindowRun]) -> Float32:
    """That each window of the pieces is speech, piece by piece.

    ``windows`` (n, 576) has each window with the 64 samples before it, ``gains`` what each is
    multiplied by.
    """
    weights = the_weights()
    turns = _HearingOrder.of([len(piece) for piece in pieces])
    with one_thread():
        driving, row = _drive(windows, gains, pieces)
        outputs = _recur(driving[row[turns.order]], turns, [piece.memory for piece in pieces])
    logits = (np.maximum(outputs, 0) * weights.out).sum(axis=1) + weights.out_bias
    found = np.empty(len(row), dtype=np.float32)
    found[turns.order] = 1 / (1 + np.exp(-logits))
    return found


def _drive(
    windows: Float32, gains: Float32, pieces: Sequence[WindowRun]
) -> tuple[Float32, npt.NDArray[np.intp]]:
    """Return the input of the cell's gates, shape (rows, gates), and the row of each window."""
    weights = the_weights()
    # Each piece begins a block of its own. In the rows that are left, any window will do.
    blocks = [-(-len(piece) // BLOCK) for piece in pieces]
    source = np.zeros(sum(blocks) * BLOCK, dtype=np.intp)
    rows, at = [], 0
    for piece, count in zip(pieces, blocks, strict=True):
        rows.append(np.arange(at, at + len(piece)))
        source[rows[-1]] = np.arange(piece.begin, piece.end)
        at += count * BLOCK
    driving = np.empty((at, len(weights.driving_bias)), dtype=np.float32)
    padded = np.empty((_TOGETHER, PADDED), dtype=np.float32)
    for begin in range(0, at, _TOGETHER):
        some = source[begin : begin + _TOGETHER]
        heard = padded[: len(some)]
        np.multiply(windows[some], gains[some, None], out=heard[:, :HEARD])
        mirror(heard)
        np.matmul(encoded(heard), weights.driving, out=driving[begin : begin + len(some)])
    driving += weights.driving_bias
    return driving, np.concatenate(rows)


@dataclass(frozen=True)
class _HearingOrder:
    """In which order windows are heard: each stretch's first, each one's second, …"""

    ranked: list[int]
    """The stretches, the longest first, so that those that go on stand in front."""
    order: npt.NDArray[np.intp]
    phases: list[tuple[int, int]]
    """The number of stretches heard at once, and for how many turns."""

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Self:
        ranked = sorted(range(len(lengths)), key=lambda stretch: -lengths[stretch])
        begins = np.cumsum([0, *lengths])
        rank = np.argsort(ranked).repeat(lengths)
        turn = np.arange(begins[-1]) - begins[:-1].repeat(lengths)
        phases, heard = [], 0
        for count in range(len(ranked), 0, -1):
            shortest = lengths[ranked[count - 1]]
            phases.append((count, shortest - heard))
            heard = shortest
        return cls(ranked, np.lexsort((rank, turn)), phases)


def _recur(driving: Float32, turns: _HearingOrder, memories: Sequence[NetworkState]) -> Float32:
    """The cell's output after each window, in their turns."""
    ranked = [memories[stretch] for stretch in turns.ranked]
    last = np.array([memory.hidden for memory in ranked])
    cell = np.array([memory.cell for memory in ranked]).reshape(len(ranked), 2, -1).swapaxes(0, 1)
    gates = driving.reshape(len(driving), PARTS, -1)
    outputs = np.empty((sum(count * steps for count, steps in turns.phases), UNITS), np.float32)
    at = 0
    for count, steps in turns.phases:
        if steps:
            until = at + count * steps
            driven = gates[at:until].reshape(steps, count, PARTS, -1).swapaxes(1, 2)
            phase = outputs[at:until].reshape(steps, count, UNITS)
            cell = _phase(driven, last[:count], cell[:, :count], phase)
            last, at = phase[-1], until
        # The last of those in front has ended, maybe.
        ranked[count - 1].hidden = last[count - 1].copy()
        ranked[count - 1].cell = cell[:, count - 1].reshape(-1).copy()
    return outputs


def _phase(driven: Float32, last: Float32, cell: Float32, outputs: Float32) -> Float32:
    """Several turns of the same stretches, into ``outputs`` (turns, stretches, units).

    ``driven`` is (turns, parts, stretches, gates a part), ``cell`` and what is returned
    (parts, stretches, units a part).
    """
    recurrent = the_weights().recurrent[:, None]
    # The cell lies behind the gates, so that one product forgets and takes in.
    state = np.concatenate([np.empty(driven.shape[1:], dtype=np.float32), cell])
    gates, cell = state[:8], state[8:]
    rows = gates[:, :, None]
    out, sigmoids, new = gates[:2], gates[:6], gates[6:]
    admitted, admits = state[6:], gates[2:6]
    half = np.float32(0.5)
    in_parts = outputs.reshape(*outputs.shape[:2], 2, -1).swapaxes(1, 2)
    for drive, output, part in zip(driven, outputs, in_parts, strict=True):
        np.matmul(last[:, None], recurrent, out=rows)
        np.add(gates, drive, out=gates)
        np.tanh(gates, out=gates)
        np.multiply(sigmoids, half, out=sigmoids)
        np.add(sigmoids, half, out=sigmoids)
        np.multiply(admitted, admits, out=admitted)
        np.add(cell, new, out=cell)
        np.tanh(cell, out=part)
        np.multiply(part, out, out=part)
        last = output
    return cell
