"""Silero's weights, from the ONNX file in the plugin's wheel, scaled and laid out for numpy."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.errors import BargeError
from livekit_barge.hearing.silero.onnx_constants import read_constants

Float64 = npt.NDArray[np.float64]

FFT, HOP, FRAMES, BINS = 256, 128, 4, 129
UNITS = 128
PARTS = 8
"""The recurrent weights' parts, 32 KB each: one stays in the nearest cache."""


@dataclass(frozen=True)
class Weights:
    """The network's weights, scaled; most are (in, out).

    In the first two layers ``in`` is taps × what a frame has, so that frames side by side make one
    row.
    """

    taper: Float32
    spectrum: Float32
    second: Float64
    pair: Float64
    """Third layer; of its three taps one meets only padding."""
    single: Float64
    """Fourth layer; of its three taps two meet only padding."""
    biases: tuple[Float32, ...]
    driving: Float32
    driving_bias: Float32
    recurrent: Float32
    """(parts, in, out a part)."""
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
        driving, recurrent = (
            (raw[f"decoder.rnn.weight_{kind}"][order] * scale[:, None]).T for kind in ("ih", "hh")
        )
        return cls(
            taper=raw["stft.forward_basis_buffer"][0, 0],
            spectrum=taps[0].reshape(-1, UNITS),
            second=taps[1].reshape(-1, 64).astype(np.float64, order="C"),
            pair=taps[2][1:].reshape(-1, 64).astype(np.float64, order="C"),
            single=taps[3][1].astype(np.float64, order="C"),
            biases=tuple(raw[f"encoder.{n}.reparam_conv.bias"] for n in range(4)),
            driving=np.ascontiguousarray(driving),
            driving_bias=bias[order] * scale,
            recurrent=np.ascontiguousarray(recurrent.reshape(UNITS, PARTS, -1).transpose(1, 0, 2)),
            out=np.ascontiguousarray(raw["decoder.decoder.2.weight"][0, :, 0]),
            out_bias=raw["decoder.decoder.2.bias"],
        )


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
