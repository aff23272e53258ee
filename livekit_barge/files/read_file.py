"""Reads a file of the user's whole: one that is a file, and no longer than one that was meant."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# No file of ours is longer: events, turns and results of a day-long call are a tenth of it.
MOST_BYTES = 1_000_000_000


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Raises :class:`OSError`, also for what would wait for a writer or go on without end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a directory, reading says so
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data
