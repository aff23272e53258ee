"""How late this process was itself, and what that means for a call that it played.

A test of a real room runs beside whatever else the machine does. Where the harness was late by
more than a figure bears, the call was not measurable, and is played again; where it was not, the
call counts, whatever came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from livekit_barge.measure.recorder_lag import LAG_MAX_S

PLAYS_MOST = 3

_LOOK_S = 0.01


class Timed(Protocol):
    """Something that was played, and how late its harness was at worst."""

    @property
    def late_s(self) -> float: ...


TimedT = TypeVar("TimedT", bound=Timed)


class Lateness:
    """Watches an event loop."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def watch(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _LOOK_S
            await asyncio.sleep(_LOOK_S)
            self.worst_s = max(self.worst_s, loop.time() - due_s)


def measurably(
    play: Callable[[int], TimedT], as_meant: Callable[[TimedT], bool] = lambda _: False
) -> TimedT:
    """``play(0)``; again, with the next number, only where it was not measurable.

    One that came out as it was meant to needs no measuring.
    """
    for number in range(PLAYS_MOST):
        played = play(number)
        if as_meant(played) or played.late_s <= LAG_MAX_S:
            break
    return played
