"""A call of two channels through stereo Opus, as a recorder at a low bit rate keeps it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soxr

from livekit_barge.call.audio import Float32

_RATE = 48_000
_FRAME = 960


def written_opus(path: Path, audio: Float32, rate: int, bit_rate: int) -> Path:
    """Write ``audio`` of shape ``(2, n)`` by libopus, its frames 20 ms long."""
    samples = soxr.resample(audio.T, rate, _RATE).T.astype(np.float32)
    with av.open(str(path), "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=_RATE, layout="stereo", bit_rate=bit_rate)
        for begin in range(0, samples.shape[1], _FRAME):
            piece = np.ascontiguousarray(samples[:, begin : begin + _FRAME].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="stereo")
            frame.sample_rate, frame.pts = _RATE, begin
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
