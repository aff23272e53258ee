"""Reads an audio file block by block, by its content and never by its name or its header's word.

libsndfile reads WAV of every kind, FLAC and their like; FFmpeg reads what has packets and time
stamps (Ogg, M4A, Matroska), MP3, and what lasts longer than its header knows. Memory is a block's,
whatever the header claims; what the header claims is compared with what came.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError
from livekit_barge.intake.header import HeaderClaim, claim, container
from livekit_barge.intake.stamped_timeline import JITTER_S, StampedTimeline

if TYPE_CHECKING:
    import av

# A header may round, and counts what a codec pads at both ends: up to four of its blocks. 0.1 s is
# past rounding, and below any call.
_HEADER_SLACK_S = 0.1
_PADDED_BLOCKS = 4
_RATES = (8_000, 48_000)
# Of what libsndfile knows, the kinds that recordings of calls come in.
_KINDS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF")
# Those of their samples that are integers, or stand for some.
_INTEGERS = "/pcm_16", "/pcm_24", "/pcm_32", "/pcm_s8", "/pcm_u8", "/ulaw", "/alaw"
# The containers that stamp every packet.
_STAMPED = ("ogg", "mov", "matroska")
# WAV's size is not believed where it is known to be wrong.
_OPTIONS = {"wav": {"ignore_length": "1"}}
_FLOAT_SIZE = 4
_AGAIN = "fetch the recording again"
_MEND = "fetch it again, or mend its header if all of it is audio (sox --ignore-length)"

BLOCK_S = 10.0


@dataclass(frozen=True)
class DecodedFormat:
    """The contents of a file, as found."""

    codec: str
    """``wav/pcm_16``, ``ogg/opus``, ``mp3``, ``aac``, …"""
    sample_rate: int
    channels: int
    claimed_s: float | None
    """The length by the header; ``None``: it does not say."""
    container: str | None = None
    """FFmpeg's name for the container, where FFmpeg reads it."""
    claim: HeaderClaim = field(default_factory=HeaderClaim)
    """The evidence in the file's bytes about its end and its beginning."""

    @property
    def start_blur_s(self) -> float:
        """The most by which the first sample may lie from the recording's start.

        Encoders put silence in front, and some files do not say how much: it is taken off as the
        commonest encoder puts it there, and another's may differ by so much.
        """
        return self.claim.delay_blur_samples / self.sample_rate

    @property
    def stamp_jitter_s(self) -> float:
        """The error that a packet's time stamp may have; a Vorbis block's, as the one before."""
        return self.edge_blur_s if "vorbis" in self.codec else JITTER_S

    @property
    def within_scale(self) -> bool:
        """Return whether every sample must be a number within full scale."""
        return self.codec.endswith(_INTEGERS)

    @property
    def edge_blur_s(self) -> float:
        """The most by which the codec may spread an edge: its noise fills a whole block.

        Opus codes speech in frames of 20 ms and keeps edges within about half of one; MP3 and AAC
        spread them over a granule of 576 samples or a frame of 1024, Vorbis over 1024 at most.
        Linear samples, µ-law and A-law stand for themselves.
        """
        if "opus" in self.codec:
            return 0.010
        blocks = (("mp3", 576), ("aac", 1024), ("vorbis", 1024))
        samples = next((size for name, size in blocks if name in self.codec), 0)
        return samples / self.sample_rate

    @property
    def end_blur_s(self) -> float:
        """The most by which the codec may spread an end: as for an edge, except for Opus.

        Its predictors ring on after a sharp end for up to three frames, by the tuning part of the
        accuracy corpus at 24 kbit/s.
        """
        return 0.060 if "opus" in self.codec else self.edge_blur_s


def probe(path: Path) -> DecodedFormat:
    """Look at a file without decoding it. Raises :class:`IntakeError` where it cannot be read."""
    try:
        if not path.is_file():
            raise IntakeError("no such file", where=path, remedy="check the path")
        if path.stat().st_size == 0:
            raise IntakeError("the file is empty", where=path, remedy=_AGAIN)
        claimed, container_name = claim(path), container(path)
    except OSError as error:
        raise IntakeError(
            f"cannot be read ({error.strerror})", where=path, remedy="check that it is readable"
        ) from error
    if claimed.broken_off is not None:
        raise IntakeError(f"truncated: {claimed.broken_off}", where=path, remedy=_AGAIN)
    if claimed.left_over is not None:
        raise IntakeError(claimed.left_over, where=path, remedy=_MEND)
    found = None if container_name else _probe_sndfile(path, claimed)
    found = found or _probe_av(path, container_name, claimed)
    if not _RATES[0] <= found.sample_rate <= _RATES[1]:
        raise IntakeError(
            f"{found.sample_rate} samples a second",
            where=path,
            remedy="give 8 to 48 kHz",
        )
    return found


def decode(
    path: Path,
    found: DecodedFormat,
    block_s: float = BLOCK_S,
    timeline: StampedTimeline | None = None,
) -> Iterator[Float32]:
    """The file's audio as float32 blocks of shape ``(channels, n)``, full scale 1.0.

    ``timeline`` collects what the container's time stamps changed.
    Raises :class:`IntakeError` where it ends before its header says, or breaks in the middle.
    """
    frames = max(int(block_s * found.sample_rate), 1)
    timeline = timeline or StampedTimeline(path, found.stamp_jitter_s)
    if found.container is None:
        blocks = _decode_sndfile(path, frames)
    else:
        pieces = _trimmed(_decode_av(path, found, timeline), found.claim.delay_samples)
        blocks = _gathered(pieces, found.channels, frames)
    samples = 0
    for block in blocks:
        samples += block.shape[1]
        yield block
    decoded_s = samples / found.sample_rate - timeline.start_s
    slack_s = max(_HEADER_SLACK_S, _PADDED_BLOCKS * found.edge_blur_s)
    if found.claimed_s is not None and decoded_s < found.claimed_s - slack_s:
        raise IntakeError(
            f"truncated: its header says {found.claimed_s:.1f} s, it holds {decoded_s:.1f} s",
            where=path,
            remedy=_AGAIN,
        )


def _open_sndfile(path: Path) -> Any:
    # By a descriptor, since soundfile takes a name that ends in .raw for a file without a header.
    return soundfile.SoundFile(os.open(path, os.O_RDONLY))


def _probe_sndfile(path: Path, claimed: HeaderClaim) -> DecodedFormat | None:
    try:
        with _open_sndfile(path) as file:
            if file.format not in _KINDS or file.subtype.startswith("MPEG"):
                return None
            codec = f"{file.format}/{file.subtype}".lower()
            container_name = None
            if claimed.to_end and file.channels <= 2:
                container_name = "flac" if file.format == "FLAC" else "wav"
            return DecodedFormat(
                codec, file.samplerate, file.channels, claimed.seconds, container_name, claimed
            )
    except soundfile.LibsndfileError:
        return None


def _decode_sndfile(path: Path, frames: int) -> Iterator[Float32]:
    try:
        with _open_sndfile(path) as file:
            # libsndfile takes ten times as long to make floats of 16 bits as numpy does, and numpy
            # half as long again where it parts the channels in the same pass.
            small = file.subtype == "PCM_16"
            dtype = "int16" if small else "float32"
            while len(block := file.read(frames, dtype=dtype, always_2d=True)):
                if small:
                    block = block.astype(np.float32)
                    block *= np.float32(1 / 32768)
                yield np.ascontiguousarray(block.T)
    except soundfile.LibsndfileError as error:
        raise _damaged(path, error) from error


def _open_av(path: Path, container_name: str) -> av.container.InputContainer:
    import av  # 0.1 s, and FFmpeg's libraries: only for who needs it

    options = _OPTIONS.get(container_name, {})
    return av.open(str(path), format=container_name, options=options, metadata_errors="replace")


def _probe_av(path: Path, container_name: str | None, claimed: HeaderClaim) -> DecodedFormat:
    if container_name is None:
        # G.722 and others that libsndfile does not know; what is no WAV is refused.
        container_name = "wav"
    from av.error import FFmpegError

    try:
        with _open_av(path, container_name) as opened:
            if not opened.streams.audio:
                raise IntakeError("no audio in it", where=path, remedy="give a recording of a call")
            stream = opened.streams.audio[0]
            codec = stream.codec_context
            if codec is None:  # FFmpeg knows no such codec, whatever PyAV's types say
                raise IntakeError(
                    "no audio that can be read in it",
                    where=path,
                    remedy="fetch the recording again, or convert it to WAV",
                )
            claimed_s = claimed.seconds
            # Where nothing states a length, FFmpeg estimates it by the bit rate.
            if container_name == "mov" and stream.duration is not None and stream.time_base:
                claimed_s = float(stream.duration * stream.time_base)
            name = codec.codec.canonical_name
            if container_name in ("ogg", "wav"):
                name = f"{container_name}/{name}"
            if container_name == "mov" and name != "aac":
                claimed = replace(claimed, delay_samples=0, delay_blur_samples=0)
            return DecodedFormat(
                name, codec.sample_rate, codec.channels, claimed_s, container_name, claimed
            )
    except (FFmpegError, ValueError) as error:
        raise _unreadable(path) from error


def _decode_av(
    path: Path, found: DecodedFormat, timeline: StampedTimeline
) -> Iterator[list[memoryview]]:
    """Each frame's channels, as the bytes of their float32 samples, until the next frame."""
    from av.audio.resampler import AudioResampler
    from av.error import FFmpegError

    assert found.container is not None
    # The rate and layout that were found: a stream that changes them midway keeps to the first.
    resampler = AudioResampler(
        format="fltp", layout="mono" if found.channels == 1 else "stereo", rate=found.sample_rate
    )
    rate, samples = found.sample_rate, 0
    try:
        with _open_av(path, found.container) as opened:
            stamped = _stamped(opened, found.container in _STAMPED)
            for frame, stamp_s, next_s in stamped:
                silent_s = timeline.silence_s(samples / rate, stamp_s, next_s)
                for silence in _silence(round(silent_s * rate), found.channels, rate):
                    samples += len(silence[0]) // _FLOAT_SIZE
                    yield silence
                as_wanted = (
                    frame.format.name == "fltp"
                    and frame.sample_rate == rate
                    and frame.layout.nb_channels == found.channels
                )
                for planar in [frame] if as_wanted else resampler.resample(frame):
                    samples += planar.samples
                    # An array a frame takes five times as long, by to_ndarray or np.frombuffer.
                    size = planar.samples * _FLOAT_SIZE
                    yield [memoryview(plane)[:size] for plane in planar.planes]
    except (FFmpegError, ValueError) as error:
        raise _damaged(path, error) from error


def _stamped(
    opened: av.container.InputContainer, believed: bool
) -> Iterator[tuple[av.AudioFrame, float | None, float | None]]:
    """Each frame, its stamp and the next one's, in seconds; ``None``: it has none."""
    last: tuple[av.AudioFrame, float | None] | None = None
    for frame in opened.decode(opened.streams.audio[0]):
        stamp_s = frame.time if believed else None
        if last is not None:
            yield *last, stamp_s
        last = frame, stamp_s
    if last is not None:
        yield *last, None


def _silence(samples: int, channels: int, rate: int) -> Iterator[list[memoryview]]:
    """That many samples of silence, in pieces of a second."""
    while samples > 0:
        size = min(samples, rate)
        yield [memoryview(bytes(size * _FLOAT_SIZE))] * channels
        samples -= size


def _trimmed(pieces: Iterator[list[memoryview]], samples: int) -> Iterator[list[memoryview]]:
    """The same audio without so many samples in front."""
    left = samples * _FLOAT_SIZE
    for piece in pieces:
        size = len(piece[0])
        if left < size:
            yield [side[left:] for side in piece] if left else piece
        left = max(left - size, 0)


def _gathered(pieces: Iterator[list[memoryview]], channels: int, frames: int) -> Iterator[Float32]:
    """The same audio in blocks of up to that many frames, or of one piece that is longer."""
    block = np.empty((channels, 0), dtype=np.float32)
    sides = _bytes_of(block)
    at = 0
    for piece in pieces:
        size = len(piece[0])
        if at + size > len(sides[0]):
            if at:
                yield block[:, : at // _FLOAT_SIZE]
            block = np.empty((channels, max(frames, size // _FLOAT_SIZE)), dtype=np.float32)
            sides, at = _bytes_of(block), 0
        for side, samples in zip(sides, piece, strict=True):
            side[at : at + size] = samples
        at += size
    if at:
        yield block[:, : at // _FLOAT_SIZE]


def _bytes_of(block: Float32) -> list[memoryview]:
    return [memoryview(side.view(np.uint8)) for side in block]


def _unreadable(path: Path) -> IntakeError:
    return IntakeError(
        "not audio that can be read",
        where=path,
        remedy="give WAV, FLAC, Ogg, MP3 or M4A",
    )


def _damaged(path: Path, error: Exception) -> IntakeError:
    said = getattr(error, "error_string", None) or str(error)
    return IntakeError(
        f"damaged ({' '.join(said.split())})",
        where=path,
        remedy="fetch the recording again, or convert it to WAV",
    )
