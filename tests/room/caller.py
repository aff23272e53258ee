"""A caller in a real room: a microphone that is always on, and ears."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import numpy as np
from livekit import rtc

from livekit_barge.room.ears import is_audible
from livekit_barge.room.server import LivekitServer
from livekit_barge.stage.track import Pcm
from tests.room.lateness import Lateness

RATE = 24_000
FRAME = RATE // 50  # 20 ms: one WebRTC frame
PATIENCE_S = 20.0


def audible_s(clip: Pcm) -> float:
    """How long a caller hears somebody in ``clip``."""
    frames = clip[: len(clip) // FRAME * FRAME].reshape(-1, FRAME)
    return sum(map(is_audible, frames)) * FRAME / RATE


class Caller:
    """Joins as a participant. Waits end after ``PATIENCE_S`` with ``TimeoutError``."""

    def __init__(self, server: LivekitServer, room: str, identity: str = "caller") -> None:
        self.room = rtc.Room()
        self._url = server.url
        self._token = server.token(room, identity, kind="standard")
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=60)
        self._to_say = np.zeros(0, np.int16)
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard = asyncio.Condition()
        self._lateness = Lateness()
        self.agent_spoke_s = 0.0
        """How long the agent has been audible so far, in all."""
        self.agent_quiet_s = 0.0
        """How long it has not been, since it last was."""

    @property
    def late_s(self) -> float:
        """By how much this process's event loop was late, at worst, since the caller joined."""
        return self._lateness.worst_s

    async def __aenter__(self) -> Self:
        self.room.on("track_subscribed", self._on_track)
        await self.room.connect(self._url, self._token)
        microphone = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(microphone, options)
        self._start(self._speak())
        self._start(self._lateness.watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()
        await self._source.aclose()

    def say(self, clip: Pcm) -> None:
        """Speak from the next frame on, after what is still to be said."""
        self._to_say = np.concatenate([self._to_say, clip])

    async def hear(self, seconds: float) -> None:
        """Wait until the agent has been audible for this much longer."""
        until_s = self.agent_spoke_s + seconds
        async with asyncio.timeout(PATIENCE_S), self._heard:
            await self._heard.wait_for(lambda: self.agent_spoke_s >= until_s)

    async def hear_silence(self, seconds: float, *, with_more_to_say: bool = False) -> None:
        """Wait until the agent has been silent for this long, and nothing is left to say."""
        async with asyncio.timeout(PATIENCE_S), self._heard:
            await self._heard.wait_for(
                lambda: (
                    self.agent_quiet_s >= seconds and (with_more_to_say or not len(self._to_say))
                )
            )

    async def _speak(self) -> None:
        """Send, frame by frame, what is to be said, or silence; the queue sets the pace."""
        while True:
            piece, self._to_say = self._to_say[:FRAME], self._to_say[FRAME:]
            piece = np.pad(piece, (0, FRAME - len(piece)))
            await self._source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, FRAME))

    def _on_track(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._start(self._listen(track))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(track=track, sample_rate=RATE, frame_size_ms=20)
        try:
            async for event in stream:
                audible = is_audible(np.frombuffer(event.frame.data, np.int16))
                async with self._heard:
                    self.agent_spoke_s += event.frame.duration if audible else 0.0
                    quiet_s = self.agent_quiet_s + event.frame.duration
                    self.agent_quiet_s = 0.0 if audible else quiet_s
                    self._heard.notify_all()
        finally:
            await stream.aclose()

    def _start(self, work: object) -> None:
        task = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
