"""A run's results on disk: ``results.jsonl``, a case a line, so that a run can resume.

A line is appended as its case ends, and says by ``made_from`` what it was made from: once the case
or the version changes, it is made again. A line cut short by a kill, or damaged, is dropped. When a
run ends the lines are put in the order of its cases, so that equal runs leave equal bytes whatever
the number of workers; results of other cases, of runs that used the folder before, follow. So the
``run.json`` of a finished run (:mod:`.finished`) goes as another begins.

A folder is one run's at a time: what two write at once would be lost.

DuckDB reads it as it is: ``SELECT unnest(events, recursive := true) FROM 'results.jsonl'``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from livekit_barge.call.fields import parse
from livekit_barge.call.formats import RESULTS_FILE, RUN_FILE
from livekit_barge.errors import SettingsError
from livekit_barge.files import private
from livekit_barge.suites.event_results import CaseResult

_LOCK_FILE = ".lock"


class ResultsStore:
    """The results in a folder. Only where each line begins is held in memory.

    Raises :class:`SettingsError` where nothing can be written, and where another run writes.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESULTS_FILE
        try:
            private.make_folder(folder)
            self._lock = private.binary(folder / _LOCK_FILE, "wb")
            _take(self._lock, folder)
            (folder / RUN_FILE).unlink(missing_ok=True)
            self._file: IO[bytes] = private.binary(self._path, "a+b")
        except OSError as error:
            raise SettingsError(
                f"results cannot be kept there ({error.strerror})",
                where=folder,
                remedy="choose another folder",
            ) from error
        self._lines: dict[str, int] = {}
        """The offset of each result's line, by its case's digest."""
        self._index()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            try:
                self._file.close()
            except OSError as unwritten:  # what is in its buffer still finds no room
                if error is None:
                    raise self._no_room(unwritten) from unwritten

    def get(self, digest: str) -> CaseResult | None:
        """Return the result of a case, if it was played; a case that failed is tried again."""
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
        """Write a result; when this returns, it survives a kill of this process."""
        try:
            at = self._file.seek(0, os.SEEK_END)
            self._file.write(_line(digest, result))
            self._file.flush()
        except OSError as error:
            raise self._no_room(error) from error
        self._lines[digest] = at

    def order(self, digests: Iterable[str]) -> None:
        """Put the lines in this order, followed by those of other cases."""
        first = dict.fromkeys(digest for digest in digests if digest in self._lines)
        others = sorted(self._lines.keys() - first.keys())
        ordered = self._path.with_suffix(f".{os.getpid()}")
        try:
            with private.binary(ordered, "wb") as file:
                for digest in (*first, *others):
                    self._file.seek(self._lines[digest])
                    file.write(self._file.readline())
            self._file.close()
            ordered.replace(self._path)
            self._file = private.binary(self._path, "a+b")
        except OSError as error:
            ordered.unlink(missing_ok=True)
            raise self._no_room(error) from error
        self._index()

    def _no_room(self, error: OSError) -> SettingsError:
        return SettingsError(
            f"cannot be written ({error.strerror})",
            where=self._path,
            remedy="free some space and run it again: it resumes",
        )

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


def _take(lock: IO[bytes], folder: Path) -> None:
    """Lock the folder until the file is closed. Raises :class:`SettingsError`."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing keeps two runs apart there
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise SettingsError(
            "another run is using this folder",
            where=folder,
            remedy="wait until it ends, or choose another folder",
        ) from error
    except OSError:  # a file system without locks
        return


def _line(digest: str, result: CaseResult) -> bytes:
    document = result.to_json() | {"made_from": digest}
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _made_from(line: bytes) -> str | None:
    """Return the digest that a line is kept under; ``None``: it is damaged, or not ours."""
    try:
        document = parse(line)
    except ValueError:
        return None
    digest = document.get("made_from") if isinstance(document, dict) else None
    return digest if isinstance(digest, str) else None
