"""Pipecat's knobs under Pipecat's names, each with its place; checked against what is installed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.livekit.transport import LiveKitParams
from pipecat.turns import user_mute, user_start, user_stop

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest

Kind = Literal["seconds", "share", "count", "switch", "names"]

STARTS = {
    "vad": "VADUserTurnStartStrategy",
    "transcription": "TranscriptionUserTurnStartStrategy",
    "min_words": "MinWordsUserTurnStartStrategy",
}
"""The spelling, in a preset, of the strategies of ``pipecat.turns.user_start``."""
ADAPTIVE = "adaptive"
"""The spelling of our own: ``AdaptiveUserTurnStartStrategy`` of ``adaptive_start``."""
MUTES = {
    "always": "AlwaysUserMuteStrategy",
    "first_speech": "FirstSpeechUserMuteStrategy",
    "function_call": "FunctionCallUserMuteStrategy",
    "mute_until_first_bot_complete": "MuteUntilFirstBotCompleteUserMuteStrategy",
}
"""The same for ``pipecat.turns.user_mute``."""


@dataclass(frozen=True)
class PipecatKnob:
    """One knob: where Pipecat has it, and what it takes."""

    name: str
    place: str
    """As a person says it: ``VADParams``."""
    kind: Kind
    moves: str
    names: Callable[[], Iterable[str]]
    """Those that the place has in the version that is installed."""
    high: float = 1.0
    choices: tuple[str, ...] = ()


def _fields(model: Any) -> Callable[[], Iterable[str]]:
    return lambda: model.model_fields


def _arguments(module: Any, strategy: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        made = getattr(module, strategy, None)
        return () if made is None else _parameters(made)

    return names


def _parameters(made: type) -> Iterable[str]:
    """A class's arguments, its bases' too: they hand on by ``**kwargs``."""
    for base in made.__mro__:
        if "__init__" in vars(base):
            yield from inspect.signature(vars(base)["__init__"]).parameters


def _strategies(module: Any, spelled: dict[str, str], knob: str) -> Callable[[], Iterable[str]]:
    return lambda: [knob] if all(hasattr(module, name) for name in spelled.values()) else []


PIPECAT_KNOBS = (
    PipecatKnob("confidence", "VADParams", "share", "how sure Silero must be that it hears speech",
                _fields(VADParams)),
    PipecatKnob("start_secs", "VADParams", "seconds",
                "detection: the speech needed before the VAD acts", _fields(VADParams), high=5),
    PipecatKnob("stop_secs", "VADParams", "seconds",
                "the silence that ends it", _fields(VADParams), high=10),
    PipecatKnob("min_volume", "VADParams", "share", "how loud it must be", _fields(VADParams)),
    PipecatKnob("user_turn_start", "UserTurnStrategies.start", "names",
                "the strategies that may begin the caller's turn and so stop the bot",
                _strategies(user_start, STARTS, "user_turn_start"),
                choices=(*STARTS, ADAPTIVE)),
    PipecatKnob("min_words", "MinWordsUserTurnStartStrategy", "count",
                "detection: the words needed while the bot speaks; else one",
                _arguments(user_start, STARTS["min_words"]), high=20),
    PipecatKnob("use_interim", "MinWordsUserTurnStartStrategy", "switch",
                "whether interim transcripts count",
                _arguments(user_start, STARTS["min_words"])),
    PipecatKnob("enable_interruptions", "BaseUserTurnStartStrategy", "switch",
                "whether a turn that begins stops the bot at all",
                _arguments(user_start, "BaseUserTurnStartStrategy")),
    PipecatKnob("user_mute", "LLMUserAggregatorParams.user_mute_strategies", "names",
                "when the caller is not heard at all",
                _strategies(user_mute, MUTES, "user_mute"), choices=tuple(MUTES)),
    PipecatKnob("user_speech_timeout", "SpeechTimeoutUserTurnStopStrategy", "seconds",
                "the pause that ends the caller's turn",
                _arguments(user_stop, "SpeechTimeoutUserTurnStopStrategy"), high=10),
    PipecatKnob("audio_out_10ms_chunks", "TransportParams", "count",
                "cancellation: a chunk that is being written cannot be taken back",
                _fields(TransportParams), high=1000),
    PipecatKnob("audio_out_queue_size_ms", "LiveKitParams", "count",
                "cancellation, where the queue is not cleared; LiveKitTransport clears it",
                _fields(LiveKitParams), high=10_000),
)  # fmt: skip
BY_NAME = {knob.name: knob for knob in PIPECAT_KNOBS}


def check_installed(knob: PipecatKnob, *, where: object) -> None:
    """Raises :class:`SettingsError` where the installed Pipecat does not have the knob."""
    if knob.name not in knob.names():
        raise SettingsError(
            f"Pipecat {version('pipecat-ai')} has no {knob.name} in {knob.place}",
            where=where,
            remedy="leave the knob out, or install a Pipecat from 1.14 on, before 2",
        )


def check_value(name: str, value: Any, *, where: object) -> Any:
    """The value, as Pipecat takes it. Raises :class:`SettingsError`, naming the knob."""
    knob = BY_NAME.get(name)
    if knob is None:
        raise SettingsError(
            f"Pipecat has no knob called {name}", where=where, remedy=nearest(name, BY_NAME)
        )
    check_installed(knob, where=where)
    if wanted := _wanted(knob, value):
        raise SettingsError(f"{name} is {value!r}", where=where, remedy=wanted)
    return tuple(value) if knob.kind == "names" else value


def _wanted(knob: PipecatKnob, value: Any) -> str | None:
    """Return what to give instead, or ``None`` if the value is right."""
    if knob.kind == "names":
        ok = isinstance(value, list | tuple) and all(name in knob.choices for name in value)
        return None if ok else f"give a list of {', '.join(knob.choices)}"
    if knob.kind == "switch":
        return None if isinstance(value, bool) else "give true or false"
    kinds = (int,) if knob.kind == "count" else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool)
    if number and 0 <= value <= knob.high:
        return None
    what = "a whole number" if knob.kind == "count" else "a number"
    return f"give {what} from 0 to {knob.high:g}"
