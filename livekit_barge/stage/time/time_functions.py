"""Lets ``time.time`` and its kin read another clock, in chosen threads only.

By the time a test runs, livekit and pydantic hold references to ``time.time`` itself, so putting
another function into the module ``time`` reaches none of them. What they all hold is one builtin
object. While a clock is in force, that object's C function is ``PyObject_CallNoArgs`` and its
``self`` a Python callable, which looks up the calling thread: a thread with a clock of its own
reads that, every other thread goes on to the original function. Both fields are written in one
step under the GIL, and put back when the last clock is gone.

``datetime.now()``, ``time.sleep`` and C code that asks the system keep real time.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from livekit_barge.errors import VirtualTimeError

_METH_NOARGS = 0x0004  # CPython's Include/methodobject.h


class NanosecondClock(Protocol):
    """The clock that a thread reads in place of the machine's, in whole nanoseconds."""

    def monotonic_ns(self) -> int: ...

    def wall_ns(self) -> int: ...


# Whole nanoseconds over a whole billion: Python rounds that quotient once. A wall time in
# nanoseconds does not fit a float, so dividing by 1e9 would round twice.
_READINGS: dict[str, Callable[[NanosecondClock], float | int]] = {
    "time": lambda clock: clock.wall_ns() / 1_000_000_000,
    "time_ns": lambda clock: clock.wall_ns(),
    "monotonic": lambda clock: clock.monotonic_ns() / 1_000_000_000,
    "monotonic_ns": lambda clock: clock.monotonic_ns(),
    "perf_counter": lambda clock: clock.monotonic_ns() / 1_000_000_000,
    "perf_counter_ns": lambda clock: clock.monotonic_ns(),
}

_clocks: dict[int, NanosecondClock] = {}
"""The clock that each thread reads, by ``threading.get_ident()``."""
_lock = threading.Lock()


class _MethodDef(ctypes.Structure):
    """CPython's ``PyMethodDef``."""

    _fields_ = (
        ("ml_name", ctypes.c_char_p),
        ("ml_meth", ctypes.c_void_p),
        ("ml_flags", ctypes.c_int),
        ("ml_doc", ctypes.c_char_p),
    )


class _Reader(types.ModuleType):
    """Stands in as a time function's ``self``; a module, since pickle and inspect expect one."""

    def __init__(self, real: Callable[[], Any], read: Callable[[NanosecondClock], Any]) -> None:
        super().__init__("time")
        self._real = real
        self._read = read

    def __call__(self) -> Any:
        clock = _clocks.get(threading.get_ident())
        return self._real() if clock is None else self._read(clock)


class _TimeFunction:
    """One builtin of the module ``time``, and the reader that can take its place."""

    def __init__(self, name: str) -> None:
        self.function = getattr(time, name)
        # PyCFunctionObject: PyObject_HEAD, then m_ml and m_self.
        self._fields = (ctypes.c_void_p * 2).from_address(id(self.function) + object.__basicsize__)
        self._original = (self._fields[0], self._fields[1])
        self._check(name)
        definition = _MethodDef.from_address(self._original[0] or 0)
        self._copy = _MethodDef(
            definition.ml_name, definition.ml_meth, definition.ml_flags, definition.ml_doc
        )
        self._calls_reader = _MethodDef(
            definition.ml_name,
            ctypes.cast(ctypes.pythonapi.PyObject_CallNoArgs, ctypes.c_void_p).value,
            definition.ml_flags,
            definition.ml_doc,
        )
        self.real: Callable[[], Any] = _new_builtin(self._copy)
        self._reader = _Reader(self.real, _READINGS[name])

    def put(self) -> None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._reader))
        self._fields[:] = [ctypes.addressof(self._calls_reader), id(self._reader)]

    def restore(self) -> None:
        self._fields[:] = list(self._original)
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(self._reader))

    def _check(self, name: str) -> None:
        fits = (
            type(self.function) is types.BuiltinFunctionType
            and self._original[0] is not None
            and self._original[1] == id(time)
        )
        if fits:
            definition = _MethodDef.from_address(self._original[0] or 0)
            fits = definition.ml_name == name.encode() and definition.ml_flags == _METH_NOARGS
        if not fits:
            raise _unfit(f"time.{name} is not the builtin of CPython 3.11 to 3.13")


def _new_builtin(definition: _MethodDef) -> Callable[[], Any]:
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.restype = ctypes.py_object
    new.argtypes = (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    function: Callable[[], Any] = new(ctypes.addressof(definition), time, "time")
    return function


def _unfit(why: str) -> VirtualTimeError:
    return VirtualTimeError(
        f"virtual time does not work here: {why}",
        remedy="use CPython 3.11 to 3.13, let nothing else replace the time functions "
        "(freezegun, time-machine), or run in real time",
    )


_functions: dict[str, _TimeFunction] = {}


def _find_functions() -> dict[str, _TimeFunction]:
    if not _functions:
        if sys.implementation.name != "cpython":
            raise _unfit(f"this is {sys.implementation.name}")
        if not getattr(sys, "_is_gil_enabled", lambda: True)():
            raise _unfit("this interpreter runs without its lock (GIL)")
        _functions.update({name: _TimeFunction(name) for name in _READINGS})
    return _functions


def real_monotonic_s() -> float:
    """The machine's own monotonic clock, also in a thread that reads another."""
    seconds: float = _find_functions()["monotonic"].real()
    return seconds


@contextmanager
def clock_in_this_thread(clock: NanosecondClock) -> Iterator[None]:
    """Let the ``time`` functions read ``clock`` in this thread, which must have none yet."""
    thread = threading.get_ident()
    with _lock:
        if thread in _clocks:
            raise VirtualTimeError(
                "this thread already reads a virtual clock",
                remedy="run the calls one after another, or each in its own thread",
            )
        functions = _find_functions().values()
        if not _clocks:
            for function in functions:
                function.put()
        _clocks[thread] = clock
    try:
        if time.monotonic_ns() != clock.monotonic_ns() or time.time_ns() != clock.wall_ns():
            raise _unfit("the time functions did not take the virtual clock")
        yield
    finally:
        with _lock:
            del _clocks[thread]
            if not _clocks:
                for function in functions:
                    function.restore()
