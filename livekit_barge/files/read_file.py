"""Reads a user's file, if it is a regular file of a plausible size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# Events, turns and results of a day-long call are a tenth of it.
MOST_BYTES = 1_000_000_000


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the file's bytes. Raises :class:`OSError`, also for a pipe or an endless device."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # reading a directory raises by itself
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data
