"""The knobs in force in a Pipecat pipeline, under Pipecat's names.

The names are the presets' (:mod:`.knobs`); ``None`` where the pipeline has no such part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport


def options_in_force(processors: Iterable[FrameProcessor]) -> dict[str, object]:
    """Read the options from the pipeline's processors; most of them have private names."""
    options: dict[str, object] = {"framework": "pipecat"}
    for processor in processors:
        if isinstance(processor, BaseOutputTransport):
            options |= _of_transport(processor)
        controller = getattr(processor, "_vad_controller", None)
        analyzer = getattr(controller, "_vad_analyzer", None)
        if analyzer is not None:
            options |= analyzer.params.model_dump()
        options |= _of_strategies(processor)
    return options


def output_of(processors: Iterable[FrameProcessor]) -> BaseOutputTransport | None:
    """The pipeline's output transport."""
    return next((p for p in processors if isinstance(p, BaseOutputTransport)), None)


def _of_transport(transport: BaseOutputTransport) -> dict[str, object]:
    params = transport._params
    return {
        "audio_out_10ms_chunks": params.audio_out_10ms_chunks,
        "audio_out_queue_size_ms": getattr(params, "audio_out_queue_size_ms", None),
    }


def _of_strategies(processor: FrameProcessor) -> dict[str, object]:
    controller: Any = getattr(processor, "_user_turn_controller", None)
    if controller is None:
        return {}
    start = controller.user_turn_strategies.start or []
    stop = controller.user_turn_strategies.stop or []
    muted = getattr(getattr(processor, "_params", None), "user_mute_strategies", None) or []
    words = [s for s in start if hasattr(s, "_min_words")]
    return {
        "user_turn_start": [type(strategy).__name__ for strategy in start],
        "user_turn_stop": [type(strategy).__name__ for strategy in stop],
        "user_mute": [type(strategy).__name__ for strategy in muted],
        "min_words": words[0]._min_words if words else None,
        "use_interim": words[0]._use_interim if words else None,
        "enable_interruptions": any(strategy._enable_interruptions for strategy in start),
    }
