"""Silero's weights, from the ONNX file in the plugin's wheel, scaled and cut for numpy.

OpenBLAS hands a product of 2 × 262,144 multiplications or more, and a matrix times a vector of more
than 9,216, to several threads, which then spin: ten times the CPU on shapes like these. So every
product is cut into parts below that, whatever number of threads OpenBLAS was given.
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

BLOCK = 16
"""How many windows of a stretch share a product."""
FFT, HOP, FRAMES, BINS = 256, 128, 4, 129
UNITS = 128

_SPLIT = 2 * 262_144
_SPLIT_VECTOR = 9_216


@dataclass(frozen=True)
class Weights:
    """The network's weights, scaled and cut into parts.

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
        scale = np.repeat(np.array([0.5, 1.0], dtype=np.float32), [3 * UNITS, UNITS])
        bias = raw["decoder.rnn.bias_ih"] + raw["decoder.rnn.bias_hh"]
        driving = (raw["decoder.rnn.weight_ih"][order] * scale[:, None]).T
        recurrent = _parts((raw["decoder.rnn.weight_hh"][order] * scale[:, None]).T, 1)
        return cls(
            taper=raw["stft.forward_basis_buffer"][0, 0],
            spectrum=_parts(taps[0].reshape(-1, UNITS), BLOCK),
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
def the_weights() -> Weights:
    return Weights.read(model_path())


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
