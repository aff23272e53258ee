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
from io import RawIOBase
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from livekit_barge.call.events import Anchored
from livekit_barge.call.placement import Placement
from livekit_barge.errors import CallError

CALLER = 0
AGENT = 1


Int16 = npt.NDArray[np.int16]
Float32 = npt.NDArray[np.float32]

# 10 s: long enough that FLAC's frames cost nothing, 1 MB at 24 kHz.
_BLOCK_S = 10.0


@dataclass(frozen=True)
class TimelinePiece:
    """A run of a side's samples, and the sample of the timeline at which it begins."""

    at: int
    begin: int
    end: int

    @property
    def stop(self) -> int:
        """The sample of the timeline after its last."""
        return self.at + self.end - self.begin


def anchored_pieces(
    anchors: Sequence[Anchored], samples: int, sample_rate: int
) -> list[TimelinePiece]:
    """A side's samples between one anchor and the next; ``samples`` is how many there are."""
    ends = [anchor.sample for anchor in anchors[1:]] + [samples]
    return [
        _from_zero(round(anchor.at_s * sample_rate), anchor.sample, min(end, samples))
        for anchor, end in zip(anchors, ends, strict=True)
    ]


def agent_piece(placement: Placement, sample_rate: int) -> TimelinePiece:
    """The samples of the pushed audio that a placement covers."""
    begin = round(placement.offset_s * sample_rate)
    end = round((placement.offset_s + placement.duration_s) * sample_rate)
    return _from_zero(round(placement.at_s * sample_rate), begin, end)


def _from_zero(at: int, begin: int, end: int) -> TimelinePiece:
    """Leave out what lies before the call's start: a frame holds sound from before it arrived."""
    early = max(-at, 0)
    return TimelinePiece(at + early, min(begin + early, end), end)


def lay_out(side: Int16, pieces: Sequence[TimelinePiece], begin: int, end: int) -> Int16:
    """The stretch ``[begin, end)`` of one channel's timeline, silent where nothing was placed."""
    block = np.zeros(end - begin, dtype=np.int16)
    for piece in pieces:
        first = max(begin, piece.at)
        last = min(end, piece.stop)
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
    out: RawIOBase,
    *,
    sample_rate: int,
    samples: int,
    channels: Sequence[Callable[[int, int], Int16]],
) -> None:
    """Write ``samples`` of each channel as FLAC; a channel is a function of ``[begin, end)``.

    Raises ``OSError`` where ``out`` cannot be written.
    """
    block = int(_BLOCK_S * sample_rate)
    sink = _ForLibsndfile(out)
    try:
        with soundfile.SoundFile(
            sink, "w", sample_rate, len(channels), subtype="PCM_16", format="FLAC"
        ) as file:
            for begin in range(0, samples, block):
                end = min(begin + block, samples)
                file.write(np.stack([channel(begin, end) for channel in channels], axis=1))
    finally:  # soundfile may report a failure, at times by an assertion, or nothing at all
        if sink.error is not None:
            raise sink.error


class _ForLibsndfile:
    """A file for libsndfile, which loses an exception raised in its calls: the first is kept."""

    def __init__(self, out: RawIOBase) -> None:
        self.error: OSError | None = None
        self.seek = out.seek
        self.tell = out.tell
        self._out = out

    def write(self, data: bytes) -> int:
        written = 0
        try:
            while written < len(data):
                written += self._out.write(data[written:]) or 0
        except OSError as error:
            self.error = self.error or error
        return written


def read_blocks(
    path: Path, sample_rate: int, duration_s: float, block_s: float
) -> Iterator[Float32]:
    """The file's audio, block by block: float32 of shape ``(2, n)``, full scale 1.0.

    Raises :class:`CallError` where it is damaged, or is not the audio that ``call.json`` describes.
    """
    try:
        with soundfile.SoundFile(path) as source:
            found = (source.channels, source.samplerate)
            if found != (2, sample_rate):
                raise CallError(
                    f"{found[0]} channels at {found[1]} Hz, where the call has 2 at {sample_rate}",
                    where=path,
                    remedy="restore it from a copy",
                )
            if abs(source.frames - duration_s * sample_rate) > 1:
                raise CallError(
                    f"{source.frames / sample_rate:g} s long, where the call lasted {duration_s:g}",
                    where=path,
                    remedy="restore it from a copy",
                )
            frames = max(int(block_s * sample_rate), 1)
            while (block := source.read(frames, dtype="int16", always_2d=True)).size:
                yield to_float(block.T)
    except soundfile.LibsndfileError as error:
        raise CallError(
            f"damaged ({error.error_string})", where=path, remedy="restore it from a copy"
        ) from error


def to_float(samples: Int16) -> Float32:
    """16-bit samples as float32, full scale 1.0."""
    return np.asarray(samples, dtype=np.float32) / np.float32(32768.0)
