"""Taps on a session's audio: frames pass through untouched, and are reported on their way."""

from __future__ import annotations

from typing import Protocol

from livekit import rtc
from livekit.agents.voice import io


class AudioListener(Protocol):
    """Told of every frame and order at the moment it passes."""

    def caller_frame(self, frame: rtc.AudioFrame) -> None: ...

    def agent_frame(self, frame: rtc.AudioFrame) -> None: ...

    def output_flushed(self) -> None: ...

    def output_paused(self) -> None: ...

    def output_resumed(self) -> None: ...

    def output_cleared(self) -> None: ...

    def playback_started(self, event: io.PlaybackStartedEvent) -> None: ...

    def playback_progressed(self, event: io.PlaybackProgressedEvent) -> None: ...

    def playback_finished(self, event: io.PlaybackFinishedEvent) -> None: ...


class CallerTap(io.AudioInput):
    """In front of the session's audio input."""

    def __init__(self, source: io.AudioInput, listener: AudioListener) -> None:
        super().__init__(label="barge", source=source)
        self.listener = listener

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await super().__anext__()
        self.listener.caller_frame(frame)
        return frame


class AgentTap(io.AudioOutput):
    """In front of the session's audio output. Orders are reported before they are passed on."""

    def __init__(self, sink: io.AudioOutput, listener: AudioListener) -> None:
        super().__init__(
            label="barge",
            capabilities=io.AudioOutputCapabilities(pause=True),
            next_in_chain=sink,
        )
        self.listener = listener
        self.on("playback_started", lambda event: self.listener.playback_started(event))
        self.on("playback_progressed", lambda event: self.listener.playback_progressed(event))
        self.on("playback_finished", lambda event: self.listener.playback_finished(event))

    @property
    def _sink(self) -> io.AudioOutput:
        assert self.next_in_chain is not None
        return self.next_in_chain

    @property
    def sample_rate(self) -> int | None:
        return self._sink.sample_rate

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.listener.agent_frame(frame)
        await self._sink.capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self.listener.output_flushed()
        self._sink.flush()

    def clear_buffer(self) -> None:
        self.listener.output_cleared()
        self._sink.clear_buffer()

    def pause(self) -> None:
        self.listener.output_paused()
        super().pause()

    def resume(self) -> None:
        self.listener.output_resumed()
        super().resume()
