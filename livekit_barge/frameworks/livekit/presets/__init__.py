"""LiveKit's knobs as named values: which a session gets, from whom, and what they really do.

======================  ==========================================================================
:mod:`.knobs`           the table of knobs, from which all else follows
:mod:`.preset`          ``Preset``: a named set of them, from ``configs/presets/`` or from code
:mod:`.resolve`         merging program and environment, and the arguments for LiveKit
:mod:`.options`         knobs as LiveKit takes them, and read back from a session
:mod:`.vad_knobs`       the VAD's knobs
:mod:`.advice`          options that do not do what they seem to
======================  ==========================================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livekit_barge.frameworks.livekit.presets.advice import Facts as Facts
    from livekit_barge.frameworks.livekit.presets.advice import advise as advise
    from livekit_barge.frameworks.livekit.presets.advice import facts_of as facts_of
    from livekit_barge.frameworks.livekit.presets.options import frame_size_ms as frame_size_ms
    from livekit_barge.frameworks.livekit.presets.options import knobs_in as knobs_in
    from livekit_barge.frameworks.livekit.presets.options import (
        options_in_force as options_in_force,
    )
    from livekit_barge.frameworks.livekit.presets.preset import LEAVE as LEAVE
    from livekit_barge.frameworks.livekit.presets.preset import Preset as Preset
    from livekit_barge.frameworks.livekit.presets.resolve import Chosen as Chosen
    from livekit_barge.frameworks.livekit.presets.resolve import choose as choose

# Loaded when asked for: only some of it needs livekit, which takes seconds to import.
_HOME = {
    "LEAVE": "preset",
    "Chosen": "resolve",
    "Facts": "advice",
    "Preset": "preset",
    "advise": "advice",
    "choose": "resolve",
    "facts_of": "advice",
    "frame_size_ms": "options",
    "knobs_in": "options",
    "options_in_force": "options",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
