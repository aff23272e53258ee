"""A case: one scripted call of a suite, with everything that decides its course.

It holds plain values only, so that it can be handed to another process or machine, and so that its
digest says whether a kept result is still its own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livekit_barge import __version__
from livekit_barge.frameworks.livekit.presets.knobs import spell
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import Conditions
from livekit_barge.stage.models import Timing


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call, before it is played."""

    case_id: str
    """Its name in the run: unique, and usable as a folder's name."""
    script: Script
    conditions: Conditions = field(default_factory=Conditions)
    """The line between caller and agent."""
    timing: Timing = field(default_factory=Timing)
    """The timing of the models' stand-ins."""
    knobs: Mapping[str, Any] = field(default_factory=dict)
    """Knobs that override the preset's, by LiveKit's names; ``None`` switches a knob off."""
    preset: str = "livekit-defaults"
    """A shipped preset's name, or the path of a preset file."""

    def chosen(self) -> Preset:
        """Return the preset with this case's knobs.

        Raises :class:`~livekit_barge.errors.SettingsError`.
        """
        base = Preset.load(self.preset)
        if not self.knobs:
            return base
        return Preset(base.name, **{**base.knobs, **self.knobs})

    def digest(self) -> str:
        """Return a digest that is equal for cases with the same result in this version.

        A clip or a preset that is named by its path counts with what is in the file.
        """
        knobs = {name: spell(value) for name, value in sorted(self.chosen().knobs.items())}
        plain = {
            "version": __version__,
            "case_id": self.case_id,
            "script": _plain(self.script),
            "conditions": _plain(self.conditions),
            "timing": _plain(self.timing),
            "preset": self.preset,
            "knobs": knobs,
        }
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Convert a value for JSON: data classes with their types' names, files with digests."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"": type(value).__name__, **fields}
    if isinstance(value, Path):
        known = hashlib.sha256(value.read_bytes()).hexdigest() if value.is_file() else None
        return [str(value), known]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    return value
