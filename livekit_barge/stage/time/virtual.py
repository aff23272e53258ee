"""Virtual time: an asyncio program runs as fast as the CPU allows, and the same way each time.

:func:`run_virtual` runs a coroutine on a loop whose selector does not wait for the next timer but
jumps to it. In its thread, and only while it runs, ``time.time``, ``time.monotonic`` and
``time.perf_counter`` (and their ``_ns`` twins) read virtual time too; other threads keep real time.

Where something real is waited for:

* **A job for an executor:** virtual time stands still until it is done. Results are handed over
  one at a time, in the order of submission, when the loop has nothing else to do; so the order of
  events does not depend on how fast a thread was. A job that runs for over 30 s of real time
  raises :class:`VirtualTimeError`. What is known to compute only (:func:`at_once`) needs no thread.
* **A socket or pipe** of the program's own: while one is open, time passes at real speed.
* **Another thread** may wake the loop with ``call_soon_threadsafe`` at any moment, but virtual
  time does not wait for it.

A program that waits for nothing that could come raises :class:`VirtualTimeError`, naming its tasks.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import inspect
import selectors
from collections import deque
from collections.abc import Awaitable, Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

from livekit_barge.errors import VirtualTimeError
from livekit_barge.stage.time.lean_loop import LeanLoop
from livekit_barge.stage.time.time_functions import clock_in_this_thread, real_monotonic_s

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START_WALL_S = 1_767_225_600.0
"""2026-01-01T00:00:00Z: a fixed date, so that equal runs write equal bytes. ``VIRTUAL_SOURCES`` of
:mod:`livekit_barge.call.meta` says whose date it is."""
START_MONOTONIC_S = 1_000
"""The first reading. Not 0, which some code takes for "never"; small, so a float holds 0.1 ps."""
_START_MONOTONIC_NS = START_MONOTONIC_S * 1_000_000_000
JOB_LIMIT_S = 30.0
"""Real seconds that an executor's job may take: over a model's loading, under a CI limit."""
WAKE_GRACE_S = 1.0
"""Real seconds in which another thread may still wake a loop that waits for nothing else."""
SOCKET_POLL_S = 0.01
"""Real seconds between looks at the open sockets while a job runs, which may be waiting for one."""
POLLS_BEFORE_JOB = 1_000
"""A loop that never rests (``while not done: await sleep(0)``) gets a job's result all the same,
after this many rounds: a number, not a time, so that it too is the same in each run."""
ROUNDS_UNLOOKED = 100
"""Rounds between looks for signals, which, unlike threads, do not announce themselves."""

F = TypeVar("F", bound=Callable[..., Any])


def at_once(function: F) -> F:
    """Mark a function that only computes: as an executor's job it is done in the loop's thread.

    It may wait for nothing, and what it does takes no virtual time, as with any other job; what is
    spared is two changes of thread, which take longer than a small model.
    """
    function._at_once = True  # type: ignore[attr-defined]
    return function


def run_virtual(
    main: Callable[[], Awaitable[T]] | Awaitable[T], *, start_wall_s: float = START_WALL_S
) -> T:
    """Run a coroutine (or a function that makes one) to its end in virtual time.

    From a thread without a running loop it runs right there, as ``asyncio.run`` would. Where a
    loop is running (an async test), it runs in a thread of its own, and the caller's loop stands
    still for as long.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(main, start_wall_s)
    context = contextvars.copy_context()
    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="virtual") as thread:
        return thread.submit(context.run, _run, main, start_wall_s).result()


def _run(main: Callable[[], Awaitable[T]] | Awaitable[T], start_wall_s: float) -> T:
    async def enter() -> T:
        return await (main() if callable(main) else main)

    loop = VirtualLoop(start_wall_s)
    try:
        with clock_in_this_thread(loop), asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(enter())
    finally:
        loop.close()
        if inspect.iscoroutine(main):
            main.close()


class VirtualLoop(LeanLoop):
    """An event loop and the clock that it moves, in whole nanoseconds."""

    def __init__(self, start_wall_s: float = START_WALL_S) -> None:
        self._start_wall_ns = round(start_wall_s * 1e9)
        self._elapsed_ns = 0
        self._selector_of_time = _JumpingSelector(self)
        self._pool: concurrent.futures.Executor | None = None
        super().__init__(self._selector_of_time)

    def monotonic_ns(self) -> int:
        return _START_MONOTONIC_NS + self._elapsed_ns

    def wall_ns(self) -> int:
        return self._start_wall_ns + self._elapsed_ns

    def time(self) -> float:
        return (_START_MONOTONIC_NS + self._elapsed_ns) / 1_000_000_000

    def advance(self, seconds: float) -> None:
        """Advance virtual time, to the nearest nanosecond: there asyncio counts a timer as due."""
        self._elapsed_ns += round(seconds * 1e9)

    def run_in_executor(
        self,
        executor: concurrent.futures.Executor | None,
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        if getattr(_asked_for(func), "_at_once", False):
            return self._do(func, *args)
        if executor is None:
            if self._pool is None:
                self._pool = concurrent.futures.ThreadPoolExecutor(thread_name_prefix="virtual-job")
            executor = self._pool
        result: asyncio.Future[T] = self.create_future()
        self._selector_of_time.add_job(executor.submit(func, *args), result, func)
        return result

    def _do(self, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """A job that is done here and now."""
        result: asyncio.Future[T] = self.create_future()
        try:
            result.set_result(func(*args))
        except Exception as error:
            result.set_exception(error)
        return result

    def set_default_executor(self, executor: concurrent.futures.Executor) -> None:
        self._pool = executor

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        self._selector_of_time.wake()
        return handle

    def close(self) -> None:
        if self._pool is not None and not self.is_closed():
            stuck = self._selector_of_time.stuck
            self._pool.shutdown(wait=not stuck, cancel_futures=True)
        super().close()


class _Job:
    """Work in another thread, and the future that the loop's program waits on."""

    def __init__(
        self,
        work: concurrent.futures.Future[Any],
        result: asyncio.Future[Any],
        func: Callable[..., object],
    ) -> None:
        self.work = work
        self.func = func
        self._result = result
        self._submitted_s = real_monotonic_s()
        result.add_done_callback(lambda result: result.cancelled() and work.cancel())

    def hand_over(self) -> None:
        if self._result.cancelled():
            return
        if self.work.cancelled():
            self._result.cancel()
        elif (error := self.work.exception()) is not None:
            self._result.set_exception(error)
        else:
            self._result.set_result(self.work.result())

    def time_left_s(self) -> float:
        return self._submitted_s + JOB_LIMIT_S - real_monotonic_s()


class _JumpingSelector(selectors.DefaultSelector):
    """Stands where the loop would wait, and decides what passes: virtual time or real."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._jobs: deque[_Job] = deque()
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._polls = 0
        self._unlooked = 0
        self._woken = False
        self._sockets = 0
        self.stuck = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self._sockets = len(self.get_map())
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._sockets = len(self.get_map())
        return key

    def add_job(
        self,
        work: concurrent.futures.Future[T],
        result: asyncio.Future[T],
        func: Callable[..., object],
    ) -> None:
        self._jobs.append(_Job(work, result, func))
        work.add_done_callback(lambda _: self.wake())

    def wake(self) -> None:
        """End a real wait; from any thread."""
        self._woken = True
        self._wakes.put(None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            self._polls += 1
            if self._jobs and self._polls >= POLLS_BEFORE_JOB:
                return self._wait_for_job()
            return self._look()
        self._polls = 0
        if self._jobs:
            return self._wait_for_job()
        if self._has_sockets():
            return self._wait_for_sockets(timeout)
        if events := self._look():
            return events
        if timeout is None:
            return self._wait_for_threads()
        self._loop.advance(timeout)
        return []

    def _look(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Take what has come from outside. Asking each round would cost a tenth of a call."""
        self._unlooked += 1
        if not (self._woken or self._sockets > 1 or self._unlooked >= ROUNDS_UNLOOKED):
            return []
        self._unlooked, self._woken = 0, False
        return super().select(0)

    def _wait_for_job(self) -> list[tuple[selectors.SelectorKey, int]]:
        self._polls = 0
        job = self._jobs[0]
        while not job.work.done():
            if events := super().select(0):
                return events
            left_s = job.time_left_s()
            self._sleep(min(left_s, SOCKET_POLL_S) if self._has_sockets() else left_s)
            if job.time_left_s() <= 0 and not job.work.done():
                self.stuck = True
                self._jobs.clear()
                raise VirtualTimeError(
                    f"a job for an executor has run for over {JOB_LIMIT_S:g} s of real time",
                    where=_name(job.func),
                    remedy="make it shorter, or run the call in real time",
                )
        self._jobs.popleft()
        job.hand_over()
        return []

    def _wait_for_sockets(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        began_s = real_monotonic_s()
        events = super().select(timeout)
        passed_s = real_monotonic_s() - began_s
        if timeout is not None and (not events or passed_s > timeout):
            passed_s = timeout
        self._loop.advance(passed_s)
        return events

    def _wait_for_threads(self) -> list[tuple[selectors.SelectorKey, int]]:
        until_s = real_monotonic_s() + WAKE_GRACE_S
        while (left_s := until_s - real_monotonic_s()) > 0:
            self._sleep(left_s)
            if events := super().select(0):
                return events
        raise VirtualTimeError(
            "nothing is left that could happen, and these tasks still wait: "
            + "; ".join(sorted(map(_describe, asyncio.all_tasks(self._loop)))),
            remedy="find what they wait for: an event that is never set, or another thread",
        )

    def _has_sockets(self) -> bool:
        return self._sockets > 1  # one is the loop's own, through which threads wake it

    def _sleep(self, seconds: float) -> None:
        """Sleep in real time until woken. Old wakes end it early, so callers look again."""
        try:
            self._wakes.get(timeout=max(seconds, 0))
        except Empty:
            return


def _describe(task: asyncio.Task[Any]) -> str:
    """A task by its name, and the innermost coroutine that it waits in."""
    waiting: Any = task.get_coro()
    while inspect.iscoroutine(inner := getattr(waiting, "cr_await", None)):
        waiting = inner
    frame = getattr(waiting, "cr_frame", None)
    place = "" if frame is None else f" at {frame.f_code.co_filename}:{frame.f_lineno}"
    return f"{task.get_name()} ({_name(waiting)}{place})"


def _name(thing: object) -> str:
    thing = _asked_for(thing)
    return getattr(thing, "__qualname__", None) or repr(thing)


def _asked_for(job: object) -> object:
    """The function that an executor is to call, also through ``asyncio.to_thread``."""
    while isinstance(job, functools.partial):  # to_thread's: Context.run, of what was asked for
        job = job.args[0] if job.args and callable(job.args[0]) else job.func
    return job
