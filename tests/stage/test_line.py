"""The line: frames arrive when their last sample has been spoken, and both sides share a zero."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc

from livekit_barge.errors import ScriptError
from livekit_barge.stage.line import Line
from livekit_barge.stage.time.virtual import run_virtual
from livekit_barge.stage.track import CallerTrack

RATE = 24_000
FRAME = 1200  # 50 ms
CLIP = np.arange(1, 2401, dtype=np.int16)


def agent_frame(samples: int = FRAME, value: int = 1) -> rtc.AudioFrame:
    return rtc.AudioFrame(np.full(samples, value, np.int16).tobytes(), RATE, 1, samples)


def pcm(frame: rtc.AudioFrame) -> np.ndarray:
    return np.frombuffer(frame.data, np.int16)


class TestInput:
    def test_a_frame_arrives_when_its_last_sample_has_been_spoken(self):
        async def main():
            line = Line()
            return [(len(pcm(await anext(line.input))), line.timeline.now_s()) for _ in range(3)]

        assert run_virtual(main) == [(FRAME, 0.05), (FRAME, 0.1), (FRAME, 0.15)]

    def test_the_frame_size_is_the_one_asked_for(self):
        async def main():
            line = Line(frame_s=0.02)
            return len(pcm(await anext(line.input))), line.timeline.now_s()

        assert run_virtual(main) == (480, 0.02)

    def test_frames_are_in_the_rooms_format(self):
        async def main():
            frame = await anext(Line().input)
            return frame.sample_rate, frame.num_channels

        assert run_virtual(main) == (RATE, 1)

    def test_a_reader_who_is_late_gets_what_has_been_spoken_at_once(self):
        async def main():
            line = Line()
            await asyncio.sleep(0.12)
            times = []
            for _ in range(3):
                await anext(line.input)
                times.append(line.timeline.now_s())
            return times

        assert run_virtual(main) == [0.12, 0.12, 0.15]

    def test_a_clip_arrives_at_its_sample(self):
        async def main():
            line = Line()
            line.caller.mix(CLIP, 1777)
            return np.concatenate([pcm(await anext(line.input)) for _ in range(5)])

        received = run_virtual(main)
        assert np.array_equal(received[1777 : 1777 + 2400], CLIP)
        assert np.count_nonzero(received) == 2400

    def test_a_clip_can_be_mixed_into_the_frame_that_is_about_to_leave(self):
        async def main():
            def before_frame(at: int) -> None:
                if at == 2 * FRAME:
                    line.caller.mix(CLIP, at)

            line = Line()
            line.input.before_frame = before_frame
            return np.concatenate([pcm(await anext(line.input)) for _ in range(5)])

        assert np.array_equal(run_virtual(main)[2 * FRAME : 4 * FRAME], CLIP)

    def test_a_clip_for_a_frame_that_has_left_is_refused(self):
        async def main():
            line = Line()
            await anext(line.input)
            line.caller.mix(CLIP, FRAME - 1)

        with pytest.raises(ScriptError, match=r"the call is at 0\.050 s"):
            run_virtual(main)

    def test_noise_of_the_same_seed_is_the_same(self):
        async def main():
            return pcm(await anext(Line(noise_dbfs=-50, seed=4).input))

        expected = CallerTrack(RATE, noise_dbfs=-50, seed=4).send(FRAME)
        assert np.array_equal(run_virtual(main), expected)

    def test_hanging_up_ends_the_audio_with_the_frame_that_is_under_way(self):
        async def main():
            line = Line()
            asyncio.get_running_loop().call_later(0.12, line.input.hang_up)
            return len([frame async for frame in line.input]), line.timeline.now_s()

        assert run_virtual(main) == (3, pytest.approx(0.15))

    def test_a_detached_input_keeps_speaking_and_hands_nothing_over(self):
        async def main():
            line = Line()
            line.input.on_detached()
            asyncio.get_running_loop().call_later(0.12, line.input.on_attached)
            frame = await anext(line.input)
            return line.timeline.now_s(), line.caller.sent, len(pcm(frame))

        assert run_virtual(main) == (0.15, 3 * FRAME, FRAME)


class TestHeard:
    def test_it_is_as_long_as_the_line_has_been_open(self):
        async def main():
            line = Line()
            await asyncio.sleep(0.3)
            return line.heard()

        assert run_virtual(main).tolist() == [0] * 7200

    def test_the_agents_audio_lies_where_it_was_heard(self):
        async def main():
            line = Line()
            await asyncio.sleep(0.1)
            await line.output.capture_frame(agent_frame())
            line.output.flush()
            await asyncio.sleep(1)
            return np.flatnonzero(line.heard())

        assert run_virtual(main).tolist() == list(range(2400, 3600))

    def test_what_was_heard_is_known_after_the_line_has_closed(self):
        async def main():
            line = Line()
            await line.output.capture_frame(agent_frame())
            line.output.flush()
            await asyncio.sleep(1)
            await line.aclose()
            return np.count_nonzero(line.heard())

        assert run_virtual(main) == FRAME

    def test_closing_hangs_up(self):
        async def main():
            line = Line()
            await line.aclose()
            return [frame async for frame in line.input]

        assert run_virtual(main) == []


class TestConnecting:
    def test_the_line_becomes_the_sessions_audio(self):
        class Session:
            class input:
                audio = None

            class output:
                audio = None

        async def main():
            line = Line()
            line.connect(Session)
            return Session.input.audio is line.input, Session.output.audio is line.output

        assert run_virtual(main) == (True, True)
