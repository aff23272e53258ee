"""A batch's results on disk: a folder a recording, so that a batch goes on where it was stopped.

A folder's name follows from the recording's path, and a document in it is written whole or not at
all: a recording that is scored twice, by two workers or in two runs, still has one result. Each
document says what it was made from; once the recording or the options change, it is made again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

from livekit_barge import __version__
from livekit_barge.batch.source_files import inputs, state_of
from livekit_barge.call.fields import fault, line, parse
from livekit_barge.call.formats import CARD_FILE, REFUSED_FILE, REFUSED_SCHEMA
from livekit_barge.errors import BargeError, IntakeError
from livekit_barge.files import private
from livekit_barge.files.read_file import read_regular
from livekit_barge.intake.score_options import Order
from livekit_barge.intake.scoring import score
from livekit_barge.measure.scorecard import Scorecard


@dataclass(frozen=True)
class Refused:
    """A recording that could not be scored."""

    file: str
    line: str
    """What is wrong, where, and the remedy."""

    @classmethod
    def of(cls, path: Path, error: Exception) -> Self:
        """What the user can mend, in its own words; anything else is a fault of ours."""
        if isinstance(error, BargeError):
            return cls(str(path), str(error))
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        return cls(str(path), f"{path}: a fault of livekit_barge's ({fault}) – report it")

    def to_json(self) -> dict[str, Any]:
        return {"schema": REFUSED_SCHEMA, "file": self.file, "error": self.line}


Result = Scorecard | Refused


def result_of(path: Path, order: Order) -> Result:
    """The recording's scorecard, or why there is none; a fault of ours is told and ends nothing."""
    try:
        return score(path, order)
    except Exception as error:  # one recording that we fail at must not end a batch of thousands
        return Refused.of(path, error)


@dataclass(frozen=True)
class Results:
    """The results of a batch, in a directory."""

    directory: Path
    order: Order

    def prepare(self) -> None:
        """Make the directory. Raises :class:`IntakeError` where nothing can be kept in it."""
        try:
            private.make_folder(self.directory)
            with TemporaryFile(dir=self.directory):
                pass
        except OSError as error:
            raise IntakeError(
                f"results cannot be kept in it ({error.strerror})",
                where=self.directory,
                remedy="name another directory by --results",
            ) from error

    def make(self, path: Path) -> Result:
        """Score a recording and keep the result."""
        return self.keep(path, result_of(path, self.order))

    def keep(self, path: Path, result: Result) -> Result:
        """Write the result of a recording, in place of any it had; or tell why it is not kept."""
        names = (CARD_FILE, REFUSED_FILE)
        name, other = names if isinstance(result, Scorecard) else names[::-1]
        document = result.to_json() | {"made_from": self._made_from(path)}
        folder = self._folder(path)
        try:
            private.make_folder(folder)
            _write(folder / name, line(document).encode())
            _take_away(folder / other)
        except OSError as error:
            what = f"its result cannot be kept in {folder} ({error.strerror})"
            remedy = "make room, or name another directory by --results"
            return Refused.of(path, IntakeError(what, where=path, remedy=remedy))
        return result

    def kept(self, path: Path) -> Result | None:
        """The result of a recording, if it was made from just that with the same options."""
        for document in _documents(self._folder(path)):
            if document.get("made_from") == self._made_from(path):
                return _result(document)
        return None

    def _folder(self, path: Path) -> Path:
        whole = os.path.realpath(path)
        readable = re.sub(r"[^\w.-]+", "-", path.name)[:60]
        return self.directory / f"{readable}-{_digest(whole)[:12]}"

    def _made_from(self, path: Path) -> str:
        states = map(state_of, inputs(path, self.order))
        state = [(each.st_size, each.st_mtime_ns) for each in states if each]
        # One that could not be read is scored again once it can be.
        readable = os.access(path, os.R_OK)
        return _digest(repr((__version__, state, readable, self.order.plain())))


def _documents(folder: Path) -> Iterator[dict[str, Any]]:
    """Those that can be read: what is damaged is not kept."""
    for name in (CARD_FILE, REFUSED_FILE):
        try:
            document = parse(read_regular(folder / name))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict):
            yield document


def _result(document: dict[str, Any]) -> Result | None:
    """``None``: it is damaged."""
    result: Result
    try:
        if document["schema"] == REFUSED_SCHEMA:
            result = Refused(document["file"], document["error"])
        else:
            result = Scorecard.from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return result if fault(type(result), vars(result)) is None else None


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with private.binary(unfinished, "wb") as out:
            out.write(data)
        if file.is_dir():
            _take_away(file)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _take_away(file: Path) -> None:
    """Also an empty directory of that name; what is in one is not ours to delete."""
    if file.is_dir():
        file.rmdir()
    else:
        file.unlink(missing_ok=True)


def _digest(text: str) -> str:
    import hashlib  # only a batch needs it, and it loads OpenSSL

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
