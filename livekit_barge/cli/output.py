"""Writes what a command answers to a file or to standard output, and errors to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.files import private
from livekit_barge.report.screen import one_line


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a file to write text to; ``-`` is standard output.

    Raises :class:`SettingsError` if it cannot be written.
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
    """Make standard output report in one line that it cannot be written, as a file does."""
    out = sys.__stdout__
    if out is None or sys.stdout is not out:
        return  # closed, or replaced
    raw = _Raw(out.fileno(), "w", closefd=False)
    raw.name = "standard output"
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=out.encoding,
        errors=out.errors,
        line_buffering=out.line_buffering,
    )


def let_output_go() -> None:
    """Drop what standard output does not take: Python tries to write it again at exit."""
    try:
        print(end="", flush=True)
    except (BargeError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Raw(io.FileIO):
    """A file that names itself also when a late write fails, as on a disk that fills up."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise  # the reader has seen enough
        except OSError as error:
            raise _unwritable(self.name, error, "free some space, or write elsewhere") from error


def _unwritable(where: object, error: OSError, remedy: str) -> SettingsError:
    return SettingsError(f"cannot be written ({error.strerror})", where=where, remedy=remedy)


def refuse(error: object) -> None:
    """Report on standard error, in one line, what cannot be done."""
    # A name may hold a line break, bytes that are not text, or control characters.
    text = str(error).encode("utf-8", "backslashreplace").decode()
    print(f"livekit-barge: {one_line(text)}", file=sys.stderr)


def print_parts(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print the parts that a renderer made, one below the other."""
    for part in parts:
        whole = isinstance(part, Text) and bool(part.no_wrap)
        console.print(part, highlight=False, soft_wrap=whole)


def print_notes(console: Console, notes: Iterable[str]) -> None:
    """Print each note of a call on a line of its own."""
    for note in notes:
        console.print(f"note: {note}", highlight=False, soft_wrap=True)
