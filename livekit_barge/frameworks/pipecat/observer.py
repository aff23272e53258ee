"""``BargeObserver``: one line in a ``PipelineWorker`` records and measures its call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opentelemetry.trace import get_tracer
from pipecat.frames.frames import CancelFrame, EndFrame
from pipecat.observers.base_observer import BaseObserver, FrameProcessed, FramePushed
from pipecat.processors.frame_processor import FrameProcessor

from livekit_barge.clock import CallClock
from livekit_barge.frameworks.pipecat.causes import HEARD
from livekit_barge.frameworks.pipecat.far_buffer import FarBuffer, walk
from livekit_barge.frameworks.pipecat.options import options_in_force, output_of
from livekit_barge.frameworks.pipecat.stamps import PipecatStamps
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_recorder import CallRecorder
from livekit_barge.recording.recording_config import PACKAGES, RecordingConfig
from livekit_barge.recording.turn_log import TurnLog, turn_logger
from livekit_barge.settings import Settings


class BargeObserver(BaseObserver):
    """An observer that records, measures and logs the call of its worker.

    Args:
        settings: The settings to use. Default: read them from the environment now.
        calls_dir: The folder for calls, instead of ``BARGE_CALLS_DIR``.
        call_id: The name of the call's folder. Default: the time of its start and a random suffix.
        preset: The name of the preset that the pipeline was built with, for the log.

    Raises:
        SettingsError: if a setting cannot be used.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        calls_dir: Path | None = None,
        call_id: str | None = None,
        preset: str | None = None,
        **config: Any,
    ) -> None:
        """``config`` are further fields of :class:`RecordingConfig`."""
        super().__init__()
        settings = Settings() if settings is None else settings
        fields: dict[str, Any] = {
            "calls_dir": settings.calls_dir if calls_dir is None else calls_dir,
            "call_id": call_id,
            "audio": settings.record_audio,
            "transcripts": settings.record_transcripts,
            "retention_days": settings.retention_days,
            "source": "pipecat",
            "packages": (*PACKAGES, "pipecat-ai"),
            "preset": preset,
            "limits": Limits.load(settings.limits),
        }
        log = TurnLog(turn_logger(settings.log), preset=preset)
        self._calls = CallRecorder(
            RecordingConfig(**(fields | config)), log, get_tracer("livekit_barge")
        )
        self._stamps: PipecatStamps | None = None
        self._clock: CallClock | None = None
        self._ahead_s = 0.0
        """The call's clock minus the pipeline's."""
        self._reason = "cleanup"

    @property
    def call_dir(self) -> Path | None:
        """The call's folder; ``None`` before the call begins."""
        return self._calls.call_dir

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the call that are settled so far, in order."""
        return self._calls.turns

    async def finished(self) -> None:
        """Wait until the call's folder is complete, once the worker has ended.

        The wait is bounded: if the folder is not complete after some seconds, an error is logged.
        """
        await self._calls.finished()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Stamp a frame that was handed on; Pipecat reports frames in the order of their pushes."""
        self._calls.safely(self._pushed, data)

    async def on_process_frame(self, data: FrameProcessed) -> None:
        """Note a frame that a processor begins to handle, if it can be a cause."""
        if type(data.frame) in HEARD:
            self._calls.safely(self._processed, data)

    async def cleanup(self) -> None:
        """Close the call. The folder is complete when this returns."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        self._calls.safely(self._end)
        await self.finished()

    def _pushed(self, data: FramePushed) -> None:
        if self._stamps is None:
            self._begin(data.source)
        assert self._stamps is not None
        at_s = self._at_s(data.timestamp)
        if isinstance(data.frame, EndFrame | CancelFrame):
            self._reason = data.frame.name.split("#")[0]
        if data.first_push:
            self._stamps.causes.hears(data.source, data.frame, at_s)
        self._stamps.pushed(data, at_s)

    def _processed(self, data: FrameProcessed) -> None:
        if self._stamps is not None:
            self._stamps.causes.hears(data.processor, data.frame, self._at_s(data.timestamp))

    def _at_s(self, timestamp_ns: int) -> float:
        return round(timestamp_ns / 1e9 + self._ahead_s, 6)

    def _begin(self, source: FrameProcessor) -> None:
        self._clock = clock = CallClock.start()
        self._ahead_s = -source.get_clock().get_time() / 1e9
        processors = list(walk(source))
        far = FarBuffer(output_of(processors))
        log = self._calls.open(clock, room=far.room(), notes=(far.note(),))
        self._stamps = PipecatStamps(log, far)
        self._stamps.options_in_force(options_in_force(processors), clock.at_s())
        for processor in processors:
            self._hear_strategies(processor)

    def _hear_strategies(self, processor: FrameProcessor) -> None:
        """Listen to Pipecat's event that names the strategy which began a turn."""
        if not hasattr(processor, "_user_turn_controller"):
            return

        async def started(_: object, strategy: object) -> None:
            if self._stamps is not None:
                self._stamps.ruled(strategy)

        processor.add_event_handler("on_user_turn_started", started)

    def _end(self) -> None:
        if self._stamps is None or self._clock is None:
            return
        now_s = self._clock.at_s()
        self._stamps.close(now_s, self._reason)
        self._calls.close(now_s)
        self._stamps = None
