"""Follows each ``InterruptionFrame`` through the pipeline, and says where one was swallowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipecat.processors.frame_processor import FrameProcessor

from livekit_barge.call.events import Event, InterruptionLost

# A system frame overtakes all others; what has not come through by then never will.
_COMES_THROUGH_S = 0.5


@dataclass
class _Sent:
    at_s: float
    by: str
    reached: str


class SentInterruptions:
    """Those that have not reached the output transport yet."""

    def __init__(self, write: Callable[[Event], None]) -> None:
        self._write = write
        self._under_way: dict[int, _Sent] = {}

    def sent(self, frame_id: int, by: FrameProcessor, at_s: float) -> None:
        """It left its sender, towards the output."""
        self._under_way[frame_id] = _Sent(at_s, by.name, by.name)

    def reached(self, frame_id: int, processor: FrameProcessor) -> None:
        """It was handed to the next processor."""
        if sent := self._under_way.get(frame_id):
            sent.reached = processor.name

    def arrived(self, frame_id: int) -> None:
        """It reached the output transport."""
        self._under_way.pop(frame_id, None)

    def tick(self, now_s: float) -> None:
        """Time passes; tell of those that will not come through any more."""
        for frame_id, sent in list(self._under_way.items()):
            if now_s - sent.at_s >= _COMES_THROUGH_S:
                del self._under_way[frame_id]
                self._write(
                    InterruptionLost(
                        at_s=now_s,
                        sent_at_s=sent.at_s,
                        sent_by=sent.by,
                        swallowed_by=sent.reached,
                    )
                )
