"""Reads an audio file block by block, by its content and never by its name or its header's word.

soundfile reads WAV of every kind, FLAC, Ogg and MP3; PyAV what is left, such as M4A. Memory is a
block's, whatever the header claims; what the header claims is compared with what came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError

# A header may round, and a codec pads its last frame: 0.1 s is past both, and below any call.
_HEADER_SLACK_S = 0.1


@dataclass(frozen=True)
class Format:
    """What a file turned out to hold."""

    codec: str
    sample_rate: int
    channels: int
    claimed_s: float | None
    """The length by the header; ``None``: it does not say."""


def probe(path: Path) -> Format:
    """Look at a file without decoding it. Raises :class:`IntakeError` where it is not audio."""
    if not path.is_file():
        raise IntakeError("no such file", where=path, remedy="check the path")
    if path.stat().st_size == 0:
        raise IntakeError("the file is empty", where=path, remedy="fetch the recording again")
    try:
        with soundfile.SoundFile(path) as file:
            claimed = file.frames / file.samplerate if file.frames < 2**62 else None
            return Format(
                f"{file.format}/{file.subtype}".lower(), file.samplerate, file.channels, claimed
            )
    except soundfile.LibsndfileError:
        return _probe_av(path)


def decode(path: Path, found: Format, block_s: float = 10.0) -> Iterator[Float32]:
    """The file's audio as float32 blocks of shape ``(channels, n)``, full scale 1.0.

    Raises :class:`IntakeError` where it ends before its header says, or breaks in the middle.
    """
    blocks = _decode_av(path) if found.codec.startswith("av/") else _decode_sndfile(path, block_s)
    samples = 0
    for block in blocks:
        samples += block.shape[1]
        yield block
    decoded_s = samples / found.sample_rate
    if found.claimed_s is not None and decoded_s < found.claimed_s - _HEADER_SLACK_S:
        raise IntakeError(
            f"truncated: the header says {found.claimed_s:.1f} s, the file holds {decoded_s:.1f} s",
            where=path,
            remedy="fetch the recording again",
        )


def _decode_sndfile(path: Path, block_s: float) -> Iterator[Float32]:
    try:
        with soundfile.SoundFile(path) as file:
            frames = max(int(block_s * file.samplerate), 1)
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                yield np.ascontiguousarray(block.T)
    except soundfile.LibsndfileError as error:
        raise _broken(path, error) from error


def _probe_av(path: Path) -> Format:
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise IntakeError("no audio in it", where=path, remedy="give a recording of a call")
            stream = container.streams.audio[0]
            claimed = None if container.duration is None else container.duration / av.time_base
            codec = stream.codec_context
            return Format(f"av/{codec.name}", codec.sample_rate, codec.channels, claimed)
    except av.error.FFmpegError as error:
        raise IntakeError(
            "not audio that can be read",
            where=path,
            remedy="give WAV, FLAC, Ogg, Opus, MP3 or M4A",
        ) from error


def _decode_av(path: Path) -> Iterator[Float32]:
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="fltp")
            for frame in container.decode(container.streams.audio[0]):
                for planar in resampler.resample(frame):
                    yield np.asarray(planar.to_ndarray(), dtype=np.float32)
    except av.error.FFmpegError as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> IntakeError:
    return IntakeError(
        f"damaged ({error})", where=path, remedy="fetch the recording again, or convert it to WAV"
    )
