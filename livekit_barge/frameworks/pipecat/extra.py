"""Says in one line how to get Pipecat, where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from livekit_barge.errors import BargeError


def need_pipecat() -> None:
    """Raises :class:`BargeError` without Pipecat, or with one from before its turn strategies."""
    if find_spec("pipecat") is None:
        raise BargeError(
            "livekit_barge.frameworks.pipecat needs Pipecat",
            remedy="install livekit-barge with the extra pipecat",
        )
    if find_spec("pipecat.turns") is None:
        raise BargeError(
            "this Pipecat has no turn strategies: it is older than 1.14",
            remedy="install livekit-barge with the extra pipecat",
        )
