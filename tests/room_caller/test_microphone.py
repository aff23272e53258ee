"""A sample is sent after those before it, unless the queue ran dry."""

import asyncio

import pytest

from livekit_barge.clock import CallClock
from livekit_barge.room import microphone
from livekit_barge.room.microphone import Microphone
from livekit_barge.stage.track import CallerTrack


class Hands:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s

    def wall_s(self) -> float:
        return self.at_s


@pytest.fixture
def sent(monkeypatch):
    """``sent(open_s, *pushed_s)``: when each frame that is pushed then is sent, and whether late.

    A sample is a millisecond, a frame has ten.
    """

    def play(open_s, *pushed_s):
        hands, frames = Hands(), []
        times = iter([*pushed_s, None])

        class Source:
            def __init__(self, *_, **__):
                pass

            async def capture_frame(self, _):
                hands.at_s = next(times)
                if hands.at_s is None:
                    raise asyncio.CancelledError

        monkeypatch.setattr(microphone.rtc, "AudioSource", Source)
        monkeypatch.setattr(microphone, "FRAME_S", 0.01)
        track = CallerTrack(1_000)
        mic = Microphone(
            track,
            CallClock.start(hands),
            lambda _, begins_s, late: frames.append((round(begins_s, 6), late)),
        )
        hands.at_s = open_s
        mic.open()
        hands.at_s = next(times)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(mic.run())
        return frames, track, mic

    return play


def test_a_frame_is_sent_when_those_before_it_have_left(sent):
    frames, _, _ = sent(0.0, 0.0, 0.0, 0.003, 0.022)
    assert frames == [(0.0, False), (0.01, False), (0.02, False), (0.03, False)]


def test_a_frame_that_comes_to_a_dry_queue_is_sent_late(sent):
    frames, _, _ = sent(0.0, 0.0, 0.025, 0.03)
    assert frames == [(0.0, False), (0.025, True), (0.035, False)]


def test_the_track_counts_from_the_calls_start(sent):
    _, track, mic = sent(0.5, 0.5, 0.5)
    assert track.sent == 520
    assert mic.sample_at(0.51) == 510
