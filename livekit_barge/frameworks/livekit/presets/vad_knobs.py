"""The VAD's knobs: a VAD loaded with them, one that was given changed, one read back.

Where a program gives no VAD, the values go into the Silero that ``AgentSession`` itself would take,
the one inside livekit-agents. So a preset changes values and never the detector.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Mapping
from typing import Any

from livekit.agents import inference, vad

from livekit_barge.frameworks.livekit.presets.knobs import KNOBS

_KEYS = tuple(knob.key for knob in KNOBS if knob.group == "vad")
_DEFAULTS = {
    key: inspect.signature(inference.VAD.__init__).parameters[key].default
    for key in _KEYS
    if key in inspect.signature(inference.VAD.__init__).parameters
}

# LiveKit's VADs have no way to read these options back, so what was set here is remembered.
_set_here: weakref.WeakKeyDictionary[vad.VAD, dict[str, Any]] = weakref.WeakKeyDictionary()


def load(values: Mapping[str, Any]) -> vad.VAD:
    """LiveKit's own Silero with these values. Its model is shared by all and loaded already."""
    loaded = inference.VAD(**values)
    _set_here[loaded] = {**_DEFAULTS, **values}
    return loaded


def update(given: vad.VAD, values: Mapping[str, Any]) -> bool:
    """Change a VAD that the program gave; ``False`` if it is of a kind without these knobs."""
    change = getattr(given, "update_options", None)
    if change is None or not set(values) <= set(inspect.signature(change).parameters):
        return False
    change(**values, **_deactivation(change, values))
    _set_here.setdefault(given, {}).update(values)
    return True


def read(used: vad.VAD) -> dict[str, Any]:
    """Return its known options: those set here, and those it reports itself."""
    known = dict(_set_here.get(used, {}))
    silence_s = getattr(used, "min_silence_duration", None)
    if silence_s is not None:
        known["min_silence_duration"] = silence_s
    return known


def _deactivation(change: Any, values: Mapping[str, Any]) -> dict[str, float]:
    """Silero derives the threshold that ends speech when it is loaded, not when it is updated.

    A new activation threshold would be left with an old one for the end, perhaps above it. So it is
    derived again, by Silero's own rule.
    """
    threshold = values.get("activation_threshold")
    if threshold is None or "deactivation_threshold" not in inspect.signature(change).parameters:
        return {}
    return {"deactivation_threshold": max(threshold - 0.15, 0.01)}
