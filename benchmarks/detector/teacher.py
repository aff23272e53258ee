"""The encoder of smart-turn as a teacher: what its last layer holds, a vector per 20 ms.

Smart-turn's own output cannot tell a backchannel from an interruption, but its encoder,
Whisper-tiny's, knows speech from far more of it than the recipe has. A small network that
predicts the encoder's vectors 0.1 s late has learnt some of that; the prediction is thrown away
after training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.detector.clips import Clip
from livekit_barge.call.audio import Float32

DIMENSIONS, FRAME_S = 32, 0.02
_LAYER = "layer_norm_8"
_SECONDS = 8


class Teacher:
    """The encoder; about 60 ms of CPU for up to 8 s of audio."""

    def __init__(self, unpacked: Path) -> None:
        from livekit_barge.stage.voices import _more_output

        folder = unpacked / "pipecat" / "audio" / "turn" / "smart_turn" / "data"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            (folder / "smart-turn-v3.2-cpu.onnx").read_bytes() + _more_output(_LAYER),
            options, ["CPUExecutionProvider"],
        )  # fmt: skip

    def vectors(self, samples: list[Float32]) -> list[np.ndarray]:
        """Return (frames, 384) for each of several sounds, packed into 8 s with 0.3 s between."""
        whole = np.zeros(_SECONDS * 16_000, np.float32)
        at, places = 0, []
        for sound in samples:
            whole[at : at + len(sound)] = sound[: len(whole) - at]
            places.append((at // 320, (at + len(sound)) // 320))
            at += len(sound) + 4_800
        name = self._session.get_inputs()[0].name
        found = self._session.run([_LAYER], {name: _whisper(whole)[None]})[0][0]
        return [found[first:last] for first, last in places]


def taught(unpacked: Path, pairs: Sequence[tuple[Clip, Float32]]) -> dict[str, np.ndarray]:
    """Return (frames, 32) by the name of each clip: the principal directions, of variance 1."""
    teacher, found = Teacher(unpacked), dict[str, np.ndarray]()
    room, pack = round((_SECONDS - 0.5) * 16_000), list[tuple[Clip, Float32]]()

    def empty() -> None:
        rows = teacher.vectors([samples for _, samples in pack])
        found.update({clip.name: row for (clip, _), row in zip(pack, rows, strict=True)})
        pack.clear()

    for clip, samples in pairs:
        if sum(len(s) + 4_800 for _, s in pack) + len(samples) > room:
            empty()
        pack.append((clip, samples))
    empty()
    rows = np.concatenate([row for row in found.values() if len(row)])
    mean = rows.mean(axis=0)
    sizes, directions = np.linalg.eigh(np.cov((rows - mean).T))
    turned = directions[:, -DIMENSIONS:] / np.sqrt(sizes[-DIMENSIONS:])
    return {name: ((row - mean) @ turned).astype(np.float16) for name, row in found.items()}


def _whisper(samples: Float32) -> Float32:
    """Whisper's 80 log-mel bands, shape (80, 800): window 400, hop 160."""
    samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(samples, 200, mode="reflect")
    rows = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160][:800]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.abs(np.fft.rfft(rows * window)) ** 2 @ _MEL
    levels = np.log10(np.maximum(power, 1e-10))
    levels = np.maximum(levels, levels.max() - 8.0)
    return np.asarray((levels.T + 4) / 4, np.float32)


def _slaney() -> np.ndarray:
    def hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1_000 * np.exp(np.log(6.4) / 27 * (mel - 15)))

    edges = hertz(np.linspace(0, 15 + 27 / np.log(6.4) * np.log(8), 82))
    at = np.fft.rfftfreq(400, 1 / 16_000)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rising, falling), 0, None) * 2 / (edges[2:] - edges[:-2])


_MEL = _slaney()
