"""asyncio's event loop: the same callbacks in the same order, for less CPU.

A call in virtual time is some 280 rounds of the loop a second, and asyncio's own Python for them
was a sixth of a call that is played. What is left out asks nothing of a program: calls between the
loop's own methods, a Python method for each comparison of two timers, and debug mode's watch for
slow callbacks, of which virtual time knows none. ``tests/stage/time/test_lean_loop.py`` holds the
order of callbacks against asyncio's own loop.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, TypeVarTuple

Ts = TypeVarTuple("Ts")

LONGEST_WAIT_S = 24 * 3600.0
"""The longest wait, as asyncio's ``MAXIMUM_SELECT_TIMEOUT``."""
# Also asyncio's: of over so many timers, if a larger share was cancelled, these are taken out.
_MANY_TIMERS, _CANCELLED_SHARE = 100, 0.5


class _Handle(asyncio.Handle):
    """A handle outside debug mode."""

    __slots__ = ()

    def __init__(
        self,
        callback: Callable[..., object],
        args: Any,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None,
    ) -> None:
        fields: Any = self  # those of asyncio.Handle, which its stubs leave out
        fields._context = contextvars.copy_context() if context is None else context
        fields._loop = loop
        fields._callback = callback
        fields._args = args
        fields._cancelled = False
        fields._repr = None
        fields._source_traceback = None


class LeanLoop(asyncio.SelectorEventLoop):
    """The loop of CPython 3.11 to 3.13: its fields are those of ``asyncio.BaseEventLoop``."""

    _ready: deque[Any]
    _scheduled: list[tuple[float, Any]]
    """Timers, with their times in front. Of two at one time neither is less than the other by
    ``TimerHandle``'s own comparison, so the heap orders them as asyncio's does."""
    _timer_cancelled_count: int
    _selector: Any
    _stopping: bool
    _closed: bool
    _debug: bool
    _clock_resolution: float
    _process_events: Callable[[Any], None]

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        if self._debug or self._closed:
            return super().call_soon(callback, *args, context=context)
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        if self._closed:
            raise RuntimeError("Event loop is closed")
        timer: Any = asyncio.TimerHandle(when, callback, args, self, context)
        heappush(self._scheduled, (when, timer))
        timer._scheduled = True
        return timer  # type: ignore[no-any-return]  # it is one

    def _run_once(self) -> None:
        """Run rounds until the loop stops; asyncio's own runs one, and is called repeatedly."""
        ready = self._ready
        while True:
            self._drop_cancelled()
            events = self._selector.select(self._wait_s())
            if events:
                self._process_events(events)
                events = None
            if self._scheduled:
                self._ring()
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    try:
                        handle._context.run(handle._callback, *handle._args)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:
                        self._report(handle, error)
            handle = None  # as in asyncio: no cycle with an exception's frames
            if self._stopping:
                return

    def _wait_s(self) -> float | None:
        """Return how long the selector may wait; ``None``: until something comes."""
        if self._ready or self._stopping:
            return 0
        if not self._scheduled:
            return None
        return min(max(0, self._scheduled[0][0] - self.time()), LONGEST_WAIT_S)

    def _ring(self) -> None:
        """Make due timers ready."""
        scheduled = self._scheduled
        end_s = self.time() + self._clock_resolution
        while scheduled and scheduled[0][0] < end_s:
            timer = heappop(scheduled)[1]
            timer._scheduled = False
            self._ready.append(timer)

    def _drop_cancelled(self) -> None:
        """Forget cancelled timers: all if there are many, else those that are next."""
        scheduled = self._scheduled
        count = len(scheduled)
        if count > _MANY_TIMERS and self._timer_cancelled_count / count > _CANCELLED_SHARE:
            for _, timer in scheduled:
                timer._scheduled = not timer._cancelled
            scheduled = [entry for entry in scheduled if entry[1]._scheduled]
            heapify(scheduled)
            self._scheduled = scheduled
            self._timer_cancelled_count = 0
            return
        while scheduled and scheduled[0][1]._cancelled:
            self._timer_cancelled_count -= 1
            heappop(scheduled)[1]._scheduled = False

    def _report(self, handle: Any, error: BaseException) -> None:
        """Handle a callback's exception as asyncio does."""
        self.call_exception_handler(
            {"message": f"Exception in callback {handle!r}", "exception": error, "handle": handle}
        )
