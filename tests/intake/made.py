"""The made call: the agent speaks from 1.0 s and is cut at 3.0 s, the caller comes in at 2.6 s."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from livekit_barge.call.audio import to_float
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

ONSET_S, SILENT_S, LENGTH_S = 2.6, 3.0, 7.0
AGENT_FROM_S = 1.0


def say(text: str, rate: int) -> np.ndarray:
    """Cut where it is well audible: its edges are then known to the sample."""
    spoken = to_float(voice_named("joe").speak(text).samples)
    spoken = soxr.resample(spoken, SAMPLE_RATE, rate).astype(np.float32)
    # A tenth of the peak: about 20 dB below the active level.
    loud = np.flatnonzero(np.abs(spoken) > 0.1 * np.abs(spoken).max())
    return spoken[loud[0] : loud[-1] + 1]


@cache
def made_call(rate: int) -> np.ndarray:
    agent = say("Your parcel left this morning, and it will reach you on Tuesday.", rate)
    caller = say("No wait, please send it to my office.", rate)
    call = np.zeros((round(LENGTH_S * rate), 2), dtype=np.float32)
    begin, end = round(AGENT_FROM_S * rate), round(SILENT_S * rate)
    call[begin:end, 1] = agent[: end - begin]
    begin = round(ONSET_S * rate)
    call[begin : begin + len(caller), 0] = caller
    # A room's floor on the caller's side, as a microphone has.
    call[:, 0] += np.random.default_rng(1).normal(0, 1e-4, len(call)).astype(np.float32)
    call.flags.writeable = False
    return call


def write(path: Path, call: np.ndarray, rate: int, kind: str, subtype: str) -> Path:
    """By libsndfile, whatever the path's name says."""
    with path.open("wb") as file:
        soundfile.write(file, call, rate, format=kind, subtype=subtype)
    return path


def write_m4a(path: Path, call: np.ndarray, rate: int) -> Path:
    return write_av(path, call, rate, "mp4", "aac")


def write_av(path: Path, call: np.ndarray, rate: int, kind: str, codec: str) -> Path:
    """By FFmpeg, at 128 kbit/s."""
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo", bit_rate=128_000)
        for begin in range(0, len(call), 1024):
            piece = np.ascontiguousarray(call[begin : begin + 1024].T)
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
