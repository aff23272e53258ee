"""Where a command writes: what it was asked for into a file or to standard output, what it could
not do to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from livekit_barge.errors import SettingsError


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file, to write text to; ``-`` is standard output.

    Raises :class:`SettingsError` where it cannot be written.
    """
    if path == Path("-"):
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise SettingsError(
            f"cannot be written ({error.strerror})", where=path, remedy="check the path"
        ) from error
    with file:
        yield file


def refuse(error: object) -> None:
    """Tell in one line what cannot be done."""
    # A name may hold a line break, or bytes that are no text.
    text = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode()
    print(f"livekit-barge: {text}", file=sys.stderr)
