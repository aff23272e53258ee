"""Makes files and folders that only their owner can read: what callers said is in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, cast


def opener(path: str, flags: int) -> int:
    """For ``open(…, opener=…)``: a file that is made is the owner's alone."""
    return os.open(path, flags, 0o600)


def make_folder(path: Path, *, exist_ok: bool = True) -> None:
    """Make a folder, and those above it that are not there, for the owner alone.

    Raises ``OSError``, also where it exists unless ``exist_ok``.
    """
    for above in reversed(path.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=exist_ok)


def binary(path: Path, mode: str) -> IO[bytes]:
    """Open a file for bytes; one that is made is the owner's alone."""
    return cast(IO[bytes], open(path, mode, opener=opener))


def write(path: Path, text: str) -> None:
    """Write a file for the owner alone, in UTF-8. Raises ``OSError``.

    Half a surrogate pair, as a file's name or a damaged text may hold, stands as its escape.
    """
    with open(path, "w", encoding="utf-8", errors="backslashreplace", opener=opener) as file:
        file.write(text)
