"""Makes files and folders that only their owner can read: they hold what callers said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, cast


def opener(path: str, flags: int) -> int:
    """Open a file for ``open(…, opener=…)``; a new one is readable by its owner only."""
    return os.open(path, flags, 0o600)


def make_folder(path: Path, *, exist_ok: bool = True) -> None:
    """Make a folder and its missing parents, for the owner only.

    Raises ``OSError``, also if it exists and ``exist_ok`` is false.
    """
    for above in reversed(path.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=exist_ok)


def binary(path: Path, mode: str) -> IO[bytes]:
    """Open a file for bytes; a new one is readable by its owner only."""
    return cast(IO[bytes], open(path, mode, opener=opener))


def write(path: Path, text: str) -> None:
    """Write a file for the owner only, in UTF-8. Raises ``OSError``.

    Half a surrogate pair, as a file's name or a damaged text may hold, is written as its escape.
    """
    with open(path, "w", encoding="utf-8", errors="backslashreplace", opener=opener) as file:
        file.write(text)
