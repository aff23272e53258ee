"""``Preset``: a named set of LiveKit's knobs, from a file or from code."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, check_value, find_knob
from livekit_barge.frameworks.preset_shelf import PresetShelf

CODE = "code"
"""The source of a knob that the program sets itself."""

SHELF = PresetShelf("presets", "livekit-defaults", words=("summary", "cost", "based_on"))


class Leave(enum.Enum):
    """The value of a knob that is not set: LiveKit's default holds."""

    LEAVE = "leave"

    def __repr__(self) -> str:
        return self.name


LEAVE: Final = Leave.LEAVE


@dataclass(frozen=True, init=False)
class Preset:
    """A named set of knobs: a frozen value.

    ::

        Preset("mine", min_interruption_duration=0.3, false_interruption_timeout=None)
        Preset.load("snappy")

    A knob that was not given is :data:`LEAVE`, which is not ``None``: ``None`` switches off.

    Raises:
        SettingsError: for a knob that does not exist, or a value that it cannot take.
    """

    name: str
    summary: str
    """The callers and agents it is for."""
    cost: str
    """The price of choosing it."""
    _knobs: tuple[tuple[str, Any], ...]
    _sources: Mapping[str, str] = field(compare=False, repr=False)

    def __init__(self, name: str, *, summary: str = "", cost: str = "", **knobs: Any) -> None:
        where = f"Preset({name!r})"
        checked = {
            knob: check_value(find_knob(knob, where=where), value, where=where)
            for knob, value in knobs.items()
            if value is not LEAVE
        }
        self._fill(name, summary, cost, checked, dict.fromkeys(checked, CODE))

    @classmethod
    def load(cls, preset: str | Path, *, where: object = None) -> Self:
        """Load a preset by its name, or by the path of its file (``.toml``).

        Raises :class:`SettingsError`; ``where`` names the one who asked for the preset.
        """
        path = SHELF.find(preset, where=where)
        return cls._read(path, named=None if path == Path(preset) else f"preset {preset}")

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The knobs that are set."""
        return MappingProxyType(dict(self._knobs))

    @property
    def sources(self) -> Mapping[str, str]:
        """The place where each of them was set: ``code``, a file, or ``preset snappy``."""
        return MappingProxyType(dict(self._sources))

    def session_arguments(self) -> dict[str, Any]:
        """Return the preset as arguments of ``AgentSession``, for a session built without us.

        They are ``turn_handling``, ``vad`` and ``aec_warmup_duration``, each only if a knob needs
        it. ``vad`` is LiveKit's own Silero with the preset's values. Pass
        :meth:`start_arguments` to the session's ``start``.

        Raises:
            SettingsError: if the installed livekit-agents lacks a knob.
        """
        from livekit_barge.frameworks.livekit.presets.options import arguments_of_session

        return arguments_of_session(self.knobs, where=f"preset {self.name}")

    def start_arguments(self) -> dict[str, Any]:
        """Return the preset as arguments of ``AgentSession.start``.

        ``room_options`` holds the input frame; it is there only if ``input_frame_s`` is set.
        """
        from livekit_barge.frameworks.livekit.presets.options import arguments_of_start

        return arguments_of_start(self.knobs)

    def turn_handling(self) -> dict[str, Any]:
        """Return the preset as ``AgentSession(turn_handling=...)`` takes it.

        Raises:
            SettingsError: if the preset sets knobs that LiveKit has elsewhere (VAD, session, room),
                which ``turn_handling`` cannot hold; use :meth:`session_arguments` then.
        """
        from livekit_barge.frameworks.livekit.presets.options import build_turn_handling

        groups = ("interruption", "endpointing", "turn_handling")
        if elsewhere := [name for name in self.knobs if BY_NAME[name].group not in groups]:
            raise SettingsError(
                f"turn_handling cannot hold {', '.join(elsewhere)}",
                where=f"preset {self.name}",
                remedy="use session_arguments() and start_arguments()",
            )
        return build_turn_handling(self.knobs)

    def __getattr__(self, name: str) -> Any:
        if name not in BY_NAME:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.knobs.get(name, LEAVE)

    def _fill(
        self,
        name: str,
        summary: str,
        cost: str,
        knobs: Mapping[str, Any],
        sources: Mapping[str, str],
    ) -> None:
        # In the table's order, so that equal presets are equal.
        ordered = tuple((knob, knobs[knob]) for knob in BY_NAME if knob in knobs)
        fields = {"name": name, "summary": summary, "cost": cost}
        for attribute, value in {**fields, "_knobs": ordered, "_sources": sources}.items():
            object.__setattr__(self, attribute, value)

    @classmethod
    def _read(cls, path: Path, *, named: str | None) -> Self:
        words, values = SHELF.read(path)
        knobs: dict[str, Any] = {}
        sources: dict[str, str] = {}
        if words["based_on"]:
            # One level only: based_on names a shipped preset, and those are based on nothing.
            SHELF.check(words["based_on"], where=path, key="based_on: ")
            base = cls.load(words["based_on"])
            knobs, sources = dict(base.knobs), dict(base.sources)
        for name, value in values.items():
            knobs[name] = check_value(
                find_knob(name, where=path, also=SHELF.words), value, where=path
            )
            sources[name] = named or str(path)
        preset = cls.__new__(cls)
        preset._fill(path.stem, words["summary"], words["cost"], knobs, sources)
        return preset


def preset_names() -> list[str]:
    """Return the shipped presets' names, LiveKit's defaults first."""
    return SHELF.names()
