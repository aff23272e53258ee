"""The one clock. Nothing else in this package reads the time.

Stamps are monotonic seconds (``time.monotonic``, which is also an asyncio loop's own clock), so a
step of the wall clock never bends a call. LiveKit stamps its events with the wall clock;
:meth:`CallClock.from_wall` brings those onto the same axis.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Two readings of now: one that never steps, one that people know."""

    def now_s(self) -> float:
        """Monotonic seconds; only differences mean something."""
        ...

    def wall_s(self) -> float:
        """Seconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's clock. Inside :mod:`livekit_barge.stage.time.virtual` it reads virtual time."""

    def now_s(self) -> float:
        return time.monotonic()

    def wall_s(self) -> float:
        return time.time()


@dataclass(frozen=True)
class CallClock:
    """Seconds since a call's start, ``at_s``, with the wall time of that start beside it."""

    clock: Clock = field(default_factory=SystemClock)
    started_now_s: float = 0.0
    started_wall_s: float = 0.0

    @classmethod
    def start(cls, clock: Clock | None = None) -> CallClock:
        """A clock whose zero is now."""
        clock = clock or SystemClock()
        return cls(clock, clock.now_s(), clock.wall_s())

    def at_s(self) -> float:
        """Seconds since the call's start, to the microsecond."""
        return round(self.clock.now_s() - self.started_now_s, 6)

    def from_wall(self, wall_s: float) -> float:
        """A recent wall-clock stamp as seconds since the call's start, to the microsecond.

        Counted back from now rather than forward from the start: a wall clock that was stepped
        in mid-call spoils only a stamp taken before the step and converted after it.
        """
        age_s = self.clock.wall_s() - wall_s
        return round(self.clock.now_s() - age_s - self.started_now_s, 6)
