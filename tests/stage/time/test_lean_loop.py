"""The stage's event loop calls what asyncio's own would call, in the same order."""

import asyncio
import random

import pytest

from livekit_barge.stage.time.lean_loop import LeanLoop
from livekit_barge.stage.time.virtual import VirtualLoop


class Stock(VirtualLoop):
    """Virtual time on asyncio's own rounds."""

    call_soon = asyncio.BaseEventLoop.call_soon
    call_at = asyncio.BaseEventLoop.call_at
    _run_once = asyncio.BaseEventLoop._run_once


def order(loop, seed):
    """Run a program of timers, many at one time, some cancelled, and callbacks on a loop."""
    chance, seen, timers = random.Random(seed), [], []

    def act(number):
        seen.append((number, loop.time()))
        if len(seen) > 1_500:
            loop.stop()
            return
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            if chance.random() < 0.4:
                loop.call_soon(act, chance.random())
            timers.append(loop.call_later(chance.randrange(0, 40) / 100, act, chance.random()))
        for _ in range(chance.choice([0, 0, 1, 3])):
            timers[chance.randrange(len(timers))].cancel()
        if not chance.randrange(20):
            for timer in timers:
                timer.cancel()
            for number in range(20):
                loop.call_later(0.1, act, number)

    for number in range(150):
        timers.append(loop.call_later(0.5, act, number))
    loop.call_soon(act, "first")
    loop.call_later(60, loop.stop)
    loop.run_forever()
    return seen


@pytest.mark.parametrize("seed", range(8))
def test_callbacks_come_in_the_order_of_asyncio_s_own_loop(seed):
    lean, stock = VirtualLoop(), Stock()
    try:
        assert order(lean, seed) == order(stock, seed)
    finally:
        lean.close()
        stock.close()


def test_an_exception_of_a_callback_is_reported_and_the_loop_goes_on():
    loop, told = LeanLoop(), []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    failed = KeyError("x")

    def fail():
        raise failed

    loop.call_soon(fail)
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    assert told == [failed]


def test_a_closed_loop_takes_nothing_more():
    loop = LeanLoop()
    loop.close()
    for put in (lambda: loop.call_soon(print), lambda: loop.call_later(1, print)):
        with pytest.raises(RuntimeError, match="closed"):
            put()
