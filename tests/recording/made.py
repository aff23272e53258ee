"""Calls made of items, as the taps and stamps would queue them: for the recorder's side alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livekit_barge.call.events import (
    Decision,
    Event,
    OutputCleared,
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
    Transcript,
)
from livekit_barge.call.meta import CallMeta
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import (
    AgentFrame,
    CallerFrame,
    CallWriter,
    Close,
    Item,
    Reports,
)
from livekit_barge.stage.track import Pcm

RATE = 24_000
FRAME = 1200  # 50 ms

META = CallMeta(
    call_id="made",
    source="stage",
    capture_point="agent",
    started_wall_s=1_767_225_600.0,
    started_now_s=1_000.0,
)


@dataclass
class Told:
    """The reports of a recorder."""

    turns: list[Turn]
    failures: list[OSError]

    @property
    def reports(self) -> Reports:
        return Reports(turn=self.turns.append, disk_failed=self.failures.append)


def told() -> Told:
    return Told([], [])


def open_book(path: Path, told: Told, meta: CallMeta = META) -> CallWriter:
    return CallWriter(path, meta, Limits.load(), told.reports)


def keep(book: CallWriter, items: Iterable[Item], *, batch: int = 20) -> None:
    """Have a book take a whole call, measuring after every ``batch`` items."""
    for number, item in enumerate(items, start=1):
        book.take(item)
        if number % batch == 0:
            book.advance()
    book.advance()
    book.release()


def caller_frames(
    pcm: Pcm, *, rate: int = RATE, channels: int = 1, from_s: float = 0.0
) -> Iterator[CallerFrame]:
    """``pcm`` of shape ``(n,)`` or ``(n, channels)`` in frames of 50 ms, each as it is whole."""
    frame = rate // 20
    for begin in range(0, len(pcm), frame):
        piece = pcm[begin : begin + frame]
        yield CallerFrame(
            round(from_s + (begin + len(piece)) / rate, 6), piece.tobytes(), rate, channels
        )


def agent_frames(pcm: Pcm, *, rate: int = RATE, channels: int = 1) -> Iterator[AgentFrame]:
    frame = rate // 20
    for begin in range(0, len(pcm), frame):
        yield AgentFrame(pcm[begin : begin + frame].tobytes(), rate, channels)


@dataclass(frozen=True)
class SpokenLine:
    """One speech of the agent's; its times count from the call's start."""

    at_s: float
    clip: Pcm
    paused: tuple[float, float] | None = None
    """The times of the output's pause and resumption; 0.2 s that were queued are lost."""
    cut_s: float | None = None


class MadeCall:
    """A caller's track and the agent's speeches, in the order of their times."""

    def __init__(
        self,
        caller: Pcm,
        speeches: Iterable[SpokenLine] = (),
        heard: Iterable[tuple[float, str]] = (),
    ) -> None:
        self._timed: list[tuple[float, Item]] = [
            (frame.arrived_s, frame) for frame in caller_frames(caller)
        ]
        self._pushed_s = 0.0
        for number, said in enumerate(speeches):
            self._say(number, said)
        for at_s, text in heard:
            self._event(Transcript(at_s=at_s, text=text, is_final=True))
        self.ended_s = round(len(caller) / RATE, 6)

    def items(self) -> list[Item]:
        timed = sorted(self._timed, key=lambda timed: timed[0])
        return [*(item for _, item in timed), Close(self.ended_s)]

    def _event(self, event: Event) -> None:
        self._timed.append((event.at_s, event))

    def _say(self, number: int, said: SpokenLine) -> None:
        speech_id, at_s = f"speech_{number}", said.at_s
        whole_s = len(said.clip) / RATE
        self._event(
            SpeechCreated(
                at_s=at_s,
                speech_id=speech_id,
                source="say",
                user_initiated=True,
                allow_interruptions=True,
            )
        )
        self._event(
            SegmentStarted(
                at_s=at_s, segment_id=number, speech_id=speech_id, pushed_offset_s=self._pushed_s
            )
        )
        self._timed += [(at_s, frame) for frame in agent_frames(said.clip)]
        self._pushed_s = round(self._pushed_s + whole_s, 9)
        self._event(
            SegmentFlushed(
                at_s=at_s,
                segment_id=number,
                speech_id=speech_id,
                last_frame_at_s=at_s,
                pushed_s=whole_s,
            )
        )
        self._event(PlaybackStarted(at_s=at_s, segment_id=number))
        self._play(number, speech_id, said, whole_s)

    def _play(self, number: int, speech_id: str, said: SpokenLine, whole_s: float) -> None:
        begin_s, offset_s = said.at_s, 0.0
        if said.paused is not None:
            paused_s, resumed_s = said.paused
            played_s = round(paused_s - begin_s, 6)
            self._decide(paused_s, speech_id, "pause")
            self._event(OutputPaused(at_s=paused_s, speech_id=speech_id, agent_state="speaking"))
            self._progress(paused_s, number, begin_s, 0.0, played_s)
            self._event(OutputResumed(at_s=resumed_s, speech_id=speech_id))
            begin_s, offset_s = resumed_s, round(played_s + 0.2, 6)
        left_s = round(whole_s - offset_s, 6)
        end_s = round(begin_s + left_s, 6) if said.cut_s is None else said.cut_s
        if said.cut_s is not None:
            self._decide(end_s, speech_id, "interrupt")
            self._event(SpeechInterrupted(at_s=end_s, speech_id=speech_id, source="audio_activity"))
            self._event(OutputCleared(at_s=end_s, speech_id=speech_id))
        played_s = round(end_s - begin_s, 6)
        self._progress(end_s, number, begin_s, offset_s, played_s)
        self._event(
            PlaybackFinished(
                at_s=end_s,
                segment_id=number,
                position_s=round(offset_s + played_s, 6),
                interrupted=said.cut_s is not None,
            )
        )
        self._event(SpeechDone(at_s=end_s, speech_id=speech_id, interrupted=said.cut_s is not None))

    def _decide(self, at_s: float, speech_id: str, path: str) -> None:
        self._event(Decision(at_s=at_s, speech_id=speech_id, path=path, cause="vad", queued_s=0.2))  # type: ignore[arg-type]

    def _progress(
        self, at_s: float, number: int, begin_s: float, offset_s: float, played_s: float
    ) -> None:
        self._event(
            PlaybackProgressed(
                at_s=at_s,
                segment_id=number,
                started_at_s=begin_s,
                offset_s=offset_s,
                duration_s=played_s,
            )
        )


def track(seconds: float, clips: Iterable[tuple[float, Pcm]]) -> Pcm:
    """Silence, with each clip from its second on."""
    mixed = np.zeros(round(seconds * RATE), np.int16)
    for at_s, clip in clips:
        begin = round(at_s * RATE)
        piece = clip[: len(mixed) - begin]
        mixed[begin : begin + len(piece)] += piece
    return mixed
