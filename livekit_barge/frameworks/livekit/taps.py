"""Taps on a session's audio: frames pass through untouched, and are reported on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

from livekit import rtc
from livekit.agents.voice import io


class AudioListener(Protocol):
    """Told of every frame and order at the moment it passes."""

    def caller_frame(self, frame: rtc.AudioFrame) -> None: ...

    def caller_detached(self) -> None: ...

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

    def on_detached(self) -> None:
        self.listener.caller_detached()
        super().on_detached()


class AgentTap(io.AudioOutput):
    """In front of the session's audio output. Orders are reported before they are passed on."""

    listener: AudioListener

    def __init__(self, sink: io.AudioOutput) -> None:
        super().__init__(
            label="barge",
            capabilities=io.AudioOutputCapabilities(pause=True),
            next_in_chain=sink,
        )
        self._given = sink
        self._subscribed = True
        self.on("playback_started", lambda event: self.listener.playback_started(event))
        self.on("playback_progressed", lambda event: self.listener.playback_progressed(event))
        self.on("playback_finished", lambda event: self.listener.playback_finished(event))

    def report_to(self, listener: AudioListener) -> None:
        """Report to a call's listener from now on."""
        self.listener = listener
        if not self._subscribed:
            self._subscribed = True
            for wrapper, sink in self._own_links():
                for name, forward in _forwards(wrapper):
                    sink.on(name, forward)

    def release(self) -> None:
        """Let go of the output, which may serve another session: its reports are for that one.

        LiveKit gives wrappers no way to; ``_AudioSinkProxy`` lets go of a sink by the same means.
        """
        if self._subscribed:
            self._subscribed = False
            for wrapper, sink in self._own_links():
                for name, forward in _forwards(wrapper):
                    sink.off(name, forward)

    def _own_links(self) -> Iterator[tuple[io.AudioOutput, io.AudioOutput]]:
        """Yield the tap with what follows it, and the proxy that LiveKit put there for the tap."""
        yield self, self._sink
        if self._sink is not self._given and self._sink.next_in_chain is not None:
            yield self._sink, self._sink.next_in_chain

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


_Report = Literal["playback_finished", "playback_started", "playback_progressed"]


def _forwards(wrapper: io.AudioOutput) -> Iterator[tuple[_Report, Callable[[Any], None]]]:
    """Yield what a wrapper subscribed to on the output behind it."""
    yield "playback_finished", wrapper._dispatch_playback_finished
    yield "playback_started", wrapper._forward_next_playback_started
    yield "playback_progressed", wrapper._forward_next_playback_progressed


@contextmanager
def attached_as_before(end: io.AudioInput | io.AudioOutput) -> Iterator[None]:
    """Keep an input or output from hearing that a tap was put in front of it.

    LiveKit detaches what was there and attaches what comes, but here both are the same, and it
    never stopped being attached: one that counts, or that opens a device, must not notice.
    """

    def unheard() -> None: ...

    end.on_attached = end.on_detached = unheard  # type: ignore[method-assign]
    try:
        yield
    finally:
        del end.on_attached, end.on_detached
