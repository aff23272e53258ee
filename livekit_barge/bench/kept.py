"""A run's results on disk: ``results.jsonl``, a case a line, so that a run goes on where it was.

A line is appended as its case ends, and says by ``made_from`` what it was made from: once the case
or the version changes, it is made again. A line cut short by a kill, or damaged, is dropped. When a
run ends the lines are put in the order of its cases, so that equal runs leave equal bytes whatever
the number of workers; results of other cases, of runs that used the folder before, follow.

DuckDB reads it as it is: ``SELECT unnest(events, recursive := true) FROM 'results.jsonl'``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from livekit_barge.bench.results import CaseResult
from livekit_barge.call.fields import parse
from livekit_barge.errors import SettingsError

RESULTS_FILE = "results.jsonl"


class Kept:
    """The results in a folder. Only where each line begins is held in memory.

    Raises :class:`SettingsError` where nothing can be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESULTS_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self._path.open("a+b")
        except OSError as error:
            raise SettingsError(
                f"no results can be kept there ({error.strerror})",
                where=folder,
                remedy="choose another folder",
            ) from error
        self._lines: dict[str, int] = {}
        """Where a result's line begins, by its case's digest."""
        self._index()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def get(self, digest: str) -> CaseResult | None:
        """The result of a case, if it was played; what could not be is tried again."""
        if (at := self._lines.get(digest)) is None:
            return None
        self._file.seek(at)
        try:
            result = CaseResult.from_line(self._file.readline())
        except ValueError:
            del self._lines[digest]  # damaged
            return None
        return result if result.error is None else None

    def put(self, digest: str, result: CaseResult) -> None:
        """Write a result; it is safe from a kill of this process when this returns."""
        self._file.seek(0, os.SEEK_END)
        self._lines[digest] = self._file.tell()
        self._file.write(_line(digest, result))
        self._file.flush()

    def order(self, digests: Iterable[str]) -> None:
        """Put the lines in this order, those of other cases behind."""
        first = dict.fromkeys(digest for digest in digests if digest in self._lines)
        others = sorted(self._lines.keys() - first.keys())
        ordered = self._path.with_suffix(f".{os.getpid()}")
        with ordered.open("wb") as file:
            for digest in (*first, *others):
                self._file.seek(self._lines[digest])
                file.write(self._file.readline())
        self._file.close()
        ordered.replace(self._path)
        self._file = self._path.open("a+b")
        self._index()

    def _index(self) -> None:
        self._lines.clear()
        self._file.seek(0)
        at = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                self._file.truncate(at)  # cut short
                return
            if (digest := _made_from(line)) is not None:
                self._lines[digest] = at
            at += len(line)


def _line(digest: str, result: CaseResult) -> bytes:
    document = result.to_json() | {"made_from": digest}
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _made_from(line: bytes) -> str | None:
    """The digest that a line is kept under; ``None``: it is damaged, or none of ours."""
    try:
        document = parse(line)
    except ValueError:
        return None
    digest = document.get("made_from") if isinstance(document, dict) else None
    return digest if isinstance(digest, str) else None
