"""Knobs as LiveKit takes them, and read back from a session as LiveKit resolved them."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any

from livekit.agents import Agent, AgentSession, inference
from livekit.agents.utils import is_given
from livekit.agents.voice import room_io, turn

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets import vad_knobs
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, KNOBS, Knob, spell

_ARGUMENTS = inspect.signature(AgentSession.__init__).parameters

# Keywords of AgentSession that turn_handling has replaced; beside it LiveKit ignores them.
_OLD_KEYWORDS = {
    knob.name: knob.name
    for knob in KNOBS
    if knob.group in ("interruption", "endpointing", "turn_handling") and knob.name in _ARGUMENTS
} | {"agent_false_interruption_timeout": "false_interruption_timeout"}


def check_known(knob: Knob, *, where: object) -> None:
    """Raises :class:`SettingsError` if the installed livekit-agents does not have this knob."""
    if knob.key not in _known(knob):
        raise SettingsError(
            f"livekit-agents {version('livekit-agents')}, which is installed, has no {knob.place}",
            where=where,
            remedy=f"remove {knob.name}, or install a version that has it",
        )


def knobs_in(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The knobs that a program sets by the arguments of ``AgentSession``, as LiveKit reads them."""
    given = {name: value for name, value in arguments.items() if is_given(value)}
    found: dict[str, Any] = {}
    if "turn_handling" not in given:
        found = {knob: given[old] for old, knob in _OLD_KEYWORDS.items() if old in given}
    for knob in KNOBS:
        group = given if knob.group == "session" else _group(given.get("turn_handling", {}), knob)
        if knob.key in group:
            found[knob.name] = group[knob.key]
    return found


def with_turn_handling(arguments: Mapping[str, Any], knobs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``AgentSession`` with ``knobs`` in them, and nothing else changed.

    Old keywords move into ``turn_handling``, since LiveKit ignores them beside it.
    """
    given = {name: value for name, value in arguments.items() if is_given(value)}
    turn_handling = given.pop("turn_handling", None)
    replaced = {name: given.pop(name) for name in _OLD_KEYWORDS if name in given}
    preemptive = given.pop("preemptive_generation", None)
    if turn_handling is None:
        turn_handling = build_turn_handling(
            {_OLD_KEYWORDS[name]: value for name, value in replaced.items()}
        )
        if preemptive is not None:
            turn_handling["preemptive_generation"] = (
                {"enabled": preemptive} if isinstance(preemptive, bool) else dict(preemptive)
            )
    built = build_turn_handling(knobs)
    for group, values in built.items():
        mine = turn_handling.get(group)
        if isinstance(values, dict) and isinstance(mine, dict):
            built[group] = {**mine, **values}
    if turn_handling or built:
        given["turn_handling"] = {**turn_handling, **built}
    for knob in KNOBS:
        if knob.group == "session" and knob.name in knobs:
            given[knob.key] = knobs[knob.name]
    return given


def build_turn_handling(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """LiveKit's ``turn_handling`` with these knobs, and no others, in it."""
    built: dict[str, Any] = {}
    for knob in KNOBS:
        if knob.name not in knobs:
            continue
        value = knobs[knob.name]
        if knob.group == "turn_handling":
            built[knob.key] = inference.TurnDetector() if value == "model" else value
        elif knob.group in ("interruption", "endpointing"):
            built.setdefault(knob.group, {})[knob.key] = value
    return built


def arguments_of_session(knobs: Mapping[str, Any], *, where: object) -> dict[str, Any]:
    """Return knobs as arguments of ``AgentSession``; a room's knobs belong to its ``start``.

    Raises :class:`SettingsError`, naming ``where``, if livekit-agents lacks one of them.
    """
    for name in knobs:
        check_known(BY_NAME[name], where=where)
    arguments = with_turn_handling({}, knobs)
    if values := {name: knobs[name] for name in knobs if BY_NAME[name].group == "vad"}:
        arguments["vad"] = vad_knobs.load(values)
    return arguments


def arguments_of_start(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """Return knobs as arguments of ``AgentSession.start``: the room's input frame."""
    if "input_frame_s" not in knobs:
        return {}
    audio = room_io.AudioInputOptions(frame_size_ms=frame_size_ms(knobs["input_frame_s"]))
    return {"room_options": room_io.RoomOptions(audio_input=audio)}


def frame_size_ms(input_frame_s: float) -> int:
    """The room's input frame as ``AudioInputOptions`` and ``RoomInputOptions`` count it."""
    return round(input_frame_s * 1000)


def options_in_force(session: AgentSession[Any]) -> dict[str, Any]:
    """Every knob as LiveKit resolved it for this session, spelled as in a preset file.

    What an agent that runs sets for itself is what is in force. ``None``: there is no public way
    to read it. So it is with the VAD's own options unless a preset set them, and with the room's.
    """
    agent = _running_agent(session)
    sources: dict[str, Mapping[str, Any]] = {
        "interruption": {"mode": session.interruption_detection, **session.options.interruption},
        "endpointing": session.options.endpointing,
        "turn_handling": {"turn_detection": session.turn_detection},
        "session": {"aec_warmup_duration": session.options.aec_warmup_duration},
        "vad": {},
        "room": {},
    }
    own: dict[str, Any] = {}
    vad = session.vad
    if agent is not None:
        own = {
            "allow_interruptions": agent.allow_interruptions,
            "interruption_mode": agent.interruption_detection,
            "turn_detection": agent.turn_detection,
            "min_endpointing_delay": agent.min_endpointing_delay,
            "max_endpointing_delay": agent.max_endpointing_delay,
        }
        vad = agent.vad if is_given(agent.vad) else vad
    if vad is not None:
        sources["vad"] = vad_knobs.read(vad)
    return {knob.name: _in_force(knob, own, sources[knob.group]) for knob in KNOBS}


def _in_force(knob: Knob, own: Mapping[str, Any], group: Mapping[str, Any]) -> Any:
    if knob.name in own and is_given(own[knob.name]):
        return spell(own[knob.name])
    if knob.key not in group or not is_given(group[knob.key]):
        return None
    return spell(group[knob.key])


def _running_agent(session: AgentSession[Any]) -> Agent | None:
    try:
        return session.current_agent
    except RuntimeError:  # LiveKit's way to say that none runs
        return None


def _group(turn_handling: Mapping[str, Any], knob: Knob) -> Mapping[str, Any]:
    """Return the knob's group in ``turn_handling``."""
    if knob.group == "turn_handling":
        return turn_handling
    return turn_handling.get(knob.group) or {}


def _known(knob: Knob) -> Collection[str]:
    match knob.group:
        case "interruption":
            return turn.InterruptionOptions.__annotations__
        case "endpointing":
            return turn.EndpointingOptions.__annotations__
        case "turn_handling":
            return turn.TurnHandlingOptions.__annotations__
        case "session":
            return _ARGUMENTS
        case "vad":
            return inspect.signature(inference.VAD.__init__).parameters
        case "room":
            return [field.name for field in dataclasses.fields(room_io.AudioInputOptions)]
