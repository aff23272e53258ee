"""The bot's audio is placed from what its transport wrote and what lay behind it."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import Event, PlaybackFinished, PlaybackProgressed, SegmentFlushed
from livekit_barge.frameworks.pipecat.transport_playout import TransportPlayout

CHUNK_S = 0.04


class Output:
    """An output transport that writes chunks of 40 ms."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.playing = TransportPlayout(self.events.append)

    def hand_over(self, seconds: float) -> None:
        self.playing.handed("speech_1", seconds, 1.0)

    def write(self, chunks: int, *, from_s: float, queued_s: float | None) -> float:
        """Write that many chunks in real time; return when the last write returned."""
        at_s = from_s
        for _ in range(chunks):
            at_s += CHUNK_S
            self.playing.written(CHUNK_S, at_s, queued_s)
        return at_s

    def tick(self, now_s: float, queued_s: float | None) -> None:
        self.playing.tick(now_s, queued_s)

    def stretches(self) -> list[tuple[float, float]]:
        """Return when each began, and its length."""
        return [
            (event.started_at_s, event.duration_s)
            for event in self.events
            if isinstance(event, PlaybackProgressed)
        ]

    def finished(self) -> list[tuple[float, bool]]:
        return [
            (event.position_s, event.interrupted)
            for event in self.events
            if isinstance(event, PlaybackFinished)
        ]


@pytest.fixture
def output() -> Output:
    return Output()


def test_what_is_behind_the_transport_is_still_to_play(output: Output) -> None:
    output.hand_over(0.4)
    output.playing.flush(1.0)
    ended_s = output.write(10, from_s=1.0, queued_s=0.2)
    output.tick(ended_s + 0.1, 0.1)
    assert output.finished() == []
    output.tick(ended_s + 0.21, 0.0)
    assert output.stretches() == [(pytest.approx(1.2), pytest.approx(0.4))]
    assert output.finished() == [(pytest.approx(0.4), False)]


def test_a_queue_that_is_dropped_ends_the_sound_at_the_interruption(output: Output) -> None:
    output.hand_over(2.0)
    ended_s = output.write(20, from_s=1.0, queued_s=0.5)  # 0.8 s written, 0.5 of it queued
    output.playing.cut(ended_s)
    output.tick(ended_s + 0.05, 0.0)
    started_s, length_s = output.stretches()[0]
    assert started_s + length_s == pytest.approx(ended_s)
    assert output.finished() == [(pytest.approx(0.3), True)]


def test_a_queue_that_is_not_dropped_plays_on_after_the_interruption(output: Output) -> None:
    output.hand_over(2.0)
    ended_s = output.write(20, from_s=1.0, queued_s=0.5)
    output.playing.cut(ended_s)
    output.tick(ended_s + 0.1, 0.4)
    assert output.finished() == []
    output.tick(ended_s + 0.51, 0.0)
    assert output.finished() == [(pytest.approx(0.8), True)]


def test_a_chunk_that_is_being_written_at_the_interruption_is_heard(output: Output) -> None:
    output.hand_over(3.0)
    output.playing.written(1.0, 2.0, 0.0)
    output.playing.cut(2.5)  # in the middle of the second chunk
    output.tick(2.6, 0.4)
    assert output.finished() == []
    output.playing.written(1.0, 3.0, 0.0)
    output.tick(3.05, 0.0)
    assert output.stretches() == [(pytest.approx(1.0), pytest.approx(2.0))]


def test_without_an_account_audio_has_played_when_its_write_returned(output: Output) -> None:
    output.hand_over(0.4)
    output.playing.flush(1.0)
    ended_s = output.write(10, from_s=1.0, queued_s=None)
    output.tick(ended_s, None)
    assert output.stretches() == [(pytest.approx(1.0), pytest.approx(0.4))]


def test_a_gap_in_the_writing_is_a_gap_in_the_sound(output: Output) -> None:
    output.hand_over(0.4)
    output.write(5, from_s=1.0, queued_s=0.0)
    output.hand_over(0.0)
    ended_s = output.write(5, from_s=1.5, queued_s=0.0)
    output.playing.flush(ended_s)
    output.tick(ended_s, 0.0)
    assert output.stretches() == [
        (pytest.approx(1.0), pytest.approx(0.2)),
        (pytest.approx(1.5), pytest.approx(0.2)),
    ]


def test_the_silence_that_fills_up_the_last_chunk_is_no_speech(output: Output) -> None:
    output.hand_over(0.1)
    output.playing.flush(1.0)
    output.write(3, from_s=1.0, queued_s=0.0)
    output.tick(1.2, 0.0)
    assert output.finished() == [(pytest.approx(0.1), False)]


def test_a_speech_whose_end_is_never_told_is_over_when_nothing_more_comes(output: Output) -> None:
    output.hand_over(0.1)
    ended_s = output.write(2, from_s=1.0, queued_s=0.0)  # 20 ms stay short of a chunk
    output.tick(ended_s + 0.4, 0.0)
    assert output.finished() == []
    output.tick(ended_s + 0.5, 0.0)
    assert output.finished() == [(pytest.approx(0.08), False)]
    assert any(isinstance(event, SegmentFlushed) for event in output.events)
