"""Compares the size that a WAV's header gives its audio with what the file holds.

A recorder that streams leaves a placeholder; one that passes 4 GiB leaves the size's lower 32 bits;
one that crashed or was restarted leaves an old size. libsndfile believes all of these as far as it
can, and reads the rest of the file as nothing.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

_CHUNKS_MOST = 1000
# Sizes that stand for "not known yet": 0; from 7ffff000 to 7fffffff, which SoX and others write,
# less what they take off for the header; ffffffff, and what is as near to it.
_ZERO = 0
_SIGNED = range(0x7FFF_F000 - 0x100, 0x8000_0000)
_UNSIGNED = range(0xFFFF_F000 - 0x100, 0x1_0000_0000)
WRAP = 1 << 32
"""A chunk's size is counted modulo this."""
# What may lie behind the audio without being chunks: padding, or a tag of 128 bytes.
_LEFTOVER_S = 0.1


@dataclass(frozen=True)
class WavData:
    """The audio of a WAV file, by its header and by the file's length."""

    seconds: float | None = None
    """The audio's length; ``None``: the header does not know it."""
    to_end: bool = False
    """The header's size is a placeholder or has wrapped: the audio lasts to the file's end."""
    left_over: str | None = None
    """The bytes after the audio that are neither a chunk nor padding."""


def wav_data(file: BinaryIO) -> WavData:
    """Find the audio of a WAV file, from behind the 12 bytes that it begins with."""
    end = os.fstat(file.fileno()).st_size
    bytes_a_second, wide = 0, 0
    for _ in range(_CHUNKS_MOST):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, size = struct.unpack("<4sI", chunk)
        body = file.tell()
        if name == b"ds64":
            wide = int.from_bytes(file.read(16)[8:], "little")
        elif name == b"fmt ":
            bytes_a_second = int.from_bytes(file.read(12)[8:], "little")
        elif name == b"data":
            if size == 0xFFFF_FFFF and wide:
                return WavData(wide / bytes_a_second if bytes_a_second else None)
            return _measured(file, body, size, end, bytes_a_second)
        file.seek(body + size + size % 2)
    return WavData()


def _measured(file: BinaryIO, body: int, size: int, end: int, bytes_a_second: int) -> WavData:
    held = end - body
    if size == _ZERO and _only_chunks(file, body, end):
        return WavData(0.0)  # a recording of nothing, tagged
    if size == _ZERO or (size > held and (size in _SIGNED or size in _UNSIGNED)):
        return WavData(to_end=True)
    if bytes_a_second == 0:
        return WavData()
    if size in _UNSIGNED and held - size >= bytes_a_second * _LEFTOVER_S:
        return WavData(held / bytes_a_second, to_end=True)
    slack = max(bytes_a_second * _LEFTOVER_S, 2)
    if held - size < slack or _only_chunks(file, body + size + size % 2, end):
        return WavData(size / bytes_a_second)
    for whole in range(size + WRAP, held + 1, WRAP):
        if held - whole < slack or _only_chunks(file, body + whole + whole % 2, end):
            return WavData(whole / bytes_a_second, to_end=True)
    return WavData(
        left_over=f"its header counts {size / bytes_a_second:.1f} s of audio, and "
        f"{(held - size) / bytes_a_second:.1f} s follow that it does not count"
    )


def _only_chunks(file: BinaryIO, at: int, end: int) -> bool:
    """Return whether nothing but chunks lies between ``at`` and the file's end."""
    for _ in range(_CHUNKS_MOST):
        if at >= end - 1:  # an odd chunk may lack its padding
            return True
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or not all(0x20 <= letter < 0x7F for letter in head[:4]):
            return False
        if head[:4] in (b"RIFF", b"RF64", b"BW64"):  # another file, put behind this one
            return False
        size = int.from_bytes(head[4:], "little")
        at += 8 + size + size % 2
        if at > end + 1:
            return False
    return False
