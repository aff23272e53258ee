"""``BargeObserver``: one line in a ``PipelineWorker``, and its call is kept and measured."""

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
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_recorder import KeptCalls
from livekit_barge.recording.recording_config import PACKAGES, Keeping
from livekit_barge.recording.turn_log import TurnLog, turn_logger
from livekit_barge.settings import Settings


class BargeObserver(BaseObserver):
    """Keeps, measures and logs the call of the worker that it observes.

    Args:
        settings: The environment, read. Default: read it now.
        calls_dir: In place of ``BARGE_CALLS_DIR``.
        call_id: The name of the call's folder; default: the time of its start, and some chance.
        preset: The name of the preset that the pipeline was built with, for the log.

    Raises:
        SettingsError: for a setting that cannot be used.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        calls_dir: Path | None = None,
        call_id: str | None = None,
        preset: str | None = None,
        **keeping: Any,
    ) -> None:
        """``keeping`` are further fields of :class:`Keeping`."""
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
            "thresholds": Thresholds.load(settings.limits),
        }
        log = TurnLog(turn_logger(settings.log), preset=preset)
        self._calls = KeptCalls(Keeping(**(fields | keeping)), log, get_tracer("livekit_barge"))
        self._stamps: PipecatStamps | None = None
        self._clock: CallClock | None = None
        self._ahead_s = 0.0
        """The call's clock less the pipeline's."""
        self._reason = "cleanup"

    @property
    def call_dir(self) -> Path | None:
        """The call's folder, once it has begun."""
        return self._calls.call_dir

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The call's turns that are settled so far."""
        return self._calls.turns

    async def on_push_frame(self, data: FramePushed) -> None:
        """A frame was handed on; Pipecat tells of it in the order in which that happened."""
        self._calls.safely(self._pushed, data)

    async def on_process_frame(self, data: FrameProcessed) -> None:
        """A processor begins with a frame."""
        if type(data.frame) in HEARD:
            self._calls.safely(self._processed, data)

    async def cleanup(self) -> None:
        """The worker is done: the folder is whole when this returns."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        self._calls.safely(self._end)
        await self._calls.finished()

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
        self._stamps.started(clock.at_s(), options_in_force(processors))
        for processor in processors:
            self._hear_strategies(processor)

    def _hear_strategies(self, processor: FrameProcessor) -> None:
        """Pipecat's own event names the strategy that ruled."""
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
