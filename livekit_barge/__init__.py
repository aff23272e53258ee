"""Both clocks of a barge-in, on live LiveKit sessions, scripted calls and recordings.

``BargeSession`` and its friends import livekit, so they load on first use: reading and measuring
calls needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livekit_barge.call.folder import Call as Call
    from livekit_barge.frameworks.livekit.presets.preset import Preset as Preset
    from livekit_barge.frameworks.livekit.session import BargeSession as BargeSession
    from livekit_barge.frameworks.livekit.session import instrument as instrument
    from livekit_barge.settings import Settings as Settings

__version__ = "0.1.0"

_HOME = {
    "BargeSession": "livekit_barge.frameworks.livekit.session",
    "Call": "livekit_barge.call.folder",
    "Preset": "livekit_barge.frameworks.livekit.presets.preset",
    "Settings": "livekit_barge.settings",
    "instrument": "livekit_barge.frameworks.livekit.session",
}

__all__ = ["BargeSession", "Call", "Preset", "Settings", "__version__", "instrument"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
