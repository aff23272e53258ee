"""Pipecat, measured with the same ruler (extra ``pipecat``).

::

    from livekit_barge.frameworks.pipecat import BargeObserver

    worker = PipelineWorker(pipeline, observers=[BargeObserver()])

The observer writes the same Call folder as a ``BargeSession``. Turn log, clocks and report read it
without knowing the framework, and the diagnosis names Pipecat's knobs. The presets load on first
use: they import Pipecat's VAD and turn strategies.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from livekit_barge.frameworks.pipecat.extra import need_pipecat

need_pipecat()

from livekit_barge.frameworks.pipecat.observer import BargeObserver  # noqa: E402  # after the check

if TYPE_CHECKING:
    from livekit_barge.frameworks.pipecat.adaptive_start import AdaptiveUserTurnStartStrategy
    from livekit_barge.frameworks.pipecat.preset import PipecatPreset, chosen_preset

_HOME = {
    "AdaptiveUserTurnStartStrategy": "adaptive_start",
    "PipecatPreset": "preset",
    "chosen_preset": "preset",
}

__all__ = ["AdaptiveUserTurnStartStrategy", "BargeObserver", "PipecatPreset", "chosen_preset"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
