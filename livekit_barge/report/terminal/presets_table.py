"""The presets side by side, and one of them as LiveKit receives it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.frameworks.livekit.presets.knobs import KNOBS, Knob, spell
from livekit_barge.frameworks.livekit.presets.preset import LEAVE, Preset, preset_names

if TYPE_CHECKING:
    from livekit_barge.frameworks.livekit.resolve import ResolvedKnobs

_LEFT = "·"
_NO_PRESET = "livekit-defaults"


def render_presets() -> RenderableType:
    """Render all shipped presets: their purpose, their cost, their knobs and the effect of each."""
    presets = [Preset.load(name) for name in preset_names()]
    about = _table()
    for preset in presets:
        about.add_row(Text(preset.name, style="bold"), Text(f"{preset.summary} {preset.cost}"))
    table = _table("knob")
    for preset in presets:
        table.add_column(preset.name.replace("-", "-\n"), justify="right")
    for knob in KNOBS:
        table.add_row(_name(knob.name), *(_cell(_spelled(preset, knob)) for preset in presets))
    moves = _table("knob", "what it moves")
    for knob in KNOBS:
        moves.add_row(_name(knob.name), Text(f"{knob.moves}{knob.unit and f' [{knob.unit}]'}"))
    return Group(about, "", table, Text(f"{_LEFT} left to LiveKit\n", style="dim"), moves)


def render_preset(preset: str | None) -> RenderableType:
    """Show the options that LiveKit receives under this preset and environment, and their sources.

    ``None`` is the preset that the environment names, or LiveKit's defaults.

    Raises :class:`~livekit_barge.errors.SettingsError`.
    """
    from livekit_barge.frameworks.livekit.presets.advice import advise
    from livekit_barge.frameworks.livekit.resolve import resolve_knobs
    from livekit_barge.settings import Settings

    settings = Settings() if preset is None else Settings(preset=preset)
    about = Preset.load(settings.preset or _NO_PRESET)
    chosen = resolve_knobs(None, {}, settings)
    options = _resolved(chosen)
    table = _table("knob", "value", "from", "LiveKit's place")
    table.columns[1].no_wrap = True
    for knob in KNOBS:
        asked = chosen.asked.get(knob.name)
        value = asked["value"] if asked else options[knob.name]
        source = Text(asked["source"]) if asked else Text("LiveKit's default", style="dim")
        table.add_row(_name(knob.name), _cell(value), source, _name(knob.place, 28))
    notes = [Text(f"\n{line}") for line in (*chosen.notes, *advise(options))]
    about_it = f"{about.summary} {about.cost}\n".lstrip()
    return Group(Text(about.name, style="bold"), Text(about_it), table, *notes)


def _resolved(chosen: ResolvedKnobs) -> dict[str, Any]:
    """Return the options of a session that is built with nothing but these."""
    from livekit.agents import AgentSession

    from livekit_barge.frameworks.livekit.presets.options import options_in_force

    async def build() -> dict[str, Any]:
        return options_in_force(AgentSession(**chosen.session_arguments({})))

    return asyncio.run(build())


def _table(*headings: str) -> Table:
    table = Table(*headings, box=None, padding=(0, 1, 0, 0), show_header=bool(headings))
    for column in table.columns:
        column.overflow = "fold"
        column.no_wrap = column is table.columns[0]
    return table


def _name(name: str, most: int = 26) -> str:
    """Return a knob's name or place in lines of at most ``most`` characters, to fit a terminal."""
    lines = [""]
    for part in re.split(r"(?<=[._])", name):
        if len(lines[-1]) + len(part) > most:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def _spelled(preset: Preset, knob: Knob) -> Any:
    value = getattr(preset, knob.name)
    return None if value is LEAVE else spell(value)


def _cell(value: Any) -> str:
    """Return a value as a preset file spells it; ``None`` is left to LiveKit."""
    if value is None:
        return _LEFT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(f"{each:g}" for each in value)
    return value if isinstance(value, str) else f"{value:g}"
