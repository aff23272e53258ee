"""Pipecat, measured with the same ruler (extra ``pipecat``).

::

    from livekit_barge.frameworks.pipecat import BargeObserver

    worker = PipelineWorker(pipeline, observers=[BargeObserver()])

The observer writes the same Call folder as a ``BargeSession``; turn log, clocks and report read it
without knowing which framework it was, and the diagnosis names Pipecat's knobs.
"""

from __future__ import annotations

from livekit_barge.frameworks.pipecat.extra import need_pipecat

need_pipecat()

from livekit_barge.frameworks.pipecat.observer import BargeObserver  # noqa: E402  # after the check

__all__ = ["BargeObserver"]
