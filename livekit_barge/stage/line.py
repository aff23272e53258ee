"""The line of a scripted call: audio in and out that behave as a room's do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io

from livekit_barge.stage.playout import Timeline
from livekit_barge.stage.spoken_output import SpeakingOutput
from livekit_barge.stage.track import CallerTrack, Pcm
from livekit_barge.stage.voices import SAMPLE_RATE

USERDATA_CALLER_SAMPLE = "livekit_barge.caller_sample"
"""A frame's user data: the caller's sample that is its first, by which stand-ins for a recogniser
know what they hear."""

INPUT_FRAME_S = 0.05
"""RoomIO's default, ``AudioInputOptions.frame_size_ms``; a decision cannot come between frames."""


class LineInput(io.AudioInput):
    """The caller's track in frames, each handed over when its last sample has been spoken.

    ``before_frame`` is called with the number of the first sample of the frame that is about to
    leave: the last moment to mix something into it.
    """

    def __init__(self, timeline: Timeline, track: CallerTrack, *, frame_s: float) -> None:
        super().__init__(label="line")
        self._timeline = timeline
        self._track = track
        self.frame_samples = round(frame_s * track.sample_rate)
        self.before_frame: Callable[[int], None] | None = None
        self._attached = True
        self._hung_up = False

    async def __anext__(self) -> rtc.AudioFrame:
        while not self._hung_up:
            due_s = (self._track.sent + self.frame_samples) / self._track.sample_rate
            if (ahead_s := due_s - self._timeline.now_s()) > 0:
                await asyncio.sleep(ahead_s)
            first = self._track.sent
            if self.before_frame is not None:
                self.before_frame(first)
            pcm = self._track.send(self.frame_samples)
            if self._attached:
                frame = rtc.AudioFrame(
                    pcm.tobytes(), self._track.sample_rate, 1, self.frame_samples
                )
                frame.userdata[USERDATA_CALLER_SAMPLE] = first
                return frame
        raise StopAsyncIteration

    def hang_up(self) -> None:
        """End the caller's audio after the current frame."""
        self._hung_up = True

    def on_attached(self) -> None:
        self._attached = True

    def on_detached(self) -> None:
        self._attached = False


class Line:
    """Both directions on one timeline, whose zero is the line's opening: now."""

    def __init__(
        self,
        *,
        noise_dbfs: float | None = None,
        seed: int = 0,
        frame_s: float = INPUT_FRAME_S,
        **output: float,
    ) -> None:
        """``output`` are the delays of :class:`~.output.LineOutput`: ``queue_s`` and so on."""
        self.timeline = Timeline()
        self.caller = CallerTrack(SAMPLE_RATE, noise_dbfs=noise_dbfs, seed=seed)
        self.input = LineInput(self.timeline, self.caller, frame_s=frame_s)
        self.output = SpeakingOutput(self.timeline, **output)
        self._session: AgentSession[Any] | None = None

    def connect(self, session: AgentSession[Any]) -> None:
        """Connect this line to a session, before ``session.start()``."""
        session.input.audio = self.input
        session.output.audio = self.output
        self._session = session

    @property
    def agent_thinks(self) -> bool:
        """The agent has something to say and is not heard yet: LiveKit's state ``thinking``."""
        return self._session is not None and self._session.agent_state == "thinking"

    def heard(self) -> Pcm:
        """Return what the caller heard, sample by sample from the line's opening until now."""
        stretches = self.output.heard()
        heard = np.zeros(round(self.timeline.now_s() * SAMPLE_RATE), np.int16)
        for stretch in stretches:
            heard[stretch.at : stretch.at + len(stretch.samples)] = stretch.samples
        return heard

    async def aclose(self) -> None:
        """Hang up. :meth:`heard` stays available."""
        self.input.hang_up()
        await self.output.aclose()
