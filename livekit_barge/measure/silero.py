"""Silero VAD by hand: the network of LiveKit's Silero plugin, run in numpy.

Run through onnxruntime a window at a time, the network costs 16 to 20 s of CPU an hour of audio,
most of it overhead. Here fourteen windows share each matrix product, and only the recurrent cell
goes window by window. The weights are read from the ONNX file in the plugin's wheel, which is found
without importing livekit. A test holds the two equal to 1e-5.

OpenBLAS hands a product of 2 × 262,144 multiplications or more, and a matrix times a vector of more
than 9,216, to several threads, which then spin: ten times the CPU on shapes like these. So every
product here is cut into parts below that, whatever number of threads OpenBLAS was given.

How many windows share a block shows in the last bit: equal results need equal blocks.

The second layer to the fourth are computed in double precision, since each multiplies the rounding
of the one before by up to a hundred.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
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
# More windows share more of the reading of weights, and are waited for longer: 0.45 s.
BLOCK_WINDOWS = 14

_SPLIT = 2 * 262_144
_SPLIT_VECTOR = 9_216
_HEARD = CONTEXT + WINDOW
_FFT, _HOP, _FRAMES, _BINS = 256, 128, 4, 129
_UNITS = 128
_GATES = 4 * _UNITS


@dataclass(frozen=True)
class _Weights:
    """The network's weights, scaled and cut into parts for the products below."""

    taper: Float32
    spectrum: Float32
    """First layer: (taps, parts, bins, filters a part)."""
    halves: Float64
    """Second layer, which takes three frames at once: (parts, 3 × filters, filters a part)."""
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
        return cls(
            taper=raw["stft.forward_basis_buffer"][0, 0],
            spectrum=np.stack([_parts(tap, BLOCK_WINDOWS * _FRAMES) for tap in taps[0]]),
            halves=_parts(taps[1].reshape(-1, 64).astype(np.float64), BLOCK_WINDOWS * 2),
            pair=taps[2][1:].reshape(-1, 64).astype(np.float64, order="C"),
            single=taps[3][1].astype(np.float64, order="C"),
            biases=tuple(raw[f"encoder.{n}.reparam_conv.bias"] for n in range(4)),
            driving=_parts((raw["decoder.rnn.weight_ih"][order] * scale[:, None]).T, BLOCK_WINDOWS),
            driving_bias=bias[order] * scale,
            recurrent=_parts((raw["decoder.rnn.weight_hh"][order] * scale[:, None]).T, 1),
            out=np.ascontiguousarray(raw["decoder.decoder.2.weight"][0, :, 0]),
            out_bias=raw["decoder.decoder.2.bias"],
        )


def _parts(weights: npt.NDArray[Real], rows: int) -> npt.NDArray[Real]:
    """``weights`` (in, out) as (parts, in, out a part), each small enough for ``rows`` rows."""
    size, columns = weights.shape
    parts = 1
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


class Silero:
    """The network on one channel: it remembers what it heard."""

    def __init__(self) -> None:
        self._weights = _weights()
        self._hidden = np.zeros(_UNITS, dtype=np.float32)
        self._cell = np.zeros(_UNITS, dtype=np.float32)

    def reset(self) -> None:
        """Forget what was heard."""
        self._hidden.fill(0)
        self._cell.fill(0)

    def probabilities(self, samples: Float32) -> Float32:
        """That each window is speech: of at most fourteen, with the 64 samples before the first."""
        count = (len(samples) - CONTEXT) // WINDOW
        hidden = self._recur(self._encode(samples, count))
        logits = (np.maximum(hidden, 0) * self._weights.out).sum(axis=1) + self._weights.out_bias
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)

    def _encode(self, samples: Float32, count: int) -> Float32:
        """What drives the cell's gates, window by window."""
        weights = self._weights
        padded = np.empty((count, _HEARD + CONTEXT), dtype=np.float32)
        padded[:, :_HEARD] = _overlapping(samples, (count, _HEARD), WINDOW)
        # The end is mirrored, without repeating the last sample.
        padded[:, _HEARD:] = padded[:, _HEARD - 2 : _HEARD - 2 - CONTEXT : -1]
        frames = _overlapping(padded, (count, _FRAMES, _FFT), _HOP)
        spectra = np.fft.rfft(frames * weights.taper).reshape(-1, _BINS)
        bins = np.asarray(np.abs(spectra), dtype=np.float32)

        taps = _multiply(bins, weights.spectrum).reshape(3, count, _FRAMES, _UNITS)
        before, here, after = taps
        here += weights.biases[0]
        here[:, 1:] += before[:, :-1]
        here[:, :-1] += after[:, 1:]
        # A frame of padding in front; then frames 0 to 2 and 2 to 4, side by side.
        first = np.zeros((count, _FRAMES + 1, _UNITS))
        np.maximum(here, 0, out=first[:, 1:])
        flat = first.reshape(count, -1)
        threes = np.concatenate([flat[:, : 3 * _UNITS], flat[:, 2 * _UNITS :]], axis=1)
        second = _rectified(
            _multiply(threes.reshape(-1, 3 * _UNITS), weights.halves), weights.biases[1]
        )
        third = _rectified(second.reshape(count, -1) @ weights.pair, weights.biases[2])
        fourth = _rectified(third @ weights.single, weights.biases[3])
        driving = _multiply(fourth.astype(np.float32), weights.driving)
        driving += weights.driving_bias
        return driving

    def _recur(self, driving: Float32) -> Float32:
        """The cell's output after each window."""
        recurrent = self._weights.recurrent
        # The cell lies behind the gates, so that one product forgets and takes in.
        state = np.concatenate([np.zeros(_GATES, dtype=np.float32), self._cell])
        gates, cell = state[:_GATES], state[_GATES:]
        into_parts = gates.reshape(len(recurrent), -1)
        sigmoids, half = gates[: 3 * _UNITS], np.full(3 * _UNITS, 0.5, dtype=np.float32)
        out, new = gates[:_UNITS], gates[3 * _UNITS :]
        admitted, admits = state[3 * _UNITS :], gates[_UNITS : 3 * _UNITS]
        outputs = np.empty((len(driving), _UNITS), dtype=np.float32)
        last = self._hidden
        for driven, output in zip(driving, outputs, strict=True):
            np.matmul(last, recurrent, out=into_parts)
            gates += driven
            np.tanh(gates, out=gates)
            sigmoids *= half
            sigmoids += half
            admitted *= admits
            cell += new
            np.tanh(cell, out=output)
            output *= out
            last = output
        self._hidden, self._cell = last.copy(), cell.copy()
        return outputs


def _multiply(rows: npt.NDArray[Real], parts: npt.NDArray[Real]) -> npt.NDArray[Real]:
    """``rows`` (n, in) times weights (…, parts, in, out a part): (…, n, out)."""
    *lead, count, _, width = parts.shape
    product = np.empty((*lead, len(rows), count, width), dtype=parts.dtype)
    np.matmul(rows, parts, out=product.swapaxes(-2, -3))
    return product.reshape(*lead, len(rows), count * width)


def _rectified(rows: Float64, bias: Float32) -> Float64:
    rows += bias
    return np.maximum(rows, 0, out=rows)


def _overlapping(samples: Float32, shape: tuple[int, ...], hop: int) -> Float32:
    """Rows of ``shape[-1]`` samples, each ``hop`` after the one before, as a view."""
    # numpy's as_strided does the same and takes longer than what is then done with the view.
    steps = (*samples.strides[:-1], hop * samples.itemsize, samples.itemsize)
    return np.ndarray(shape, samples.dtype, np.ascontiguousarray(samples), strides=steps)
