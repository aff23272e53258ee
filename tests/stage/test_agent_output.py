"""LineOutput against RoomIO's own output, driven by the same orders at the same times.

RoomIO's class is private, so it is met only here: with its audio source replaced by ours, which
needs no room, both must report the same things at the same times and play the same samples.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit import rtc
from livekit.agents.voice.room_io._output import _ParticipantAudioOutput

from livekit_barge.stage.agent_output import LineOutput
from livekit_barge.stage.playout import PlayoutQueue, Timeline
from livekit_barge.stage.time.virtual import run_virtual

RATE = 24_000

Order = tuple[str, float]
"""A step, and how many seconds to wait before it."""

orders = st.lists(
    st.tuples(
        st.sampled_from(["push", "push", "push", "flush", "pause", "resume", "clear"]),
        # odd, so that no order meets a frame's end, where the two round differently
        st.sampled_from([0.0, 0.0031, 0.0197, 0.0463, 0.0711, 0.2139, 0.3107]),
    ),
    min_size=1,
    max_size=25,
)


class Roomless(_ParticipantAudioOutput):
    """RoomIO's output over a queue of ours, as if its track were subscribed."""

    def __init__(self, timeline: Timeline) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rtc, "AudioSource", lambda *_, **__: PlayoutQueue(timeline, RATE))
            super().__init__(
                rtc.Room(),
                sample_rate=RATE,
                num_channels=1,
                track_publish_options=rtc.TrackPublishOptions(),
            )
        self._subscribed_fut.set_result(None)
        self._forwarding_task = asyncio.create_task(self._forward_audio())

    def heard(self) -> list[Any]:
        return self._audio_source.heard()


async def play(
    make: Callable[[Timeline], Any], orders: list[Order]
) -> tuple[list[Any], list[tuple[int, bytes]]]:
    timeline = Timeline()
    output = make(timeline)
    reports: list[Any] = []
    for name in ("playback_started", "playback_progressed", "playback_finished"):
        output.on(name, lambda event: reports.append((timeline.now_s(), _rounded(event))))
    ramp = np.arange(1, 32_000, dtype=np.int16)
    pushed, flushed = 0, False
    for order, wait_s in orders:
        await asyncio.sleep(wait_s)
        # as LiveKit does: nothing is pushed or flushed until what was flushed has ended
        if order in ("push", "flush") and flushed and output._pending_playback_count:
            continue
        flushed = order == "flush" if order in ("push", "flush") else flushed
        if order == "push":
            # 70 ms: not a whole number of frames, so that a rest waits in the framer
            await output.capture_frame(_frame(np.roll(ramp, -pushed)[:1680]))
            pushed += 1680
        else:
            getattr(output, "clear_buffer" if order == "clear" else order)()
    output.resume()
    await asyncio.sleep(5)
    played = [(stretch.at, stretch.samples.tobytes()) for stretch in output.heard()]
    await output.aclose()
    return reports, played


def _frame(pcm: np.ndarray[Any, np.dtype[np.int16]]) -> rtc.AudioFrame:
    return rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm))


def _rounded(event: object) -> tuple[str, dict[str, Any]]:
    """To 0.1 ms: RoomIO reckons in wall-clock stamps, which hold little more than that."""
    fields = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in vars(event).items()
    }
    return type(event).__name__, fields


@settings(max_examples=150, deadline=None)
@given(orders)
def test_line_output_plays_and_reports_as_room_ios_output_does(orders: list[Order]) -> None:
    assert run_virtual(lambda: play(LineOutput, orders)) == run_virtual(
        lambda: play(Roomless, orders)
    )
