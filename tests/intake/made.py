"""The made call: the agent speaks from 1.0 s and is cut at 3.0 s, the caller comes in at 2.6 s."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from livekit_barge.call.audio import to_float
from livekit_barge.intake.decode import decode, probe
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
    """Write with libsndfile, whatever the path's name says."""
    with path.open("wb") as file:
        soundfile.write(file, call, rate, format=kind, subtype=subtype)
    return path


def write_m4a(path: Path, call: np.ndarray, rate: int) -> Path:
    return write_av(path, call, rate, "mp4", "aac")


def write_av(
    path: Path,
    call: np.ndarray,
    rate: int,
    kind: str,
    codec: str,
    *,
    lost: tuple[float, float] = (0.0, 0.0),
    start_s: float = 0.0,
    bit_rate: int = 128_000,
    **options: str,
) -> Path:
    """Write with FFmpeg, without the packets whose stamps lie in ``lost``, keeping the stamps."""
    layout = "stereo" if call.ndim == 2 else "mono"
    sides = call if call.ndim == 2 else call[:, np.newaxis]
    with av.open(str(path), "w", format=kind, options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, bit_rate=bit_rate)
        for begin in (*range(0, len(sides), 1024), None):
            frame = None
            if begin is not None:
                piece = np.ascontiguousarray(sides[begin : begin + 1024].T)
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, begin + round(start_s * rate)
            for packet in stream.encode(frame):
                stamp_s = float(packet.pts * packet.time_base)
                if not lost[0] <= stamp_s - start_s < lost[1]:
                    container.mux(packet)
    return path


def bursts(rate: int, *, sides: int = 2) -> np.ndarray:
    """Five seconds, with 0.1 s of noise at 0.5, 1.5, 2.5, 3.5 and 4.5 s on every channel."""
    call = np.zeros((5 * rate, sides), dtype=np.float32)
    dice = np.random.default_rng(0)
    for begin in range(rate // 2, len(call), rate):
        call[begin : begin + rate // 10] = dice.normal(0, 0.1, (rate // 10, sides))
    return call if sides > 1 else call[:, 0]


def heard_at(path: Path) -> list[float]:
    """Return when each burst of such a file begins as decoded, in seconds to a thousandth."""
    found = probe(path)
    audio = np.concatenate([*decode(path, found)], axis=1)
    loud = np.flatnonzero(np.abs(audio[0]) > 0.05)
    gaps = np.diff(loud, prepend=-found.sample_rate)
    return [round(float(at) / found.sample_rate, 3) for at in loud[gaps > found.sample_rate // 5]]
