"""Resolve the knobs of a session: each value, its source, and the arguments for LiveKit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livekit.agents import llm, vad
from livekit.agents.utils import is_given
from livekit.agents.voice import room_io

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets import vad_knobs
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, check_value, spell
from livekit_barge.frameworks.livekit.presets.options import (
    check_known,
    frame_size_ms,
    with_turn_handling,
)
from livekit_barge.frameworks.livekit.presets.preset import CODE, Preset

if TYPE_CHECKING:
    from livekit_barge.settings import Settings

# Knobs, each with its value and its source.
_Layer = Mapping[str, tuple[Any, str]]

# With less silence LiveKit's turn detector refuses to start: ValueError, once the call has begun.
_SILENCE_FOR_MODEL_S = 0.25


@dataclass(frozen=True, kw_only=True)
class ResolvedKnobs:
    """The knobs of one session, by source. Made by :func:`resolve_knobs`."""

    name: str | None
    """The preset's name."""
    knobs: Mapping[str, Any]
    """The knobs that are set, as LiveKit takes them."""
    asked: Mapping[str, Mapping[str, Any]]
    """The same for people: ``value``, as a preset file spells it, and ``source``."""
    _given: Mapping[str, Any]
    """The knobs that the program's own arguments set."""
    _force: bool
    _notes: list[str] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes to log once: what was overridden, and what else a change affects."""
        return tuple(dict.fromkeys(self._notes))

    def session_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for ``AgentSession``: the program's, with the knobs in them.

        Raises :class:`SettingsError` for knobs that LiveKit would refuse together.
        """
        changed = {
            name: value
            for name, value in self.knobs.items()
            if name not in self._given or self._given[name] is not value
        }
        if not changed:
            return dict(arguments)
        self._check_together(changed, arguments)
        changed_arguments = with_turn_handling(arguments, changed)
        values = {name: changed[name] for name in changed if BY_NAME[name].group == "vad"}
        if values:
            self._set_detector(changed_arguments, values)
        return changed_arguments

    def start_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for ``AgentSession.start``: the program's, with the room's input frame."""
        if "input_frame_s" not in self.knobs:
            return dict(arguments)
        size_ms = frame_size_ms(self.knobs["input_frame_s"])
        given = {name: value for name, value in arguments.items() if is_given(value)}
        # LiveKit reads its old options only where the new ones are missing.
        if "room_options" not in given and given.keys() & {
            "room_input_options",
            "room_output_options",
        }:
            old = given.get("room_input_options", room_io.RoomInputOptions())
            framed = self._framed(old, "audio_frame_size_ms", size_ms)
            return {**given, "room_input_options": framed}
        options = given.get("room_options", room_io.RoomOptions())
        audio = options.get_audio_input_options()
        if audio is None:
            return given
        audio = self._framed(audio, "frame_size_ms", size_ms)
        return {**given, "room_options": dataclasses.replace(options, audio_input=audio)}

    def _framed(self, options: Any, name: str, size_ms: int) -> Any:
        """``options`` with the frame, unless the program has set another than LiveKit's default."""
        own_ms, default_ms = getattr(options, name), getattr(type(options)(), name)
        if self._force or own_ms in (default_ms, size_ms):
            return dataclasses.replace(options, **{name: size_ms})
        self._notes.append(
            f"input_frame_s {size_ms / 1000:g} ({self.asked['input_frame_s']['source']}) is not "
            f"used: the program's room options set {own_ms / 1000:g} themselves"
        )
        return options

    def _set_detector(self, arguments: dict[str, Any], values: Mapping[str, Any]) -> None:
        given = arguments.get("vad")
        if "vad" not in arguments:
            arguments["vad"] = vad_knobs.load(values)
        elif given is None:
            self._notes.append(f"{_listed(values)}: not used, the program asks for no VAD")
        elif not isinstance(given, vad.VAD) or not vad_knobs.update(given, values):
            self._notes.append(
                f"{_listed(values)}: not used, the program's own VAD ({type(given).__name__}) has "
                "no such options; set what it has instead"
            )
        else:
            self._notes.append(
                f"{_listed(values)}: set on the VAD that the program gave, which changes every "
                "session that shares it; give no vad, and each session gets its own"
            )

    def _check_together(self, changed: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        knobs = self.knobs
        ends = {"min_endpointing_delay", "max_endpointing_delay"}
        # Two that the program passes to LiveKit itself are LiveKit's to refuse.
        if ends <= knobs.keys() and ends & changed.keys():
            self._check_delays(knobs["min_endpointing_delay"], knobs["max_endpointing_delay"])
        silence_s = knobs.get("min_silence_duration", _SILENCE_FOR_MODEL_S)
        by_model = spell(knobs.get("turn_detection", "model")) == "model"
        # A realtime model usually ends turns itself, and LiveKit's own detector is not used then.
        if isinstance(arguments.get("llm"), llm.RealtimeModel):
            by_model = "turn_detection" in knobs and by_model
        if by_model and silence_s < _SILENCE_FOR_MODEL_S:
            raise SettingsError(
                f"min_silence_duration is {silence_s:g}, and LiveKit's turn detector needs "
                f"{_SILENCE_FOR_MODEL_S:g} s",
                where=self.asked["min_silence_duration"]["source"],
                remedy='raise it, or set turn_detection to "vad"',
            )

    def _check_delays(self, shortest_s: float, longest_s: float) -> None:
        if shortest_s > longest_s:
            sources = [self.asked[f"{end}_endpointing_delay"]["source"] for end in ("min", "max")]
            raise SettingsError(
                f"min_endpointing_delay is {shortest_s:g} ({sources[0]}), over "
                f"max_endpointing_delay, {longest_s:g} ({sources[1]})",
                remedy="lower the one or raise the other",
            )


def resolve_knobs(
    preset: Preset | str | Path | None, code: Mapping[str, Any], settings: Settings
) -> ResolvedKnobs:
    """Merge, knob by knob, what the program and the environment ask for.

    Of two that set a knob the later wins: a named preset, a preset file over the one it is based
    on, the knob's own variable, the program itself (``code``, and over a ``Preset`` object).
    One preset is chosen, the program's before that of ``BARGE_PRESET``. ``BARGE_FORCE`` puts the
    whole environment over the whole program.

    Raises :class:`SettingsError` for a knob that cannot be used.
    """
    of_program = Preset.load(preset) if isinstance(preset, str | Path) else preset
    of_environment = (
        None if settings.preset is None else Preset.load(settings.preset, where="BARGE_PRESET")
    )
    forced = settings.force and of_environment is not None
    chosen = of_environment if forced or of_program is None else of_program
    own = {name: (value, CODE) for name, value in code.items()}
    if isinstance(preset, Preset):
        own = {**_layer(preset), **own}
    named = {} if chosen is preset else _layer(chosen)
    variables = {name: (value, BY_NAME[name].variable) for name, value in settings.knobs.items()}
    environment = {**(named if chosen is of_environment else {}), **variables}
    lowest = {} if chosen is of_environment else named
    order = (own, environment) if settings.force else (environment, own)
    merged = {**lowest, **order[0], **order[1]}
    for name, (_, source) in merged.items():
        if name not in code or source != CODE:
            check_known(BY_NAME[name], where=source)
    notes = [*_unused_preset(of_program, of_environment, force=settings.force)]
    notes += _overridden(own, environment, force=settings.force)
    notes += _doubtful(code)
    return ResolvedKnobs(
        name=None if chosen is None else chosen.name,
        knobs={name: value for name, (value, _) in merged.items()},
        asked={
            name: {"value": spell(value), "source": source}
            for name, (value, source) in merged.items()
        },
        _given=code,
        _force=settings.force,
        _notes=notes,
    )


def check_settings(settings: Settings) -> None:
    """Refuse settings that no session could use, so that an agent stops before its first call.

    Raises :class:`SettingsError` for an unknown preset, or a knob that the installed version of
    livekit-agents lacks.
    """
    resolve_knobs(None, {}, settings)


def _layer(preset: Preset | None) -> _Layer:
    if preset is None:
        return {}
    return {name: (value, preset.sources[name]) for name, value in preset.knobs.items()}


def _unused_preset(
    of_program: Preset | None, of_environment: Preset | None, *, force: bool
) -> list[str]:
    if of_program is None or of_environment is None or of_program == of_environment:
        return []
    if force:
        return [
            f"the program's preset {of_program.name} is not used: BARGE_PRESET is "
            f"{of_environment.name}, and BARGE_FORCE is set"
        ]
    return [
        f"BARGE_PRESET={of_environment.name} is not used: the program chooses "
        f"{of_program.name} itself; BARGE_FORCE=1 lets the environment win"
    ]


def _overridden(own: _Layer, environment: _Layer, *, force: bool) -> list[str]:
    notes = []
    for name in own.keys() & environment.keys():
        (mine, _), (theirs, source) = own[name], environment[name]
        if spell(mine) == spell(theirs):
            continue
        if force:
            notes.append(
                f"{name} {spell(mine)}, set by the program, is not used: {source} says "
                f"{spell(theirs)}, and BARGE_FORCE is set"
            )
        else:
            notes.append(
                f"{name} {spell(theirs)} ({source}) is not used: the program sets "
                f"{spell(mine)} itself; BARGE_FORCE=1 lets the environment win"
            )
    return sorted(notes)


def _doubtful(code: Mapping[str, Any]) -> list[str]:
    """Note doubtful values that the program passes to LiveKit; refusing them is LiveKit's part."""
    notes = []
    for name, value in code.items():
        try:
            check_value(BY_NAME[name], value, where="the program")
        except SettingsError as error:
            notes.append(str(error))
    return notes


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {spell(value)}" for name, value in values.items())
