"""What a file's own bytes say of its length and its end, where the decoders would not tell.

libsndfile cuts a WAV's claim down to what the file holds, reads an Ogg file up to where it broke
off, and counts an MP3's frames rather than believe it: each would pass a truncated recording off
as a whole one. Only headers are read, and nothing is allocated by what they say.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# What a writer that does not know the length yet leaves there, such as one that writes to a pipe.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
_CHUNKS_MOST = 1000
# An Ogg page: 27 bytes, a table of up to 255 sizes, as many segments of up to 255 bytes.
_PAGE_MOST = 27 + 255 + 255 * 255
_ENDS_STREAM = 0x04
_LACING = 26
# What Matroska begins with, and what holds all of it but its header.
_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
# An MP3's count of bytes may include a tag at its end that was taken off: 128 bytes.
_PADDING_MOST = 128


@dataclass(frozen=True)
class Claim:
    """A file's word on its own end."""

    seconds: float | None = None
    """Its length by its header; ``None``: it does not say."""
    broken_off: str | None = None
    """What shows that it goes no further than its writer got."""


def claim(path: Path) -> Claim:
    """What the file says of itself; nothing where its kind says nothing."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
            return Claim(_wav_s(file))
        if head[:4] == b"OggS":
            return _ogg(file)
        if head[4:8] == b"ftyp":
            return _mp4(file)
        if head[:4] == _EBML:
            return _matroska(file)
        return _mp3(file)


def looks_like_audio(path: Path) -> bool:
    """Whether the first bytes are those of a kind of file that can be read."""
    with path.open("rb") as file:
        head = file.read(12)
    return (
        head[:4] in (b"RIFF", b"RF64", b"BW64", b"fLaC", b"OggS", b"FORM", b".snd", b"caff")
        or container_of(head) is not None
    )


def container_of(head: bytes) -> str | None:
    """FFmpeg's name for what libsndfile does not read, by a file's first 12 bytes.

    FFmpeg is told which it is and never left to guess: its guesses include playlists, which name
    other files.
    """
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:4] == _EBML:
        return "matroska"
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE6 in (0xE2, 0xE4)):
        return "mp3"
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xF6 == 0xF0:
        return "aac"
    return None


def _wav_s(file: BinaryIO) -> float | None:
    bytes_a_second, wide = 0, 0
    for _ in range(_CHUNKS_MOST):
        chunk = file.read(8)
        if len(chunk) < 8:
            return None
        name, size = struct.unpack("<4sI", chunk)
        body = file.tell()
        if name == b"ds64":
            wide = int.from_bytes(file.read(16)[8:], "little")
        elif name == b"fmt ":
            bytes_a_second = int.from_bytes(file.read(12)[8:], "little")
        elif name == b"data":
            if size == 0xFFFFFFFF and wide:
                size = wide
            known = size not in _UNKNOWN_SIZES and bytes_a_second > 0
            return size / bytes_a_second if known else None
        file.seek(body + size + size % 2)
    return None


def _ogg(file: BinaryIO) -> Claim:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 2 * _PAGE_MOST, 0))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0:
        return Claim(broken_off="its last page is not to be found")
    header = tail[page : page + 27]
    table = tail[page + 27 : page + 27 + (header[_LACING] if len(header) > _LACING else 0)]
    whole = len(header) == 27 and len(table) == header[_LACING]
    if not whole or page + 27 + len(table) + sum(table) > len(tail):
        return Claim(broken_off="its last page is cut short")
    if not header[5] & _ENDS_STREAM:
        return Claim(broken_off="its last page is not marked as the last")
    return Claim()


def _mp4(file: BinaryIO) -> Claim:
    """By the boxes it is made of: where the index is at the end, a file cut short has none."""
    end = file.seek(0, os.SEEK_END)
    at = 0
    for _ in range(_CHUNKS_MOST):
        file.seek(at)
        box = file.read(16)
        if len(box) < 8:
            break
        size = int.from_bytes(box[:4], "big")
        if size == 1:
            size = int.from_bytes(box[8:], "big")
        if size == 0:  # it goes on to the end, however far that is
            break
        if at + size > end:
            return Claim(broken_off=_short(size, end - at))
        at += max(size, 8)
    return Claim()


def _matroska(file: BinaryIO) -> Claim:
    """By the size of its one segment; who writes as the call goes on leaves that open."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    for _ in range(2):
        name = file.read(4)
        size = _ebml_size(file)
        if size is None:
            return Claim()
        if name == _SEGMENT:
            held = end - file.tell()
            return Claim(broken_off=_short(size, held) if size > held else None)
        file.seek(size, os.SEEK_CUR)
    return Claim()


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


def _mp3(file: BinaryIO) -> Claim:
    """By the frame that encoders put in front to say how many frames and bytes follow."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:
        shifts = (21, 14, 7, 0)
        start = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:], shifts, strict=True)
        )
    file.seek(start)
    frame = file.read(200)
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return Claim()
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    version, index = (frame[1] >> 3) & 3, (frame[2] >> 2) & 3
    if at < 0 or len(frame) < at + 16 or index == 3 or version == 1:
        return Claim()
    rate = (44_100, 48_000, 32_000)[index] >> {3: 0, 2: 1, 0: 2}[version]
    frames, size = struct.unpack(">II", frame[at + 8 : at + 16])
    has_frames, has_size = frame[at + 7] & 1, frame[at + 7] & 2
    if has_frames and has_size and start + size > end + _PADDING_MOST:
        return Claim(broken_off=_short(size, end - start))
    return Claim(frames * (1152 if version == 3 else 576) / rate if has_frames else None)
