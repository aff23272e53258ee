"""A call's audio on disk.

While a call runs, each side is appended to a file of its own as raw 16-bit samples: the caller's
as they came, the agent's as they were pushed. Nothing in such a file ever moves, so a process that
is killed loses no more than what it had not written yet. When the call ends the two are laid out on
one timeline as ``audio.flac``, channel 0 the caller and channel 1 the agent, and what was pushed is
kept as ``pushed.flac``, since what never played shows what a cut cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from livekit_barge.call.events import CallerAnchored
from livekit_barge.call.placement import Placement

CALLER = 0
AGENT = 1

AUDIO_FILE = "audio.flac"
PUSHED_FILE = "pushed.flac"
CALLER_SPOOL = "caller.s16"
PUSHED_SPOOL = "pushed.s16"

Int16 = npt.NDArray[np.int16]
Float32 = npt.NDArray[np.float32]

# 10 s: long enough that FLAC's frames cost nothing, 1 MB at 24 kHz.
_BLOCK_S = 10.0


@dataclass(frozen=True)
class Piece:
    """A run of a side's samples, and the sample of the timeline at which it begins."""

    at: int
    begin: int
    end: int


def caller_pieces(anchors: Sequence[CallerAnchored], samples: int, sample_rate: int) -> list[Piece]:
    """The caller's samples between one anchor and the next; ``samples`` is how many there are."""
    ends = [anchor.sample for anchor in anchors[1:]] + [samples]
    return [
        _from_zero(round(anchor.at_s * sample_rate), anchor.sample, min(end, samples))
        for anchor, end in zip(anchors, ends, strict=True)
    ]


def agent_piece(placement: Placement, sample_rate: int) -> Piece:
    """The samples of the pushed audio that a placement covers."""
    begin = round(placement.offset_s * sample_rate)
    end = round((placement.offset_s + placement.duration_s) * sample_rate)
    return _from_zero(round(placement.at_s * sample_rate), begin, end)


def _from_zero(at: int, begin: int, end: int) -> Piece:
    """Leave out what lies before the call's start: a frame holds sound from before it arrived."""
    early = max(-at, 0)
    return Piece(at + early, min(begin + early, end), end)


def lay_out(side: Int16, pieces: Sequence[Piece], begin: int, end: int) -> Int16:
    """The stretch ``[begin, end)`` of one channel's timeline, silent where nothing was placed."""
    block = np.zeros(end - begin, dtype=np.int16)
    for piece in pieces:
        first = max(begin, piece.at)
        last = min(end, piece.at + piece.end - piece.begin)
        if first < last:
            source = piece.begin - piece.at
            stretch = side[first + source : last + source]
            block[first - begin : first - begin + len(stretch)] = stretch
    return block


def read_spool(path: Path) -> Int16:
    """A spool's samples, mapped rather than read; a torn last sample is left out."""
    samples = path.stat().st_size // 2 if path.exists() else 0
    if samples == 0:
        return np.zeros(0, dtype=np.int16)
    return np.memmap(path, dtype="<i2", mode="r", shape=(samples,))


def write_audio(
    path: Path,
    *,
    sample_rate: int,
    samples: int,
    channels: Sequence[Callable[[int, int], Int16]],
) -> None:
    """Write ``samples`` of each channel as FLAC; a channel is a function of ``[begin, end)``."""
    block = int(_BLOCK_S * sample_rate)
    with soundfile.SoundFile(
        path, "w", sample_rate, len(channels), subtype="PCM_16", format="FLAC"
    ) as out:
        for begin in range(0, samples, block):
            end = min(begin + block, samples)
            out.write(np.stack([channel(begin, end) for channel in channels], axis=1))


def read_blocks(path: Path, block_s: float) -> Iterator[Float32]:
    """The file's audio, block by block: float32 of shape ``(channels, n)``, full scale 1.0."""
    with soundfile.SoundFile(path) as source:
        frames = max(int(block_s * source.samplerate), 1)
        while (block := source.read(frames, dtype="int16", always_2d=True)).size:
            yield to_float(block.T)


def to_float(samples: Int16) -> Float32:
    """16-bit samples as float32, full scale 1.0."""
    return np.asarray(samples, dtype=np.float32) / np.float32(32768.0)
