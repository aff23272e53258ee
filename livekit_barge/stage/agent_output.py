"""The agent's side of the line: plays as RoomIO's output does over its audio source.

As there, audio is forwarded in frames of 50 ms into a queue of 0.2 s, which is full while the
agent speaks. A pause stops the forwarding; the queue is dropped only when the next frame comes up,
or plays out whole if none does. A clear drops it at once, also in a pause. What was dropped is not
played again on resume. The reports (started, progressed, finished) carry the same offsets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from livekit import rtc
from livekit.agents import utils
from livekit.agents.voice import io

from livekit_barge.clock import SystemClock
from livekit_barge.stage.playout import AudioPosition, HeardAudio, PlayoutQueue, Timeline
from livekit_barge.stage.voices import SAMPLE_RATE

FRAME_S = 0.05
"""The frames of RoomIO's ``_ParticipantAudioOutput``."""
QUEUE_S = 0.2
"""RoomIO's ``rtc.AudioSource(queue_size_ms=200)``."""

_TAIL_MARGIN_S = 0.02
"""Audio short of a frame is forwarded this long before the queue runs dry, as in RoomIO."""


@dataclass
class _OutputSegment:
    """The audio between two flushes, and how far it has come."""

    index: int
    pushed: int = 0
    """Samples, in whole frames, queued for forwarding."""
    forwarded_s: float = 0.0
    """Seconds handed to the queue."""
    dropped_s: float = 0.0
    """The part of it that a pause dropped from the queue."""
    run_offset_s: float = 0.0
    """The offset at which the stretch that plays now, or plays next, begins."""
    dry_at_s: float | None = None
    """The time at which the queue runs out if no more comes; ``None``: nothing plays."""
    started: bool = False


class LineOutput(io.AudioOutput):
    """Plays the agent; :meth:`heard` is the truth of what left the line, and when.

    ``pause_delay_s`` and ``clear_delay_s`` put a way between an order and its effect, as a
    transport would.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        sample_rate: int = SAMPLE_RATE,
        frame_s: float = FRAME_S,
        queue_s: float = QUEUE_S,
        pause_delay_s: float = 0.0,
        clear_delay_s: float = 0.0,
    ) -> None:
        super().__init__(
            label="line",
            capabilities=io.AudioOutputCapabilities(pause=True),
            sample_rate=sample_rate,
        )
        self._rate = sample_rate
        self._pause_delay_s = pause_delay_s
        self._clear_delay_s = clear_delay_s
        self._timeline = timeline
        self._clock = SystemClock()
        self._queue = PlayoutQueue(timeline, sample_rate, queue_s)
        self._framer = utils.audio.AudioByteStream(sample_rate, 1, round(frame_s * sample_rate))
        self._frames: utils.aio.Chan[tuple[rtc.AudioFrame, AudioPosition]] = utils.aio.Chan()
        self._segment = _OutputSegment(0)
        self._enabled = _set_event()
        self._idle = _set_event()
        self._cleared = asyncio.Event()
        self._clears = 0
        self._tail_timer: asyncio.TimerHandle | None = None
        self._pause_timer: asyncio.TimerHandle | None = None
        self._forwarding = asyncio.create_task(self._forward(), name="line-forwarding")
        self._ending: asyncio.Task[None] | None = None

    def heard(self) -> list[HeardAudio]:
        """Return all audio that has left the line so far, in order."""
        return self._queue.heard()

    async def aclose(self) -> None:
        """Stop playing. :meth:`heard` stays available."""
        self._cancel_tail()
        if self._pause_timer is not None:
            self._pause_timer.cancel()
        for task in (self._ending, self._forwarding):
            if task is not None:
                await utils.aio.cancel_and_wait(task)
        await self._queue.aclose()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._ending is not None:
            await self._ending
        for whole in self._framer.push(frame.data):
            self._put(whole)
        self._arm_tail()

    def flush(self) -> None:
        super().flush()
        self._put_tail(force=True)
        if self._segment.pushed and (self._ending is None or self._ending.done()):
            self._ending = asyncio.create_task(self._end_segment(), name="line-segment")

    def clear_buffer(self) -> None:
        self._after(self._clear_delay_s, self._clear)

    def pause(self) -> None:
        super().pause()
        self._pause_timer = self._after(self._pause_delay_s, self._pause)

    def resume(self) -> None:
        super().resume()
        if self._pause_timer is not None:
            self._pause_timer.cancel()
        self._enabled.set()
        self._arm_tail()

    def _after(self, delay_s: float, act: Callable[[], None]) -> asyncio.TimerHandle | None:
        if delay_s > 0:
            return asyncio.get_running_loop().call_later(delay_s, act)
        act()
        return None

    def _pause(self) -> None:
        self._enabled.clear()
        self._cancel_tail()

    def _clear(self) -> None:
        self._cancel_tail()
        self._framer.clear()
        if self._segment.pushed:
            self._report_run(self._segment.forwarded_s - self._queue.queued_duration)
            self._cleared.set()

    def _put(self, frame: rtc.AudioFrame) -> None:
        self._frames.send_nowait((frame, AudioPosition(self._segment.index, self._segment.pushed)))
        self._segment.pushed += frame.samples_per_channel

    def _arm_tail(self) -> None:
        """Schedule audio shorter than a frame to be forwarded just before the queue runs dry."""
        self._cancel_tail()
        if self._enabled.is_set():
            waiting_s = self._segment.pushed / self._rate - self._segment.forwarded_s
            left_s = self._queue.queued_duration + waiting_s - _TAIL_MARGIN_S
            self._tail_timer = asyncio.get_running_loop().call_later(
                max(left_s, 0.0), self._put_tail
            )

    def _cancel_tail(self) -> None:
        if self._tail_timer is not None:
            self._tail_timer.cancel()

    def _put_tail(self, *, force: bool = False) -> None:
        self._cancel_tail()
        begun = self._segment.pushed > 0
        if force or begun or self._framer.buffered_duration >= _TAIL_MARGIN_S:
            for rest in self._framer.flush():
                self._put(rest)

    async def _forward(self) -> None:
        async for frame, place in self._frames:
            self._idle.clear()
            try:
                await self._forward_frame(frame, place)
            finally:
                self._idle.set()

    async def _forward_frame(self, frame: rtc.AudioFrame, place: AudioPosition) -> None:
        clears = self._clears
        if not self._enabled.is_set():
            self._drop_queue()
            await self._enabled.wait()
            if clears != self._clears:
                return  # its segment was cut while it waited
        if self._cleared.is_set() or not self._segment.pushed:
            if self._cleared.is_set() and self._ending is not None:
                await self._ending
            return
        segment = self._segment
        if not segment.started:
            segment.started = True
            self.on_playback_started(created_at=self._clock.wall_s())
        if segment.dry_at_s is not None and self._timeline.now_s() >= segment.dry_at_s:
            self._report_run(segment.forwarded_s)
        segment.forwarded_s += frame.duration
        await self._queue.capture_frame(frame, place)
        segment.dry_at_s = self._timeline.now_s() + self._queue.queued_duration

    def _drop_queue(self) -> None:
        queued_s = self._queue.queued_duration
        self._segment.dropped_s += queued_s
        self._report_run(self._segment.forwarded_s - queued_s)
        self._segment.run_offset_s = self._segment.forwarded_s
        self._queue.clear_queue()

    async def _end_segment(self) -> None:
        """Wait until the segment has played out or was cleared, and report its end."""
        played = asyncio.create_task(self._played_out())
        cleared = asyncio.create_task(self._cleared.wait())
        await asyncio.wait([played, cleared], return_when=asyncio.FIRST_COMPLETED)
        segment, interrupted = self._segment, self._cleared.is_set()
        queued_s = 0.0
        if interrupted:
            self._clears += 1
            queued_s = self._queue.queued_duration
            while not self._frames.empty():
                self._frames.recv_nowait()
        self._report_run(segment.forwarded_s - queued_s)
        if interrupted:
            self._queue.clear_queue()
        await utils.aio.cancel_and_wait(played, cleared)
        self._segment = _OutputSegment(segment.index + 1)
        self._cleared.clear()
        self.on_playback_finished(
            playback_position=max(segment.forwarded_s - segment.dropped_s - queued_s, 0.0),
            interrupted=interrupted,
        )

    async def _played_out(self) -> None:
        while True:
            await self._idle.wait()
            if self._frames.empty():
                break
            await self._enabled.wait()
            await asyncio.sleep(0)
        await self._queue.wait_for_playout()

    def _report_run(self, offset_s: float) -> None:
        """Report that the segment has now played up to ``offset_s``."""
        segment, now_s = self._segment, self._timeline.now_s()
        ended_s = now_s if segment.dry_at_s is None else min(now_s, segment.dry_at_s)
        duration_s = offset_s - segment.run_offset_s
        if duration_s > 0:
            self.on_playback_progressed(
                started_at=self._clock.wall_s() - (now_s - ended_s) - duration_s,
                offset=segment.run_offset_s,
                duration=duration_s,
            )
        segment.run_offset_s = offset_s
        segment.dry_at_s = None


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
