"""Writes a call's audio beside its page, one file per side, so that each can be heard alone.

A page opened from disk may play a file but not read it, so the sides are separated here and not in
the page. FLAC plays in every browser and seeks to the sample; Opus is smaller.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import soundfile

from livekit_barge.call.audio import Float32

Codec = Literal["flac", "opus"]

SIDES = ("caller", "agent")

# The rates that Opus accepts; any other becomes the last.
_OPUS_RATES = (8_000, 12_000, 16_000, 48_000, 24_000)
# Speech is clear at 24 kbit/s.
_OPUS_BITS = 24_000


class Tracks:
    """Writes each side of a call's audio into a file of its own."""

    def __init__(self, folder: Path, sample_rate: int, codec: Codec) -> None:
        write = _Flac if codec == "flac" else _Opus
        self.names = tuple(f"{side}.{codec}" for side in SIDES)
        """The files' names: the caller's, the agent's."""
        self._tracks = [write(folder / name, sample_rate) for name in self.names]

    def add(self, block: Float32) -> None:
        """Write the next audio, of shape ``(2, n)``: the caller, the agent."""
        for track, side in zip(self._tracks, block, strict=True):
            track.add(side)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for track in self._tracks:
            track.close()


class _Flac:
    def __init__(self, path: Path, sample_rate: int) -> None:
        self._file = soundfile.SoundFile(
            path, "w", sample_rate, 1, subtype="PCM_16", format="FLAC", compression_level=0.5
        )

    def add(self, samples: Float32) -> None:
        # Full scale is 32768, as in reading: the bits stay the same.
        self._file.write(np.rint(samples * 32768.0).clip(-32768, 32767).astype(np.int16))

    def close(self) -> None:
        self._file.close()


class _Opus:
    def __init__(self, path: Path, sample_rate: int) -> None:
        import av

        rate = sample_rate if sample_rate in _OPUS_RATES else _OPUS_RATES[-1]
        self._rate = sample_rate
        self._file = av.open(str(path), "w", format="ogg")
        # 3 of 10: above that it takes several times as long and speech sounds the same.
        options = {"application": "voip", "compression_level": "3"}
        self._stream: Any = self._file.add_stream(
            "libopus", rate=rate, layout="mono", options=options
        )
        self._stream.bit_rate = _OPUS_BITS
        self._resample = av.AudioResampler(format="flt", layout="mono", rate=rate)

    def add(self, samples: Float32) -> None:
        import av

        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None]), format="flt", layout="mono"
        )
        frame.sample_rate = self._rate
        for resampled in self._resample.resample(frame):
            self._file.mux(self._stream.encode(resampled))

    def close(self) -> None:
        for resampled in self._resample.resample(None):
            self._file.mux(self._stream.encode(resampled))
        self._file.mux(self._stream.encode(None))
        self._file.close()
