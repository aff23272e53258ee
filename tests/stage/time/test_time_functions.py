"""The time functions read another clock in one thread, for a while, and are then as they were."""

from __future__ import annotations

import datetime
import inspect
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from time import time as wall

import pytest

from livekit_barge.errors import VirtualTimeError
from livekit_barge.stage.time import time_functions
from livekit_barge.stage.time.time_functions import clock_in_this_thread, real_monotonic_s

NAMES = ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"]
REPOSITORY = Path(__file__).parents[3]


@dataclass
class Stopped:
    """A clock that stands still, so far from the real ones that no test mistakes them."""

    monotonic_at_ns: int = 5_000_000_001
    wall_at_ns: int = 7_000_000_000

    def monotonic_ns(self) -> int:
        return self.monotonic_at_ns

    def wall_ns(self) -> int:
        return self.wall_at_ns


@pytest.fixture
def untouched(monkeypatch):
    """Has the builtins looked for anew, as in a fresh process."""
    monkeypatch.setattr(time_functions, "_functions", {})


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("time", 7.0),
        ("time_ns", 7_000_000_000),
        ("monotonic", 5.000000001),
        ("monotonic_ns", 5_000_000_001),
        ("perf_counter", 5.000000001),
        ("perf_counter_ns", 5_000_000_001),
    ],
)
def test_each_function_reads_the_clock_in_its_own_unit(name, reading):
    with clock_in_this_thread(Stopped()):
        assert getattr(time, name)() == reading


def test_a_reference_bound_before_reads_the_clock_too():
    with clock_in_this_thread(Stopped()):
        assert (wall(), monotonic(), perf_counter()) == (7.0, 5.000000001, 5.000000001)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_the_same_object_throughout(name):
    function = getattr(time, name)
    with clock_in_this_thread(Stopped()):
        assert getattr(time, name) is function
    assert getattr(time, name) is function


@pytest.mark.parametrize("name", NAMES)
def test_afterwards_a_function_calls_what_it_called_before(name):
    before = _fields(name)
    with clock_in_this_thread(Stopped()):
        assert _fields(name) != before
    assert _fields(name) == before


def test_an_exception_inside_puts_the_functions_back():
    before = [_fields(name) for name in NAMES]
    with pytest.raises(ZeroDivisionError), clock_in_this_thread(Stopped()):
        raise ZeroDivisionError
    assert [_fields(name) for name in NAMES] == before
    assert wall() > 1e9


def test_other_threads_keep_real_time():
    with ThreadPoolExecutor(1) as other, clock_in_this_thread(Stopped()):
        assert other.submit(wall).result() > 1e9


def test_two_threads_read_a_clock_each():
    meet = threading.Barrier(2, timeout=10)

    def read(at_ns: int) -> float:
        with clock_in_this_thread(Stopped(wall_at_ns=at_ns)):
            meet.wait()
            reading = wall()
            meet.wait()
        return reading

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(read, [1_000_000_000, 2_000_000_000])) == [1.0, 2.0]
    assert wall() > 1e9


def test_the_first_thread_to_leave_takes_no_clock_from_the_second():
    left = threading.Event()

    def read() -> float:
        with clock_in_this_thread(Stopped()):
            entered.set()
            left.wait(10)
            return wall()

    entered = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(read)
        entered.wait(10)
        with clock_in_this_thread(Stopped()):
            pass
        left.set()
        assert reading.result() == 7.0


def test_a_clock_within_a_clock_is_refused():
    with (
        clock_in_this_thread(Stopped()),
        pytest.raises(VirtualTimeError, match="already"),
        clock_in_this_thread(Stopped(wall_at_ns=8_000_000_000)),
    ):
        pass


def test_a_refused_clock_leaves_the_outer_one_in_force():
    with clock_in_this_thread(Stopped()):
        with pytest.raises(VirtualTimeError), clock_in_this_thread(Stopped()):
            pass
        assert wall() == 7.0
    assert wall() > 1e9


def test_the_real_clock_can_be_read_under_a_virtual_one():
    before_s = monotonic()
    with clock_in_this_thread(Stopped()):
        real_s = real_monotonic_s()
    assert before_s <= real_s <= monotonic()


def test_datetime_keeps_real_time():
    with clock_in_this_thread(Stopped()):
        assert datetime.datetime.now(datetime.UTC).year > 2000


def test_a_function_can_be_pickled_and_inspected_while_it_reads_a_clock():
    with clock_in_this_thread(Stopped()):
        assert pickle.loads(pickle.dumps(wall)) is wall
        assert inspect.getmodule(wall) is time
        assert (wall.__name__, wall.__module__) == ("time", "time")


@pytest.mark.usefixtures("untouched")
def test_a_function_that_something_else_replaced_is_refused(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with pytest.raises(VirtualTimeError, match=r"time\.time is not the builtin"):
        real_monotonic_s()


@pytest.mark.usefixtures("untouched")
def test_a_builtin_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", time.process_time)
    with pytest.raises(VirtualTimeError, match=r"time\.perf_counter is not the builtin"):
        real_monotonic_s()


@pytest.mark.usefixtures("untouched")
def test_another_interpreter_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    with pytest.raises(VirtualTimeError, match="this is pypy"):
        real_monotonic_s()


@pytest.mark.usefixtures("untouched")
def test_an_interpreter_without_its_lock_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    with pytest.raises(VirtualTimeError, match="without its lock"):
        real_monotonic_s()


def test_a_clock_that_did_not_take_is_refused_and_removed(monkeypatch):
    monkeypatch.setattr(time_functions._TimeFunction, "put", lambda _: None)
    monkeypatch.setattr(time_functions._TimeFunction, "restore", lambda _: None)
    with (
        pytest.raises(VirtualTimeError, match="did not take"),
        clock_in_this_thread(Stopped()),
    ):
        pass
    assert not time_functions._clocks


OTHER_PYTHON = """
import asyncio, sys, time
from time import monotonic
sys.path.insert(0, sys.argv[1])
from livekit_barge.stage.time.virtual import run_virtual

async def main():
    began = monotonic()
    await asyncio.sleep(3600)
    await asyncio.to_thread(time.sleep, 0.01)
    return monotonic() - began

print(run_virtual(main), time.time() - START < 60)
"""


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_every_supported_layout_of_cpython_works(minor):
    """On the versions that this machine has; each knows its own object layout."""
    python = _find_python(minor)
    program = OTHER_PYTHON.replace("START", repr(wall()))
    ran = subprocess.run(
        [python, "-c", program, str(REPOSITORY)], capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == ("3600.0 True\n", "")


def _find_python(minor: int) -> str:
    if sys.version_info[1] == minor:
        return sys.executable
    for name in (f"python3.{minor}", *_pyenv(minor)):
        try:
            ran = subprocess.run(
                [name, "-c", "import sys; print(sys.version_info[:2])"],
                capture_output=True,
                text=True,
            )
        except OSError:
            continue
        if ran.stdout == f"(3, {minor})\n":
            return name
    return pytest.skip(f"no Python 3.{minor} on this machine")


def _pyenv(minor: int) -> list[str]:
    versions = Path.home() / ".pyenv" / "versions"
    return [str(path / "bin" / "python") for path in sorted(versions.glob(f"3.{minor}.*"))]


def _fields(name: str) -> tuple[int | None, int | None]:
    """Return the function the builtin calls, and its ``self``."""
    first, second = time_functions._find_functions()[name]._fields
    return first, second
