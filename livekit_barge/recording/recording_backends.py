"""Choose the backend of a recording: the recorder's thread, or a process beside this one.

A thread that writes and measures takes the interpreter from the event loop, a fraction of a
millisecond at a time. For one call that hardly shows, for twenty it does (``make overhead``). So a
process keeps one call at a time itself: every call, where each has a process of its own, as in
LiveKit's workers. What runs beside it is kept by a child process, to which the recorders pipe it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livekit_barge.call.events import OptionsInForce
from livekit_barge.call.fields import plain
from livekit_barge.call.meta import CallMeta
from livekit_barge.measure.limits import Limits
from livekit_barge.recording import recorder_process
from livekit_barge.recording.call_writer import CallWriter, Item, Reports
from livekit_barge.recording.recorder import FINISHING_S, RecordingBackend
from livekit_barge.recording.recorder_process import (
    Answer,
    Broke,
    DiskFailed,
    Done,
    Keep,
    Open,
    Order,
    Release,
    Settled,
)

# Held by the call that this process keeps itself.
_HERE = threading.Lock()
# The child, once there was need of one.
_CHILD: list[_Child] = []
_STARTING = threading.Lock()


def open_keeper(path: Path, meta: CallMeta, limits: Limits, reports: Reports) -> RecordingBackend:
    """Begin a call's folder at ``path``. ``reports`` may be called in another thread."""
    if _HERE.acquire(blocking=False):
        return _Here(path, meta, limits, reports)
    return _Beside(_child(), path, meta, limits, reports)


class KeeperGoneError(RuntimeError):
    """The process that recorded the call has ended, or failed to record it."""


class _Here:
    """A call recorded in the calling thread."""

    def __init__(self, path: Path, meta: CallMeta, limits: Limits, reports: Reports) -> None:
        try:
            self._book = CallWriter(path, meta, limits, reports)
        except BaseException:
            _HERE.release()
            raise

    def keep(self, items: Sequence[Item]) -> None:
        self._book.keep(items)

    def release(self) -> None:
        _HERE.release()
        self._book.release()


class _Beside:
    """A call recorded by the child. A failure there or in a report is raised at the next batch."""

    def __init__(
        self,
        child: _Child,
        path: Path,
        meta: CallMeta,
        limits: Limits,
        reports: Reports,
    ) -> None:
        self._child = child
        self._reports = reports
        self._done = threading.Event()
        self._failure: Exception | None = None
        self._number = child.enter(self)
        meta = dataclasses.replace(meta, options=_plain(meta.options), asked=_plain(meta.asked))
        self._order(Open(self._number, path.absolute(), meta, limits))
        self._wait()

    def keep(self, items: Sequence[Item]) -> None:
        if items:
            self._order(Keep(self._number, tuple(map(_piped, items))))
        self._check()

    def release(self) -> None:
        try:
            self._order(Release(self._number))
            self._wait()
        finally:
            self._child.leave(self._number)

    def hear(self, answer: Answer) -> None:
        """Take an answer in the reader's thread, which serves all calls: a fault ends this one."""
        try:
            self._take(answer)
        except Exception as error:
            self._failed(error)

    def gone(self, why: str) -> None:
        """Note that the child has ended."""
        self._failed(KeeperGoneError(why))
        self._done.set()

    def _take(self, answer: Answer) -> None:
        match answer:
            case Settled():
                self._reports.turn(answer.turn)
            case DiskFailed():
                self._reports.disk_failed(OSError(answer.errno, answer.strerror))
            case Broke():
                self._failed(KeeperGoneError(answer.error))
            case Done():
                self._done.set()

    def _failed(self, error: Exception) -> None:
        self._failure = self._failure or error

    def _order(self, order: Order) -> None:
        self._done.clear()
        try:
            self._child.send(order)
        except OSError as error:
            self.gone(f"its process cannot be reached ({error.strerror or error})")

    def _wait(self) -> None:
        if not self._done.wait(FINISHING_S):
            self._failed(KeeperGoneError(f"its process gave no answer for {FINISHING_S:.0f} s"))
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure


class _Child:
    """The process that records calls, and the thread that reads its answers."""

    def __init__(self) -> None:
        self._calls: dict[int, _Beside] = {}
        self._ended: str | None = None
        self._entering = threading.Lock()
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        # One thread for its arithmetic; and the modules that this process found.
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {recorder_process.__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        threading.Thread(target=self._hear, name="barge-keeper", daemon=True).start()

    @property
    def lives(self) -> bool:
        return self._ended is None

    def enter(self, call: _Beside) -> int:
        """Register a call; return its number, by which its answers are routed."""
        number = next(self._numbers)
        with self._entering:
            self._calls[number] = call
            if self._ended is not None:
                call.gone(self._ended)
        return number

    def leave(self, number: int) -> None:
        """Unregister a call."""
        with self._entering:
            del self._calls[number]

    def send(self, order: Order) -> None:
        """Send an order. Raises ``OSError`` if the process is gone; blocks while it is behind."""
        assert self._process.stdin is not None
        message = pickle.dumps(order)
        with self._sending:
            if self._process.stdin.closed:
                raise BrokenPipeError("it has ended")
            self._process.stdin.write(message)
            self._process.stdin.flush()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                answer: Answer = pickle.load(self._process.stdout)
                if call := self._calls.get(answer.call):
                    call.hear(answer)
        except Exception as error:  # its end; of an answer cut short pickle may raise anything
            self._end(error)

    def _end(self, error: Exception) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # With nobody to hear it, and then no orders, the child ends if it has not yet.
        self._process.stdout.close()
        with self._sending, contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        why = f"the process that kept the call has ended ({self._process.wait()}: {error})"
        with self._entering:
            self._ended = why
            for call in self._calls.values():
                call.gone(why)


def _child() -> _Child:
    with _STARTING:
        if not _CHILD or not _CHILD[-1].lives:
            _CHILD[:] = [_Child()]
        return _CHILD[-1]


def _piped(item: Item) -> Item:
    """Return the item in a form that can be pickled: options may hold anything."""
    if isinstance(item, OptionsInForce):
        return dataclasses.replace(item, options=_plain(item.options))
    return item


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as the folder would hold them."""
    found: dict[str, Any] = json.loads(json.dumps(dict(values), default=plain))
    return found


def _forget() -> None:
    """Start afresh in a fork of this process: the child belongs to the parent."""
    global _HERE, _STARTING
    _HERE, _STARTING = threading.Lock(), threading.Lock()
    _CHILD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
