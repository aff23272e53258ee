"""Why Pipecat sent an ``InterruptionFrame``, told by what its sender heard just before.

A turn strategy decides while its processor handles the frame that made it decide; so the last VAD
or transcription frame that the sender handled, or sent itself, is the cause.
"""

from __future__ import annotations

from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.pipeline.pipeline import PipelineSource
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService

from livekit_barge.call.events import Cause
from livekit_barge.frameworks.pipecat.verdict_frame import AdaptiveVerdictFrame

# A strategy decides in the step in which it hears; an analyzer in between may take a moment.
_JUST_BEFORE_S = 0.25

HEARD: dict[type[Frame], Cause] = {
    VADUserStartedSpeakingFrame: "vad",
    InterimTranscriptionFrame: "stt_interim",
    TranscriptionFrame: "stt_final",
    AdaptiveVerdictFrame: "adaptive",
}


class Causes:
    """The latest cause that each processor heard."""

    def __init__(self) -> None:
        self._heard: dict[int, tuple[Cause, float]] = {}

    def hears(self, processor: FrameProcessor, frame: Frame, at_s: float) -> None:
        """A processor handles a frame, or sends it out for the first time."""
        cause = HEARD.get(type(frame))
        if isinstance(frame, AdaptiveVerdictFrame) and not frame.interruption:
            return
        if cause is not None:
            self._heard[processor.id] = (cause, at_s)

    def of_interruption(self, sender: FrameProcessor, at_s: float) -> Cause:
        """The cause of an interruption that ``sender`` sent out."""
        if isinstance(sender, LLMService):
            return "realtime"
        if isinstance(sender, PipelineSource):
            return "programmatic"  # queued to the worker by the program
        cause, heard_s = self._heard.get(sender.id, ("unknown", at_s))
        return cause if at_s - heard_s <= _JUST_BEFORE_S else "unknown"
