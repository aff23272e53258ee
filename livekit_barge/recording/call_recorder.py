"""Record an agent's calls, one after another, and report them to turn log, metrics and spans.

What instruments share, whichever framework they are for.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from opentelemetry.trace import Tracer

from livekit_barge.clock import CallClock
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import Reports
from livekit_barge.recording.metrics import CallMetrics
from livekit_barge.recording.recorder import Recorder
from livekit_barge.recording.recording_config import RecordingConfig
from livekit_barge.recording.spans import CallSpans
from livekit_barge.recording.stamp_context import CallLog
from livekit_barge.recording.turn_log import TurnLog


class CallRecorder:
    """The recorder of an agent's calls; it also reports what is settled of the latest one."""

    def __init__(self, config: RecordingConfig, log: TurnLog, tracer: Tracer) -> None:
        self._config = config
        self._log = log
        self._tracer = tracer
        self._metrics = CallMetrics(config.preset)
        self._recorder: Recorder | None = None
        self._turns: list[Turn] = []
        self._broken = False
        self.call_dir: Path | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far."""
        return tuple(self._turns)

    def keep(self, **changes: Any) -> None:
        """Change how the next call is recorded: fields of :class:`RecordingConfig`."""
        self._config = dataclasses.replace(self._config, **changes)

    def open(
        self, clock: CallClock, *, room: str | None = None, notes: tuple[str, ...] = ()
    ) -> CallLog:
        """Start a call, whose clock began to count just now."""
        self.call_dir = self._config.new_call_dir(clock.started_wall_s)
        call_id = self.call_dir.name
        self._turns.clear()
        self._log.begin(call_id)
        self._metrics.begin()
        spans = CallSpans(self._tracer, clock, call_id, self._config.preset)
        meta = self._config.meta(call_id, clock, room=room, notes=notes)
        reports = Reports(turn=partial(self._turn, spans), disk_failed=self._disk_failed)
        self._recorder = self._config.recorder(
            partial(self._config.open, self.call_dir, meta, reports), self.broke
        )
        return CallLog(
            self._recorder,
            clock,
            spans,
            keep_transcripts=self._config.transcripts,
            on_fault=self.broke,
        )

    def close(self, at_s: float) -> None:
        """End the latest call at that moment of its clock."""
        if self._recorder is not None:
            self._recorder.close(at_s)

    async def finished(self) -> None:
        """Wait until the latest call's folder is whole; log it if the wait is given up.

        The call must have been closed: one that stays open is waited for some seconds only.
        """
        if self._recorder is None:
            return
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, self._recorder.join):
            self._log.not_whole(self.call_dir)

    def safely(self, act: Callable[..., None], *arguments: Any) -> None:
        """Run ``act``; an internal error is reported once and ends the measuring, not the call."""
        if self._broken:
            return
        try:
            act(*arguments)
        except Exception as error:
            self._broken = True
            self.broke(error)

    def broke(self, error: Exception) -> None:
        """Report an internal error, from any thread."""
        self._log.recorder_broke(error)
        self._metrics.fault("recorder")

    def detector_lost(self) -> None:
        """Count that LiveKit has given adaptive interruption up in the latest call."""
        self._metrics.detector_lost()

    # What the recorder tells, in its thread.

    def _turn(self, spans: CallSpans, turn: Turn) -> None:
        self._turns.append(turn)
        self._log.turn(turn)
        self._metrics.turn(turn)
        spans.turn(turn)

    def _disk_failed(self, error: OSError) -> None:
        self._log.disk_failed(self.call_dir, error)
        self._metrics.fault("disk")
