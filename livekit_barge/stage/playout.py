"""Plays the agent's audio: a queue that empties at the clock's pace, and knows what left it.

It takes the place of ``rtc.AudioSource(queue_size_ms=200)``, through which RoomIO publishes: up to
``queue_s`` are taken at once; a frame over that holds its caller until the rest has shrunk to
``queue_s`` again, so between 0.2 and 0.25 s are queued while the agent speaks. It differs in being
exact to the sample, where the real one takes 10 ms at a time and has a thread's jitter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from livekit_barge.stage.time.virtual import VirtualLoop
from livekit_barge.stage.track import Pcm


class Timeline:
    """Seconds since the line was opened, by the running loop's clock, to the nanosecond."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._opened_s = self._loop.time()
        self._now_ns = self._loop.monotonic_ns if isinstance(self._loop, VirtualLoop) else None
        self._opened_ns = 0 if self._now_ns is None else self._now_ns()

    def now_s(self) -> float:
        if self._now_ns is not None:  # the same figure, a fifth of the work
            return (self._now_ns() - self._opened_ns) / 1_000_000_000
        return round(self._loop.time() - self._opened_s, 9)


@dataclass(frozen=True)
class AudioPosition:
    """The position of a piece of audio in what the agent generated."""

    segment: int
    """Counts the output's segments (a stretch between two flushes) from 0."""
    offset: int
    """The offset in samples, from the segment's start."""


@dataclass(frozen=True)
class HeardAudio:
    """Audio that left the line without a gap, from sample ``at`` of the call on."""

    at: int
    samples: Pcm
    place: AudioPosition | None = None


class PlayoutQueue:
    """Plays what it is given, one frame after the other, and keeps what was heard."""

    def __init__(self, timeline: Timeline, sample_rate: int, queue_s: float = 0.2) -> None:
        self.sample_rate = sample_rate
        self._timeline = timeline
        self._queue_s = queue_s
        self._stretches: list[HeardAudio] = []
        self._ends = 0
        self._cleared: asyncio.Future[None] | None = None

    @property
    def queued_duration(self) -> float:
        """Seconds of audio that were taken and have not played yet."""
        return max(round(self._ends / self.sample_rate - self._timeline.now_s(), 9), 0.0)

    def heard(self, since: int = 0) -> list[HeardAudio]:
        """Return all audio that has left in order, but for what ended before ``since``."""
        heard: list[HeardAudio] = []
        for stretch in self.heard_backwards():
            if stretch.at + len(stretch.samples) <= since:
                break
            heard.append(stretch)
        return heard[::-1]

    def heard_backwards(self) -> Iterator[HeardAudio]:
        """Yield all audio that has left until now, the latest first."""
        now = self._now()
        for stretch in reversed(self._stretches):
            if stretch.at + len(stretch.samples) <= now:
                yield stretch
            elif stretch.at < now:
                yield _cut(stretch, now)

    async def capture_frame(
        self, frame: rtc.AudioFrame, place: AudioPosition | None = None
    ) -> None:
        """Take a frame; returns when no more than ``queue_s`` are queued."""
        at = max(self._ends, self._now())
        samples = np.frombuffer(bytes(frame.data), np.int16)
        self._stretches.append(HeardAudio(at, samples, place))
        self._ends = at + len(samples)
        if (over_s := self.queued_duration - self._queue_s) > 0:
            await self._sleep_unless_cleared(over_s)

    async def wait_for_playout(self) -> None:
        """Wait until the queue is empty, played or cleared."""
        while (queued_s := self.queued_duration) > 0:
            await self._sleep_unless_cleared(queued_s)

    def clear_queue(self) -> None:
        """Drop what has not been played; the sample due now is the first not heard."""
        self._stretches = self.heard()
        self._ends = min(self._ends, self._now())
        if self._cleared is not None and not self._cleared.done():
            self._cleared.set_result(None)

    async def aclose(self) -> None:
        self.clear_queue()

    def _now(self) -> int:
        return round(self._timeline.now_s() * self.sample_rate)

    async def _sleep_unless_cleared(self, seconds: float) -> None:
        if self._cleared is None or self._cleared.done():
            self._cleared = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._cleared], timeout=seconds)


def _cut(stretch: HeardAudio, now: int) -> HeardAudio:
    return HeardAudio(stretch.at, stretch.samples[: now - stretch.at], stretch.place)
