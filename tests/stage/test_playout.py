"""The playout queue: exact to the sample, and never more than 0.2 s ahead of what is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from livekit_barge.stage.playout import AudioPosition, PlayoutQueue, Timeline
from livekit_barge.stage.time.virtual import run_virtual

RATE = 24_000


def frame(seconds: float, *, value: int = 1) -> rtc.AudioFrame:
    samples = round(seconds * RATE)
    return rtc.AudioFrame(np.full(samples, value, np.int16).tobytes(), RATE, 1, samples)


def on_a_queue(script: Callable[[PlayoutQueue, Timeline], Awaitable[Any]]) -> Any:
    """Run ``script(queue, timeline)`` in virtual time."""

    async def main() -> Any:
        timeline = Timeline()
        return await script(PlayoutQueue(timeline, RATE), timeline)

    return run_virtual(main)


def heard(queue: PlayoutQueue) -> list[tuple[int, int, int]]:
    """Return where each stretch begins, its length, and its first sample."""
    return [
        (stretch.at, len(stretch.samples), int(stretch.samples[0])) for stretch in queue.heard()
    ]


class TestTimeline:
    def test_it_counts_from_its_opening(self):
        async def main():
            await asyncio.sleep(7)
            timeline = Timeline()
            await asyncio.sleep(0.123456789)
            return timeline.now_s()

        assert run_virtual(main) == 0.123456789


class TestBackPressure:
    def test_a_frame_within_the_queue_holds_nobody(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            return timeline.now_s()

        assert on_a_queue(script) == 0.0

    def test_a_frame_over_it_holds_its_caller_until_no_more_than_the_queue_is_left(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            await queue.capture_frame(frame(0.05))
            return timeline.now_s(), queue.queued_duration

        assert on_a_queue(script) == (0.05, 0.2)

    def test_a_steady_stream_is_taken_at_the_pace_of_speech(self):
        # 0.2 s at once, then each frame when the one four before it has left
        async def script(queue, timeline):
            taken = []
            for _ in range(8):
                await queue.capture_frame(frame(0.05))
                taken.append(timeline.now_s())
            return taken

        assert on_a_queue(script) == [0.0, 0.0, 0.0, 0.0, 0.05, 0.1, 0.15, 0.2]

    def test_what_is_queued_shrinks_with_time_and_not_below_nothing(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.1))
            queued = []
            for _ in range(4):
                queued.append(queue.queued_duration)
                await asyncio.sleep(0.04)
            return queued

        assert on_a_queue(script) == [0.1, 0.06, 0.02, 0.0]


class TestPlaying:
    def test_frames_leave_one_after_the_other_without_a_gap(self):
        async def script(queue, _):
            for value in (1, 2, 3):
                await queue.capture_frame(frame(0.05, value=value))
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1), (1200, 1200, 2), (2400, 1200, 3)]

    def test_a_frame_that_meets_an_empty_queue_leaves_at_once(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.05, value=1))
            await asyncio.sleep(0.3)
            await queue.capture_frame(frame(0.05, value=2))
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1), (7200, 1200, 2)]

    def test_what_has_left_is_heard_and_nothing_after_it(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.05, value=1))
            await queue.capture_frame(frame(0.05, value=2))
            await asyncio.sleep(0.0625)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1), (1200, 300, 2)]

    def test_nothing_is_heard_of_a_frame_that_has_just_been_taken(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.05))
            return heard(queue)

        assert on_a_queue(script) == []

    def test_a_stretch_keeps_the_place_it_came_with(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.05), AudioPosition(segment=3, offset=2400))
            await asyncio.sleep(0.01)
            return [stretch.place for stretch in queue.heard()]

        assert on_a_queue(script) == [AudioPosition(segment=3, offset=2400)]

    def test_a_frame_whose_memory_is_used_again_is_heard_as_it_was(self):
        async def script(queue, _):
            memory = bytearray(frame(0.05, value=1).data)
            await queue.capture_frame(rtc.AudioFrame(memory, RATE, 1, 1200))
            memory[:] = bytes(len(memory))
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1)]


class TestClearing:
    def test_the_sample_that_is_due_is_the_first_not_heard(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.2))
            await asyncio.sleep(0.125)
            queue.clear_queue()
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 3000, 1)]

    def test_nothing_is_queued_afterwards(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.2))
            queue.clear_queue()
            return queue.queued_duration

        assert on_a_queue(script) == 0.0

    def test_the_next_frame_leaves_at_once(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.2, value=1))
            await asyncio.sleep(0.05)
            queue.clear_queue()
            await queue.capture_frame(frame(0.05, value=2))
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1), (1200, 1200, 2)]

    def test_who_waits_for_room_goes_on(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            waiting = asyncio.create_task(queue.capture_frame(frame(5.0)))
            await asyncio.sleep(0.1)
            queue.clear_queue()
            await waiting
            return timeline.now_s()

        assert on_a_queue(script) == 0.1

    def test_who_waits_for_the_end_goes_on(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            waiting = asyncio.create_task(queue.wait_for_playout())
            await asyncio.sleep(0.1)
            queue.clear_queue()
            await waiting
            return timeline.now_s()

        assert on_a_queue(script) == 0.1

    def test_both_who_wait_go_on(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            waiting = [
                asyncio.create_task(queue.capture_frame(frame(0.1))),
                asyncio.create_task(queue.wait_for_playout()),
            ]
            await asyncio.sleep(0.01)
            queue.clear_queue()
            await asyncio.gather(*waiting)
            return timeline.now_s()

        assert on_a_queue(script) == 0.01

    def test_who_comes_after_a_clear_waits_for_room_again(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.2))
            waiting = asyncio.create_task(queue.capture_frame(frame(0.1)))
            await asyncio.sleep(0.05)
            queue.clear_queue()
            await waiting
            await queue.capture_frame(frame(0.3))
            return timeline.now_s()

        assert on_a_queue(script) == 0.15

    def test_a_second_clear_takes_nothing_more(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.2))
            await asyncio.sleep(0.05)
            queue.clear_queue()
            await asyncio.sleep(0.05)
            queue.clear_queue()
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1)]

    def test_closing_drops_what_is_queued(self):
        async def script(queue, _):
            await queue.capture_frame(frame(0.2))
            await asyncio.sleep(0.05)
            await queue.aclose()
            await asyncio.sleep(1)
            return heard(queue)

        assert on_a_queue(script) == [(0, 1200, 1)]


class TestWaiting:
    def test_the_end_comes_with_the_last_sample(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.1875))
            await queue.wait_for_playout()
            return timeline.now_s()

        assert on_a_queue(script) == 0.1875

    def test_the_end_moves_with_what_is_added(self):
        async def script(queue, timeline):
            await queue.capture_frame(frame(0.1))
            waiting = asyncio.create_task(queue.wait_for_playout())
            await asyncio.sleep(0.05)
            await queue.capture_frame(frame(0.1))
            await waiting
            return timeline.now_s()

        assert on_a_queue(script) == 0.2

    @pytest.mark.parametrize("seconds", [1 / 3, 0.07, 1e-4])
    def test_an_odd_length_ends_on_its_last_sample(self, seconds):
        async def script(queue, timeline):
            await queue.capture_frame(frame(seconds))
            await queue.wait_for_playout()
            return round(timeline.now_s() * RATE)

        assert on_a_queue(script) == round(seconds * RATE)
