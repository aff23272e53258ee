"""Where a command writes: what it was asked for into a file or to standard output, what it could
not do to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.files import private
from livekit_barge.report.screen import one_line


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file, to write text to; ``-`` is standard output.

    Raises :class:`SettingsError` where it cannot be written.
    """
    if path == Path("-"):
        yield sys.stdout
        return
    try:
        raw = _Raw(path, "w", opener=private.opener)
    except OSError as error:
        raise _unwritable(path, error, "check the path") from error
    buffered = io.BufferedWriter(raw)
    with io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace") as file:
        yield file


def guard_output() -> None:
    """Have standard output say in one line that it cannot be written, as a file does."""
    out = sys.__stdout__
    if out is None or sys.stdout is not out:
        return  # closed, or somebody's in place of it
    raw = _Raw(out.fileno(), "w", closefd=False)
    raw.name = "standard output"
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=out.encoding,
        errors=out.errors,
        line_buffering=out.line_buffering,
    )


def let_output_go() -> None:
    """Leave what standard output does not take: Python writes it once more at its end."""
    try:
        print(end="", flush=True)
    except (BargeError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Raw(io.FileIO):
    """What is written may fail late, on a disk that fills up: then, too, it is said where."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise  # whoever read it has seen enough
        except OSError as error:
            raise _unwritable(self.name, error, "make room, or write elsewhere") from error


def _unwritable(where: object, error: OSError, remedy: str) -> SettingsError:
    return SettingsError(f"cannot be written ({error.strerror})", where=where, remedy=remedy)


def refuse(error: object) -> None:
    """Tell in one line what cannot be done."""
    # A name may hold a line break, bytes that are no text, or what steers a terminal.
    text = str(error).encode("utf-8", "backslashreplace").decode()
    print(f"livekit-barge: {one_line(text)}", file=sys.stderr)
