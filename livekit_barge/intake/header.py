"""Reads from a file's own bytes its kind, its length and its end, which the decoders do not tell.

Decoders cut a WAV's claim down to what the file holds, read an Ogg file up to where it broke off,
and count an MP3's frames rather than believe its header: each would pass a truncated recording off
as a whole one. They also stop where the first of several joined files ends, or where the header
says. Only headers are read, and nothing is allocated by what they say.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from livekit_barge.intake.riff import wav_data

_CHUNKS_MOST = 1000
# An Ogg page: 27 bytes, a table of up to 255 sizes, as many segments of up to 255 bytes.
_PAGE_MOST = 27 + 255 + 255 * 255
_ENDS_STREAM = 0x04
_LACING = 26
# What Matroska begins with, and what holds all of it but its header.
_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
# An MP3's count of bytes may include a tag at its end that was taken off: 128 bytes.
_PADDING_MOST = 128
_WAV = (b"RIFF", b"RF64", b"BW64")
# What libsndfile reads besides; W64 begins with a lower-case RIFF.
_OTHERS = (b"riff", b"fLaC", b"FORM", b".snd", b"caff")
# What LAME and the decoder of an MP3 put in front together, and how far other encoders differ.
_MP3_DELAY, _MP3_DELAY_BLUR = 576 + 529, 576
# AAC encoders put one to two frames in front: FFmpeg's 1024 samples, Apple's 2112.
_AAC_DELAY, _AAC_DELAY_BLUR = 1024, 1088
# An index is read at once up to this size: it takes about 1 MB an hour.
_INDEX_MOST = 64 << 20


@dataclass(frozen=True)
class HeaderClaim:
    """A file's word on its own length and end."""

    seconds: float | None = None
    """Its length by its header; ``None``: it does not say."""
    broken_off: str | None = None
    """The evidence that the file ends where its writer stopped."""
    left_over: str | None = None
    """The evidence that the file goes on past its header's count, with what may not be audio."""
    to_end: bool = False
    """Its audio lasts to its end, which its header does not know."""
    joined: bool = False
    """It is several files of one kind, put end to end."""
    unmarked: bool = False
    """Its end carries no mark, as if the recorder were still at it."""
    delay_samples: int = 0
    """The encoder's delay, as nearly as is known, if the decoder cannot know it."""
    delay_blur_samples: int = 0
    """The uncertainty of that delay."""


def claim(path: Path) -> HeaderClaim:
    """Return what the file says of itself; nothing where its kind says nothing."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in _WAV and head[8:] == b"WAVE":
            data = wav_data(file)
            return HeaderClaim(data.seconds, left_over=data.left_over, to_end=data.to_end)
        if head[:4] == b"OggS":
            return _ogg(file)
        if head[4:8] == b"ftyp":
            return _mp4(file)
        if head[:4] == _EBML:
            return _matroska(file)
        tag = _tag_size(head)
        file.seek(tag)
        frame = file.read(200)
        if frame[:4] == b"fLaC":
            return _flac(file, tag, frame)
        if container_of(frame) == "aac":
            return HeaderClaim(delay_samples=_AAC_DELAY, delay_blur_samples=_AAC_DELAY_BLUR)
        return _mp3(file, tag, frame)


def container(path: Path) -> str | None:
    """FFmpeg's name for the file's kind, where FFmpeg reads it; ``None``: libsndfile does."""
    with path.open("rb") as file:
        head = file.read(12)
        if tag := _tag_size(head):
            file.seek(tag)
            behind = file.read(12)
            return None if behind[:4] == b"fLaC" else container_of(behind) or "mp3"
    return container_of(head)


def looks_like_audio(path: Path) -> bool:
    """Return whether the first bytes are those of a kind of file that can be read."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] in (*_WAV, *_OTHERS) or head[:3] == b"ID3" or container_of(head) is not None


def container_of(head: bytes) -> str | None:
    """FFmpeg's name for what it reads better than libsndfile, by a file's first 12 bytes.

    FFmpeg is told which it is and never left to guess: its guesses include playlists, which name
    other files.
    """
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:4] == _EBML:
        return "matroska"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xE6 in (0xE2, 0xE4):
        return "mp3"
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xF6 == 0xF0:
        return "aac"
    return None


def _tag_size(head: bytes) -> int:
    """Return how many bytes an ID3 tag takes at the beginning; 0: there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    shifts = (21, 14, 7, 0)
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], shifts, strict=True))


def _flac(file: BinaryIO, at: int, head: bytes) -> HeaderClaim:
    """Check the count of samples, which is 0 if the file was written to a pipe."""
    rate_and_count = int.from_bytes(head[18:26], "big")
    samples, rate = rate_and_count & (1 << 36) - 1, rate_and_count >> 44
    joined = _found(file, b"fLaC\0\0\0\x22", at + 4)
    known = samples > 0 and rate > 0 and not joined
    return HeaderClaim(samples / rate if known else None, to_end=not known, joined=joined)


def _found(file: BinaryIO, mark: bytes, at: int) -> bool:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(mark, at) >= 0


def _ogg(file: BinaryIO) -> HeaderClaim:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 2 * _PAGE_MOST, 0))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0:
        return HeaderClaim(broken_off="its last page is not to be found")
    header = tail[page : page + 27]
    table = tail[page + 27 : page + 27 + (header[_LACING] if len(header) > _LACING else 0)]
    whole = len(header) == 27 and len(table) == header[_LACING]
    if not whole or page + 27 + len(table) + sum(table) > len(tail):
        return HeaderClaim(broken_off="its last page is cut short")
    return HeaderClaim(unmarked=not header[5] & _ENDS_STREAM)


def _mp4(file: BinaryIO) -> HeaderClaim:
    """Check the boxes: with the index at the end, a file that was cut short has none."""
    end = file.seek(0, os.SEEK_END)
    at, placed = 0, False
    for _ in range(_CHUNKS_MOST):
        file.seek(at)
        box = file.read(16)
        if len(box) < 8:
            break
        size = int.from_bytes(box[:4], "big")
        if size == 1:
            size = int.from_bytes(box[8:], "big")
        if size == 0:  # it lasts to the end, however far that is
            break
        if at + size > end:
            return HeaderClaim(broken_off=_short(size, end - at))
        if box[4:8] == b"moov":
            file.seek(at)
            index = file.read(min(size, _INDEX_MOST))
            placed = b"elst" in index or b"iTunSMPB" in index
        at += max(size, 8)
    if placed:
        return HeaderClaim()
    # No edit list, as in a fragmented file: nothing says what the encoder put in front.
    return HeaderClaim(delay_samples=_AAC_DELAY, delay_blur_samples=_AAC_DELAY_BLUR)


def _matroska(file: BinaryIO) -> HeaderClaim:
    """Check the size of the one segment; a writer of a running call leaves it open."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    for _ in range(2):
        name = file.read(4)
        size = _ebml_size(file)
        if size is None:
            return HeaderClaim()
        if name == _SEGMENT:
            held = end - file.tell()
            return HeaderClaim(broken_off=_short(size, held) if size > held else None)
        file.seek(size, os.SEEK_CUR)
    return HeaderClaim()


def _ebml_size(file: BinaryIO) -> int | None:
    """``None``: not known."""
    first = file.read(1)
    length = 9 - first[0].bit_length() if first else 9
    rest = file.read(length - 1)
    if length > 8 or len(rest) < length - 1:
        return None
    size = int.from_bytes(first + rest, "big") - (1 << 7 * length)
    return None if size == (1 << 7 * length) - 1 else size


def _short(size: int, held: int) -> str:
    return f"its header says {size} bytes, it holds {held}"


def _mp3(file: BinaryIO, start: int, frame: bytes) -> HeaderClaim:
    """Check the frame in which encoders state how many frames and bytes follow."""
    end = file.seek(0, os.SEEK_END)
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return HeaderClaim()
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    version, index = (frame[1] >> 3) & 3, (frame[2] >> 2) & 3
    if at < 0 or len(frame) < at + 16 or index == 3 or version == 1:
        return HeaderClaim(delay_samples=_MP3_DELAY, delay_blur_samples=_MP3_DELAY_BLUR)
    rate = (44_100, 48_000, 32_000)[index] >> {3: 0, 2: 1, 0: 2}[version]
    frames, size = struct.unpack(">II", frame[at + 8 : at + 16])
    has_frames, has_size = frame[at + 7] & 1, frame[at + 7] & 2
    if has_frames and has_size and start + size > end + _PADDING_MOST:
        return HeaderClaim(broken_off=_short(size, end - start))
    joined = bool(has_frames and has_size) and _mp3_at(file, start + size)
    return HeaderClaim(
        frames * (1152 if version == 3 else 576) / rate if has_frames else None, joined=joined
    )


def _mp3_at(file: BinaryIO, at: int) -> bool:
    """Return whether more of an MP3 begins there, be it with a tag."""
    file.seek(at)
    head = file.read(12)
    return head[:3] == b"ID3" or container_of(head) == "mp3"
