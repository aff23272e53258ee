"""Faulty outputs, as users write them around a transport. Each sits below the session's tap."""

from __future__ import annotations

import asyncio
from functools import partial

from livekit import rtc
from livekit.agents.voice import io

ENDS_LATE_S = 4.0


class Passing(io.AudioOutput):
    """Passes everything on, as a correct wrapper does."""

    def __init__(self, sink: io.AudioOutput) -> None:
        super().__init__(
            label="faulty",
            capabilities=io.AudioOutputCapabilities(pause=True),
            next_in_chain=sink,
        )

    @property
    def sink(self) -> io.AudioOutput:
        assert self.next_in_chain is not None
        return self.next_in_chain

    @property
    def sample_rate(self) -> int | None:
        return self.sink.sample_rate

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        await self.sink.capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self.sink.flush()

    def clear_buffer(self) -> None:
        self.sink.clear_buffer()


class HearsNoOrders(Passing):
    """Takes frames, and forwards neither pause nor clear: symptoms 4 and 5."""

    def pause(self) -> None:
        """Do nothing: the call is swallowed."""

    def resume(self) -> None:
        """Do nothing: the call is swallowed."""

    def clear_buffer(self) -> None:
        """Do nothing: the call is swallowed."""


class EndsLate(Passing):
    """Plays, and reports a segment's end seconds after it: symptom 7 by the output's fault."""

    def on_playback_finished(
        self,
        *,
        playback_position: float,
        interrupted: bool,
        synchronized_transcript: str | None = None,
    ) -> None:
        report = partial(
            super().on_playback_finished,
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )
        asyncio.get_running_loop().call_later(ENDS_LATE_S, report)
