"""Stamps what happens at the agent's audio output, and with it each decision to stop the agent.

On LiveKit's default path the decision is a pause of the output; the speech handle is interrupted
later or never. So both are stamped here, beside the segments of audio that they stop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io

from livekit_barge.call.events import (
    Cause,
    Decision,
    OutputCleared,
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.frameworks.livekit.causes import Causes
from livekit_barge.frameworks.livekit.chat_context_stamp import context_seen
from livekit_barge.recording.stamp_context import CallLog


@dataclass
class OutputSegment:
    """Audio between two flushes, from its first frame until the sink is done with it."""

    segment_id: int
    speech_id: str | None
    offset_s: float
    sample_rate: int
    samples: int = 0
    last_frame_at_s: float = 0.0
    started: bool = False
    cleared: bool = False
    played_s: float = 0.0
    """The seconds that had played when ``since_s`` was taken."""
    since_s: float | None = None
    """Since when it plays on; ``None``: it does not."""

    @property
    def pushed_s(self) -> float:
        return round(self.samples / self.sample_rate, 6)

    def queued_s(self, now_s: float) -> float:
        """Audio handed over and not yet played, reckoned by the clock from the last report."""
        playing_s = 0.0 if self.since_s is None else now_s - self.since_s
        return round(max(self.pushed_s - self.played_s - playing_s, 0.0), 6)


class OutputStamps:
    """The output's segments, orders and reports, as events of the call."""

    def __init__(self, session: AgentSession[Any], log: CallLog, causes: Causes) -> None:
        self._session = session
        self._log = log
        self._causes = causes
        self._unfinished: deque[OutputSegment] = deque()
        self._open: OutputSegment | None = None
        self._next_id = 0
        self._pushed_s = 0.0
        self._seen_at: str | None = None
        """The speech at which the chat context was last looked at."""
        self._paused = False
        self._unconfirmed: Decision | None = None

    @property
    def playing(self) -> OutputSegment | None:
        """The segment that the sink has begun and not finished."""
        if self._unfinished and self._unfinished[0].started:
            return self._unfinished[0]
        return None

    def frame(self, frame: rtc.AudioFrame) -> None:
        now_s = self._log.now_s()
        if self._open is None:
            self._open = self._begin(now_s, frame.sample_rate)
        self._open.samples += frame.samples_per_channel
        self._open.last_frame_at_s = now_s
        self._log.recorder.agent_frame(bytes(frame.data), frame.sample_rate, frame.num_channels)

    def flushed(self) -> None:
        if self._open is None:
            return
        segment, self._open = self._open, None
        self._pushed_s = round(self._pushed_s + segment.pushed_s, 6)
        self._log.write(
            SegmentFlushed(
                at_s=self._log.now_s(),
                segment_id=segment.segment_id,
                speech_id=segment.speech_id,
                last_frame_at_s=segment.last_frame_at_s,
                pushed_s=segment.pushed_s,
            )
        )

    def paused(self) -> None:
        """LiveKit repeats the order about every 30 ms while the caller speaks: the first counts."""
        if self._paused:
            return
        self._paused = True
        now_s, state = self._log.now_s(), self._session.agent_state
        queued_s, speech_id = self._queued_s(now_s), self._speech_id()
        self._log.write(
            OutputPaused(at_s=now_s, speech_id=speech_id, agent_state=state, queued_s=queued_s)
        )
        if state == "speaking" and speech_id is not None:
            self._unconfirmed = Decision(
                at_s=now_s,
                speech_id=speech_id,
                path="pause",
                cause=self._causes.of_pause(),
                queued_s=queued_s,
            )
            asyncio.get_running_loop().call_soon(self._decide, "unknown")

    def confirm_pause(self) -> None:
        """The agent's state went from speaking to listening: LiveKit's own doing, in one step."""
        if self._unconfirmed is not None:
            self._decide(self._unconfirmed.cause)

    def resumed(self) -> None:
        if not self._paused:
            return
        self._paused = False
        now_s = self._log.now_s()
        if (segment := self.playing) is not None:
            segment.since_s = now_s
        self._log.write(OutputResumed(at_s=now_s, speech_id=self._speech_id()))

    def cleared(self) -> None:
        segment = self._unfinished[0] if self._unfinished else None
        if segment is None or segment.cleared:
            return
        segment.cleared = True
        now_s = self._log.now_s()
        self._log.write(
            OutputCleared(at_s=now_s, speech_id=segment.speech_id, queued_s=self._queued_s(now_s))
        )

    def interrupted(self, speech_id: str, source: str | None) -> None:
        """A handle was interrupted: a decision, if its speech has been heard and is not over."""
        segment = self.playing
        if segment is None or segment.speech_id != speech_id:
            return
        now_s = self._log.now_s()
        self._log.write(
            Decision(
                at_s=now_s,
                speech_id=speech_id,
                path="interrupt",
                cause=self._causes.of_interruption(source, paused=self._paused),
                queued_s=self._queued_s(now_s),
            )
        )

    def playback_started(self, event: io.PlaybackStartedEvent) -> None:
        if not self._unfinished:
            return
        segment, now_s = self._unfinished[0], self._log.now_s()
        segment.started, segment.since_s = True, now_s
        self._log.write(
            PlaybackStarted(
                at_s=now_s,
                segment_id=segment.segment_id,
                livekit_at_s=self._log.from_wall(event.created_at),
            )
        )

    def playback_progressed(self, event: io.PlaybackProgressedEvent) -> None:
        if not self._unfinished:
            return
        segment, now_s = self._unfinished[0], self._log.now_s()
        segment.played_s = event.offset + event.duration
        segment.since_s = None if self._paused else now_s
        self._log.write(
            PlaybackProgressed(
                at_s=now_s,
                segment_id=segment.segment_id,
                started_at_s=self._log.from_wall(event.started_at),
                offset_s=round(event.offset, 6),
                duration_s=round(event.duration, 6),
            )
        )

    def playback_finished(self, event: io.PlaybackFinishedEvent) -> None:
        if not self._unfinished:
            return
        segment = self._unfinished.popleft()
        self._log.write(
            PlaybackFinished(
                at_s=self._log.now_s(),
                segment_id=segment.segment_id,
                position_s=round(event.playback_position, 6),
                interrupted=event.interrupted,
                transcript=self._log.text(event.synchronized_transcript),
            )
        )

    def _begin(self, now_s: float, sample_rate: int) -> OutputSegment:
        speech = self._session.current_speech
        segment = OutputSegment(
            self._next_id, None if speech is None else speech.id, self._pushed_s, sample_rate
        )
        self._next_id += 1
        self._unfinished.append(segment)
        self._log.write(
            SegmentStarted(
                at_s=now_s,
                segment_id=segment.segment_id,
                speech_id=segment.speech_id,
                pushed_offset_s=segment.offset_s,
            )
        )
        self._log.spans.speech(segment.speech_id)
        if segment.speech_id != self._seen_at:
            self._seen_at = segment.speech_id
            seen = context_seen(self._session, self._log, now_s, segment.speech_id)
            if seen is not None:
                self._log.write(seen)
        return segment

    def _decide(self, cause: Cause) -> None:
        decision, self._unconfirmed = self._unconfirmed, None
        if decision is not None:
            self._log.write(replace(decision, cause=cause))

    def _queued_s(self, now_s: float) -> float | None:
        """``None`` before the sink has said that it plays: then nothing can be reckoned."""
        if self._unfinished and not self._unfinished[0].started:
            return None
        return round(sum(segment.queued_s(now_s) for segment in self._unfinished), 6)

    def _speech_id(self) -> str | None:
        if self._unfinished:
            return self._unfinished[0].speech_id
        speech = self._session.current_speech
        return None if speech is None else speech.id
