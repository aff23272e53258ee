"""Saves a batch's results, one folder per recording, so that a stopped batch can be resumed.

A folder's name follows from the recording's path, and a document in it is written completely or not
at all: a recording that is scored twice, by two workers or in two runs, still has one result. Each
document records what it was made from, and is made again once the recording or the options change.
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
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.measure.scorecard import Scorecard


@dataclass(frozen=True)
class Refused:
    """A recording that could not be scored."""

    file: str
    line: str
    """The error: where, what is wrong, and the remedy."""

    @classmethod
    def of(cls, path: Path, error: Exception) -> Self:
        """Use the text of an error that the user can fix; report any other as an internal error."""
        if isinstance(error, BargeError):
            return cls(str(path), str(error))
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        return cls(
            str(path), f"{path}: internal error of livekit_barge ({fault}) – please report it"
        )

    def to_json(self) -> dict[str, Any]:
        return {"schema": REFUSED_SCHEMA, "file": self.file, "error": self.line}


Result = Scorecard | Refused


def result_of(path: Path, order: ScoreOptions) -> Result:
    """Return the recording's scorecard, or why there is none; an internal error is reported too."""
    try:
        return score(path, order)
    except Exception as error:  # one recording must not end a batch of thousands
        return Refused.of(path, error)


@dataclass(frozen=True)
class Results:
    """The results of a batch, in a directory."""

    directory: Path
    order: ScoreOptions

    def prepare(self) -> None:
        """Make the directory. Raises :class:`IntakeError` if nothing can be written to it."""
        try:
            private.make_folder(self.directory)
            with TemporaryFile(dir=self.directory):
                pass
        except OSError as error:
            raise IntakeError(
                f"results cannot be written here ({error.strerror})",
                where=self.directory,
                remedy="choose another directory with --results",
            ) from error

    def make(self, path: Path) -> Result:
        """Score a recording and save the result."""
        return self.keep(path, result_of(path, self.order))

    def keep(self, path: Path, result: Result) -> Result:
        """Save the result of a recording in place of an earlier one, or return why it cannot be."""
        names = (CARD_FILE, REFUSED_FILE)
        name, other = names if isinstance(result, Scorecard) else names[::-1]
        document = result.to_json() | {"made_from": self._made_from(path)}
        folder = self._folder(path)
        try:
            private.make_folder(folder)
            _write(folder / name, line(document).encode())
            _take_away(folder / other)
        except OSError as error:
            what = f"its result cannot be written to {folder} ({error.strerror})"
            remedy = "free some space, or choose another directory with --results"
            return Refused.of(path, IntakeError(what, where=path, remedy=remedy))
        return result

    def kept(self, path: Path) -> Result | None:
        """Return the saved result, if it was made from the same recording and options."""
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
        # A file that could not be read is scored again once it can be.
        readable = os.access(path, os.R_OK)
        return _digest(repr((__version__, state, readable, self.order.plain())))


def _documents(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents that can be read."""
    for name in (CARD_FILE, REFUSED_FILE):
        try:
            document = parse(read_regular(folder / name))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict):
            yield document


def _result(document: dict[str, Any]) -> Result | None:
    """Return the result, or ``None`` if the document is damaged."""
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
    """Write the file completely or not at all."""
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
    """Delete the file, or an empty directory of that name; a directory's content is not ours."""
    if file.is_dir():
        file.rmdir()
    else:
        file.unlink(missing_ok=True)


def _digest(text: str) -> str:
    import hashlib  # only a batch needs it, and it loads OpenSSL

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
