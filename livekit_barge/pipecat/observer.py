"""``BargeObserver``: one line in a ``PipelineWorker``, and its call is kept and measured."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipecat.frames.frames import CancelFrame, EndFrame
from pipecat.observers.base_observer import BaseObserver, FrameProcessed, FramePushed
from pipecat.processors.frame_processor import FrameProcessor

from livekit_barge.clock import CallClock
from livekit_barge.live.book import Reports
from livekit_barge.live.keeping import Keeping
from livekit_barge.live.log import CallLog
from livekit_barge.live.metrics import CallMetrics
from livekit_barge.live.recorder import Recorder
from livekit_barge.live.spans import CallSpans
from livekit_barge.live.turnlog import TurnLog, turn_logger
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.turns import Turn
from livekit_barge.pipecat.causes import HEARD
from livekit_barge.pipecat.far import FarBuffer, walk
from livekit_barge.pipecat.options import options_in_force, output_of
from livekit_barge.pipecat.stamps import PipecatStamps
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
            "preset": preset,
            "thresholds": Thresholds.load(settings.thresholds),
        }
        self._keeping = Keeping(**(fields | keeping))
        self._turn_log = TurnLog(turn_logger(settings.log), preset=preset)
        self._metrics = CallMetrics(preset)
        self._turns: list[Turn] = []
        self._recorder: Recorder | None = None
        self._stamps: PipecatStamps | None = None
        self._clock: CallClock | None = None
        self._ahead_s = 0.0
        """The call's clock less the pipeline's."""
        self._reason = "cleanup"
        self._broken = False
        self.call_dir: Path | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The call's turns that are settled so far."""
        return tuple(self._turns)

    async def on_push_frame(self, data: FramePushed) -> None:
        """A frame was handed on; Pipecat tells of it in the order in which that happened."""
        self._safely(self._pushed, data)

    async def on_process_frame(self, data: FrameProcessed) -> None:
        """A processor begins with a frame."""
        if type(data.frame) in HEARD:
            self._safely(self._processed, data)

    async def cleanup(self) -> None:
        """The worker is done: the folder is whole when this returns."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        self._safely(self._end)
        if self._recorder is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._recorder.join)

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
        self.call_dir = self._keeping.new_call_dir(clock.started_wall_s)
        self._turn_log.begin(self.call_dir.name)
        self._metrics.begin()
        spans = CallSpans(clock, self.call_dir.name, self._keeping.preset)
        meta = self._keeping.meta(self.call_dir.name, clock, None)
        versions = {**meta.versions, "pipecat-ai": version("pipecat-ai")}
        meta = dataclasses.replace(meta, versions=versions, notes=(far.note(),), room=far.room())
        reports = Reports(turn=partial(self._turn, spans), disk_failed=self._disk_failed)
        self._recorder = self._keeping.recorder(
            partial(self._keeping.open, self.call_dir, meta, reports), self._broke
        )
        log = CallLog(
            self._recorder,
            clock,
            spans,
            keep_transcripts=self._keeping.transcripts,
            on_fault=self._broke,
        )
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
        if self._stamps is None or self._recorder is None or self._clock is None:
            return
        now_s = self._clock.at_s()
        self._stamps.close(now_s, self._reason)
        self._recorder.close(now_s)
        self._stamps = None

    def _safely(self, act: Callable[..., None], *arguments: Any) -> None:
        """A fault of ours is told once; it ends the measuring, never the call."""
        if self._broken:
            return
        try:
            act(*arguments)
        except Exception as error:
            self._broken = True
            self._broke(error)

    # What the recorder tells, in its thread.

    def _turn(self, spans: CallSpans, turn: Turn) -> None:
        self._turns.append(turn)
        self._turn_log.turn(turn)
        self._metrics.turn(turn)
        spans.turn(turn)

    def _disk_failed(self, error: OSError) -> None:
        self._turn_log.disk_failed(self.call_dir, error)
        self._metrics.fault("disk")

    def _broke(self, error: Exception) -> None:
        self._turn_log.recorder_broke(error)
        self._metrics.fault("recorder")
