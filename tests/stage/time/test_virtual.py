"""A program in virtual time: as fast as the CPU allows, the same each time, and back to real."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import inspect
import random
import socket
import threading
import time
from time import monotonic as bound_monotonic
from time import time as bound_time

import pytest

from livekit_barge.errors import VirtualTimeError
from livekit_barge.stage.time import virtual
from livekit_barge.stage.time.time_functions import clock_in_this_thread, real_monotonic_s
from livekit_barge.stage.time.virtual import (
    START_MONOTONIC_S,
    START_WALL_S,
    VirtualLoop,
    at_once,
    run_virtual,
)

A_DAY_S = 86_400.0


class TestTime:
    def test_it_jumps_to_the_next_timer(self):
        async def main():
            began_s = real_monotonic_s()
            await asyncio.sleep(A_DAY_S)
            return time.monotonic() - START_MONOTONIC_S, real_monotonic_s() - began_s

        virtual_s, real_s = run_virtual(main)
        assert virtual_s == A_DAY_S
        assert real_s < A_DAY_S / 1000

    def test_it_begins_at_a_fixed_date(self):
        async def main():
            return time.time(), time.monotonic()

        assert run_virtual(main) == (START_WALL_S, START_MONOTONIC_S)

    def test_it_begins_at_the_date_asked_for(self):
        async def main():
            return time.time()

        assert run_virtual(main, start_wall_s=86_400.5) == 86_400.5

    def test_all_clocks_move_together(self):
        async def main():
            loop = asyncio.get_running_loop()
            await asyncio.sleep(1.25)
            return loop.time(), time.monotonic(), time.perf_counter(), time.time()

        assert run_virtual(main) == (1001.25, 1001.25, 1001.25, START_WALL_S + 1.25)

    def test_bound_references_read_virtual_time_inside(self):
        async def main():
            return bound_time(), bound_monotonic()

        assert run_virtual(main) == (START_WALL_S, START_MONOTONIC_S)

    def test_bound_references_read_real_time_afterwards(self):
        async def main():
            await asyncio.sleep(A_DAY_S)

        before_s = bound_monotonic()
        run_virtual(main)
        assert bound_time() != START_WALL_S + A_DAY_S
        assert bound_monotonic() - before_s < A_DAY_S

    def test_an_exception_comes_out_and_leaves_real_time_behind(self):
        async def main():
            await asyncio.sleep(A_DAY_S)
            raise LookupError("as planned")

        before_s = bound_monotonic()
        with pytest.raises(LookupError, match="as planned"):
            run_virtual(main)
        assert bound_monotonic() - before_s < A_DAY_S

    def test_timers_run_in_the_order_of_their_times(self):
        async def main():
            ran = []
            loop = asyncio.get_running_loop()
            for delay_s in (0.3, 0.1, 0.2):
                loop.call_later(delay_s, ran.append, delay_s)
            await asyncio.sleep(1)
            return ran

        assert run_virtual(main) == [0.1, 0.2, 0.3]

    def test_a_timer_is_met_to_the_nanosecond(self):
        async def main():
            loop = asyncio.get_running_loop()
            met = []
            for n in range(1, 1000):
                loop.call_later(n / 24_000, lambda: met.append(loop.time()))
            await asyncio.sleep(1)
            return met

        due = [START_MONOTONIC_S + n / 24_000 for n in range(1, 1000)]
        assert max(abs(a - b) for a, b in zip(run_virtual(main), due, strict=True)) < 1e-9

    def test_computing_takes_no_time(self):
        async def main():
            began_s = time.perf_counter()
            sum(range(100_000))
            return time.perf_counter() - began_s

        assert run_virtual(main) == 0.0

    def test_other_threads_keep_real_time(self):
        async def main():
            read = []
            thread = threading.Thread(target=lambda: read.append(time.time()))
            thread.start()
            thread.join()
            return read[0]

        before_s = time.time()
        assert before_s <= run_virtual(main) <= time.time()


class TestRuns:
    def test_equal_runs_happen_in_equal_order_at_equal_times(self):
        def once() -> list[tuple[float, int]]:
            chance = random.Random(5)
            happened = []

            async def worker(number: int) -> None:
                for _ in range(20):
                    if chance.random() < 0.3:
                        await asyncio.to_thread(time.sleep, chance.random() * 0.002)
                    else:
                        await asyncio.sleep(chance.random())
                    happened.append((time.monotonic(), number))

            async def main() -> None:
                await asyncio.gather(*(worker(number) for number in range(8)))

            run_virtual(main)
            return happened

        assert once() == once()

    def test_a_coroutine_is_taken_as_well_as_a_function(self):
        async def main():
            await asyncio.sleep(1)
            return "done"

        assert run_virtual(main()) == "done"

    async def test_it_works_where_a_loop_is_running(self):
        async def main():
            await asyncio.sleep(A_DAY_S)
            return time.monotonic()

        assert run_virtual(main) == START_MONOTONIC_S + A_DAY_S

    async def test_a_running_loop_around_it_keeps_real_time(self):
        async def main():
            await asyncio.sleep(A_DAY_S)

        loop = asyncio.get_running_loop()
        before_s = loop.time()
        run_virtual(main)
        assert loop.time() - before_s < A_DAY_S

    async def test_context_variables_reach_it_where_a_loop_is_running(self):
        variable = contextvars.ContextVar("variable", default="unset")
        variable.set("set")

        async def main():
            return variable.get()

        assert run_virtual(main) == "set"

    def test_a_run_within_a_run_has_a_clock_of_its_own(self):
        async def inner():
            await asyncio.sleep(5)
            return time.monotonic()

        async def outer():
            await asyncio.sleep(1)
            return run_virtual(inner), time.monotonic()

        assert run_virtual(outer) == (1005.0, 1001.0)

    def test_a_run_in_a_thread_that_has_a_virtual_clock_is_refused(self):
        async def main():
            return None

        with (
            clock_in_this_thread(loop := VirtualLoop()),
            pytest.raises(VirtualTimeError, match="already reads a virtual clock"),
        ):
            run_virtual(main)
        loop.close()

    def test_a_coroutine_that_is_refused_is_closed(self):
        async def main():
            return None

        refused = main()
        with (
            clock_in_this_thread(loop := VirtualLoop()),
            pytest.raises(VirtualTimeError),
        ):
            run_virtual(refused)
        loop.close()
        assert inspect.getcoroutinestate(refused) == inspect.CORO_CLOSED

    def test_tasks_left_over_are_cancelled_as_asyncio_run_does(self):
        ended = []

        async def forever():
            try:
                await asyncio.sleep(A_DAY_S)
            finally:
                ended.append(time.monotonic())

        async def main():
            task = asyncio.create_task(forever())
            await asyncio.sleep(1)
            return task

        assert run_virtual(main).cancelled()
        assert ended == [1001.0]


class TestJobs:
    def test_time_stands_still_while_a_job_runs(self):
        async def main():
            await asyncio.to_thread(time.sleep, 0.05)
            return time.monotonic()

        assert run_virtual(main) == START_MONOTONIC_S

    def test_a_timer_waits_for_a_job_that_was_submitted_before_it_is_due(self):
        async def main():
            ran = []
            asyncio.get_running_loop().call_later(0.001, ran.append, "timer")
            await asyncio.to_thread(time.sleep, 0.05)
            ran.append("job")
            await asyncio.sleep(1)
            return ran

        assert run_virtual(main) == ["job", "timer"]

    def test_results_come_in_the_order_of_submission(self):
        async def main():
            ran = []

            async def job(name: str, takes_s: float) -> None:
                await asyncio.to_thread(time.sleep, takes_s)
                ran.append(name)

            await asyncio.gather(job("slow", 0.06), job("quick", 0.0), job("middling", 0.03))
            return ran

        assert run_virtual(main) == ["slow", "quick", "middling"]

    @pytest.mark.parametrize("through", ["run_in_executor", "to_thread"])
    def test_one_that_only_computes_is_done_in_the_loop_s_thread(self, through):
        @at_once
        def where():
            return threading.get_ident()

        async def main():
            if through == "to_thread":
                return await asyncio.to_thread(where)
            return await asyncio.get_running_loop().run_in_executor(None, where)

        assert run_virtual(main) == threading.get_ident()

    def test_one_that_only_computes_raises_where_it_is_awaited(self):
        async def main():
            with pytest.raises(ZeroDivisionError):
                await asyncio.get_running_loop().run_in_executor(None, at_once(lambda: 1 / 0))

        run_virtual(main)

    def test_a_job_gives_its_value(self):
        async def main():
            return await asyncio.get_running_loop().run_in_executor(None, divmod, 7, 3)

        assert run_virtual(main) == (2, 1)

    def test_a_job_raises_where_it_is_awaited(self):
        async def main():
            with pytest.raises(ZeroDivisionError):
                await asyncio.to_thread(divmod, 7, 0)
            return "went on"

        assert run_virtual(main) == "went on"

    def test_a_job_on_an_executor_of_the_programs_own_holds_time_too(self):
        async def main():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                await asyncio.get_running_loop().run_in_executor(pool, time.sleep, 0.02)
            return time.monotonic()

        assert run_virtual(main) == START_MONOTONIC_S

    def test_jobs_run_on_the_default_executor_that_the_program_sets(self):
        async def main():
            pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="mine")
            asyncio.get_running_loop().set_default_executor(pool)
            return await asyncio.to_thread(lambda: threading.current_thread().name)

        assert run_virtual(main) == "mine_0"

    def test_a_job_that_was_cancelled_before_it_began_never_runs(self):
        async def main():
            ran, may_end = [], threading.Event()
            pool = concurrent.futures.ThreadPoolExecutor(1)
            loop = asyncio.get_running_loop()
            first = loop.run_in_executor(pool, may_end.wait, 10)
            second = loop.run_in_executor(pool, ran.append, "second")
            second.cancel()
            await asyncio.sleep(0)
            may_end.set()
            await first
            pool.shutdown()
            return ran

        assert run_virtual(main) == []

    def test_a_job_that_was_given_up_while_it_ran_troubles_nobody(self):
        async def main():
            may_end = threading.Event()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await asyncio.get_running_loop().run_in_executor(None, may_end.wait, 10)
            may_end.set()
            await asyncio.sleep(1)
            return time.monotonic()

        assert run_virtual(main) == 1001.0

    def test_a_loop_that_never_rests_gets_its_result_after_a_fixed_number_of_rounds(self):
        async def main():
            done = asyncio.ensure_future(asyncio.to_thread(time.sleep, 0.02))
            rounds = 0
            while not done.done():
                rounds += 1
                await asyncio.sleep(0)
            return rounds

        assert run_virtual(main) == run_virtual(main)

    def test_a_job_that_takes_too_long_is_named(self, monkeypatch):
        monkeypatch.setattr(virtual, "JOB_LIMIT_S", 0.05)
        may_end, ended = threading.Event(), threading.Event()

        def loads_a_model() -> None:
            may_end.wait(10)
            ended.set()

        async def main():
            await asyncio.to_thread(loads_a_model)

        with pytest.raises(VirtualTimeError, match=r"loads_a_model: a job .* over 0\.05 s"):
            run_virtual(main)
        assert not ended.is_set()  # nor was it waited for
        may_end.set()
        assert ended.wait(10)

    def test_a_job_may_wait_for_a_socket_that_the_loop_serves(self, monkeypatch):
        monkeypatch.setattr(virtual, "JOB_LIMIT_S", 5.0)

        def ask(port: int) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
                asked.sendall(b"?")
                return asked.recv(1)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            writer.write(b"!")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        async def main():
            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                return await asyncio.to_thread(ask, server.sockets[0].getsockname()[1])

        assert run_virtual(main) == b"!"


class TestSockets:
    def test_time_passes_at_real_speed_while_a_socket_is_open(self):
        async def main():
            near, far = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=near)
            virtual_s, real_s = time.monotonic(), real_monotonic_s()
            threading.Timer(0.1, far.send, [b"x"]).start()
            await reader.readexactly(1)
            passed = time.monotonic() - virtual_s, real_monotonic_s() - real_s
            writer.close()
            await writer.wait_closed()
            far.close()
            return passed

        virtual_s, real_s = run_virtual(main)
        assert 0.0 < virtual_s <= real_s

    def test_a_timer_beside_an_open_socket_takes_its_real_time(self):
        async def main():
            near, far = socket.socketpair()
            _, writer = await asyncio.open_connection(sock=near)
            virtual_s, real_s = time.monotonic(), real_monotonic_s()
            await asyncio.sleep(0.1)
            passed = time.monotonic() - virtual_s, real_monotonic_s() - real_s
            writer.close()
            await writer.wait_closed()
            far.close()
            return passed

        virtual_s, real_s = run_virtual(main)
        assert virtual_s == pytest.approx(0.1, abs=1e-9)
        assert real_s >= 0.1

    def test_time_jumps_again_once_the_socket_is_closed(self):
        async def main():
            near, far = socket.socketpair()
            _, writer = await asyncio.open_connection(sock=near)
            writer.close()
            await writer.wait_closed()
            far.close()
            before_s, real_s = time.monotonic(), real_monotonic_s()
            await asyncio.sleep(A_DAY_S)
            return time.monotonic() - before_s, real_monotonic_s() - real_s

        virtual_s, real_s = run_virtual(main)
        assert virtual_s == pytest.approx(A_DAY_S, abs=1e-6)
        assert real_s < A_DAY_S / 1000


class TestDeadlock:
    def test_a_program_that_waits_for_nothing_is_refused_with_its_tasks(self, monkeypatch):
        monkeypatch.setattr(virtual, "WAKE_GRACE_S", 0.02)

        async def for_an_event_nobody_sets() -> None:
            await asyncio.Event().wait()

        async def main():
            await asyncio.create_task(for_an_event_nobody_sets(), name="listener")

        with pytest.raises(VirtualTimeError) as raised:
            run_virtual(main)
        assert "listener (Event.wait" in str(raised.value)
        assert "nothing is left that could happen" in str(raised.value)

    def test_a_task_is_named_with_the_line_where_it_waits(self, monkeypatch):
        monkeypatch.setattr(virtual, "WAKE_GRACE_S", 0.02)

        async def main():
            await asyncio.get_running_loop().create_future()

        with pytest.raises(VirtualTimeError, match=r"main at .*test_virtual\.py:\d+\)"):
            run_virtual(main)

    def test_another_thread_may_still_wake_a_loop_that_waits_for_nothing_else(self, monkeypatch):
        monkeypatch.setattr(virtual, "WAKE_GRACE_S", 3600.0)

        async def main():
            loop = asyncio.get_running_loop()
            woken = loop.create_future()
            threading.Timer(
                0.05, lambda: loop.call_soon_threadsafe(woken.set_result, "woken")
            ).start()
            return await woken

        assert run_virtual(main) == "woken"

    def test_real_time_is_back_after_a_deadlock(self, monkeypatch):
        monkeypatch.setattr(virtual, "WAKE_GRACE_S", 0.02)
        before_s = bound_time()
        with pytest.raises(VirtualTimeError):
            run_virtual(asyncio.Event().wait)
        assert before_s <= bound_time() < before_s + A_DAY_S
