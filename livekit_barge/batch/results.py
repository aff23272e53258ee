"""A batch's results on disk: a folder a recording, so that a batch goes on where it was stopped.

A folder's name follows from the recording's path, and a document in it is written whole or not at
all: a recording that is scored twice, by two workers or in two runs, still has one result. Each
document says what it was made from; once the recording or the options change, it is made again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from livekit_barge import __version__
from livekit_barge.batch.inputs import inputs, state_of
from livekit_barge.call.fields import encode
from livekit_barge.errors import BargeError
from livekit_barge.intake.order import Order
from livekit_barge.intake.scoring import score
from livekit_barge.measure.scorecard import Scorecard

CARD_FILE = "scorecard.json"
REFUSED_FILE = "refused.json"
REFUSED_SCHEMA = "livekit-barge/refused/1"


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

    def make(self, path: Path) -> Result:
        """Score a recording and keep the result."""
        result = result_of(path, self.order)
        self.keep(path, result)
        return result

    def keep(self, path: Path, result: Result) -> None:
        """Write the result of a recording, in place of any it had."""
        folder = self._folder(path)
        folder.mkdir(parents=True, exist_ok=True)
        names = (CARD_FILE, REFUSED_FILE)
        name, other = names if isinstance(result, Scorecard) else names[::-1]
        document = result.to_json() | {"made_from": self._made_from(path)}
        unfinished = folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(encode(json.dumps(document, ensure_ascii=False)))
        unfinished.replace(folder / name)
        (folder / other).unlink(missing_ok=True)

    def kept(self, path: Path) -> Result | None:
        """The result of a recording, if it was made from just that with the same options."""
        for document in _documents(self._folder(path)):
            if document.get("made_from") == self._made_from(path):
                return _result(document)
        return None

    def _folder(self, path: Path) -> Path:
        whole = str(path.resolve())
        readable = re.sub(r"[^\w.-]+", "-", path.name)[:60]
        return self.directory / f"{readable}-{_digest(whole)[:12]}"

    def _made_from(self, path: Path) -> str:
        states = map(state_of, inputs(path, self.order))
        state = [(each.st_size, each.st_mtime_ns) for each in states if each]
        return _digest(repr((__version__, state, self.order.plain())))


def _documents(folder: Path) -> Iterator[dict[str, Any]]:
    for name in (CARD_FILE, REFUSED_FILE):
        try:
            yield json.loads((folder / name).read_bytes())
        except FileNotFoundError:
            continue


def _result(document: dict[str, Any]) -> Result:
    if document["schema"] == REFUSED_SCHEMA:
        return Refused(document["file"], document["error"])
    return Scorecard.from_json(document)


def _digest(text: str) -> str:
    import hashlib  # only a batch needs it, and it loads OpenSSL

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
