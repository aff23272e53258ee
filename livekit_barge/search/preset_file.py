"""Writes a preset file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import spell
from livekit_barge.frameworks.livekit.presets.preset import Preset


def write_preset(
    file: Path, knobs: Mapping[str, Any], *, base: str, summary: str, cost: str
) -> Preset:
    """Write a preset with ``knobs`` over those of ``base``, and read it back.

    Raises :class:`SettingsError` where it cannot be written.
    """
    merged = {**Preset.load(base).knobs, **knobs}
    words = {"summary": summary, "cost": cost}
    lines = [f"{name} = {_toml(value)}" for name, value in {**words, **merged}.items()]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"cannot be written ({error.strerror})", where=file, remedy="choose another place"
        ) from error
    return Preset.load(file)


def _toml(value: object) -> str:
    # TOML's strings, numbers, booleans and arrays of them are spelled as JSON's.
    return json.dumps(spell(value), ensure_ascii=False)
