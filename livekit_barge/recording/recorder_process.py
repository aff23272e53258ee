"""The process beside a worker that records its calls; it runs :func:`main` and nothing else.

It reads messages on its standard input and answers on its standard output, pickled, until the
input ends: the worker that wrote them is gone then, however it went. What it had piped is written.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from livekit_barge.call.meta import CallMeta
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import CallWriter, Item, Reports

# So many steps below the worker's own priority: a call is never late for its being measured.
_NICE = 5


@dataclass(frozen=True)
class Open:
    """To the process: begin a call."""

    call: int
    path: Path
    meta: CallMeta
    limits: Limits


@dataclass(frozen=True)
class Keep:
    """To the process: a call's items since the last batch, in order."""

    call: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Release:
    """To the process: release a call's folder, complete or not."""

    call: int


@dataclass(frozen=True)
class Done:
    """From the process: the call was opened, or released."""

    call: int


@dataclass(frozen=True)
class Settled:
    """From the process: a turn whose outcome can no longer change."""

    call: int
    turn: Turn


@dataclass(frozen=True)
class DiskFailed:
    """From the process: the folder cannot be written."""

    call: int
    errno: int | None
    strerror: str


@dataclass(frozen=True)
class Broke:
    """From the process: an internal error, after which the call is no longer recorded."""

    call: int
    error: str


Order = Open | Keep | Release
Answer = Done | Settled | DiskFailed | Broke


class _Writers:
    """The calls that are being recorded, by number."""

    def __init__(self, tell: Callable[[Answer], None]) -> None:
        self._tell = tell
        self._books: dict[int, CallWriter] = {}

    def obey(self, order: Order) -> None:
        try:
            self._act(order)
        except Exception as error:
            self._tell(Broke(order.call, f"{type(error).__name__}: {error}"))
            if book := self._books.pop(order.call, None):
                book.release()
        if not isinstance(order, Keep):
            self._tell(Done(order.call))

    def release_all(self) -> None:
        """Release all folders as they are: the worker is gone, and what it piped is written."""
        for book in self._books.values():
            book.release()

    def _act(self, order: Order) -> None:
        match order:
            case Open():
                reports = Reports(
                    turn=lambda turn: self._tell(Settled(order.call, turn)),
                    disk_failed=partial(self._disk_failed, order.call),
                )
                self._books[order.call] = CallWriter(order.path, order.meta, order.limits, reports)
            case Keep():
                if book := self._books.get(order.call):
                    book.keep(order.items)
            case Release():
                if book := self._books.pop(order.call, None):
                    book.release()

    def _disk_failed(self, call: int, error: OSError) -> None:
        self._tell(DiskFailed(call, error.errno, error.strerror or str(error)))


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Carry out orders until they end."""

    def tell(answer: Any) -> None:
        pickle.dump(answer, answers)
        answers.flush()

    books = _Writers(tell)
    try:
        while True:
            books.obey(pickle.load(orders))
    except (EOFError, pickle.UnpicklingError, BrokenPipeError):  # in mid-order, if it was killed
        books.release_all()


def main() -> None:
    """Serve the process that started this one."""
    for name in (signal.SIGINT, signal.SIGTERM):  # meant for the worker; it ends the input
        signal.signal(name, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print is no answer
    serve(sys.stdin.buffer, answers)
