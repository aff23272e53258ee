"""The knobs, one line each: the only place where a knob stands.

:class:`~.preset.Preset`, the ``BARGE_*`` variables of
:class:`~livekit_barge.settings.Settings`, validation and ``livekit-barge presets`` all follow from
:data:`KNOBS`. A knob has LiveKit's name and LiveKit's place; ours is only ``input_frame_s``, which
LiveKit counts in milliseconds.

Three states differ: a knob that is absent leaves what LiveKit does by default, ``off`` switches it
off (``None`` in Python), and a value sets it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest

OFF = "off"
"""The spelling of ``None`` in a file and in the environment."""

Group = Literal["interruption", "endpointing", "turn_handling", "session", "vad", "room"]
Kind = Literal["seconds", "words", "probability", "switch", "choice", "boundary"]


@dataclass(frozen=True)
class Knob:
    """One knob: where LiveKit has it, which values it takes, and what it moves."""

    name: str
    group: Group
    key: str
    """LiveKit's name inside the group."""
    kind: Kind
    moves: str
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    can_be_off: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets this knob alone."""
        return f"BARGE_{self.name.upper()}"

    @property
    def place(self) -> str:
        """The place where LiveKit has it, as a person says it."""
        return f"{self.group}.{self.key}"

    @property
    def unit(self) -> str:
        return {"seconds": "s", "boundary": "s", "words": "words"}.get(self.kind, "")


# Upper limits are far beyond any sense; they are there to catch milliseconds and percents.
KNOBS = (
    Knob("allow_interruptions", "interruption", "enabled", "switch",
         "whether a caller can stop the agent at all"),
    Knob("interruption_mode", "interruption", "mode", "choice",
         "who decides: plain voice activity, or an adaptive model (BARGE_ADAPTIVE, LiveKit Cloud)",
         choices=("vad", "adaptive")),
    Knob("min_interruption_duration", "interruption", "min_duration", "seconds",
         "detection by voice activity: the speech needed, trailing silence included", high=10.0),
    Knob("min_interruption_words", "interruption", "min_words", "words",
         "detection: the transcribed words needed; with an STT only", high=20),
    Knob("resume_false_interruption", "interruption", "resume_false_interruption", "switch",
         "whether the agent resumes after a false stop"),
    Knob("false_interruption_timeout", "interruption", "false_interruption_timeout", "seconds",
         "dead air after a false stop, on top of min_silence_duration", high=30.0, can_be_off=True),
    Knob("discard_audio_if_uninterruptible", "interruption", "discard_audio_if_uninterruptible",
         "switch", "whether the STT hears silence while the agent cannot be interrupted"),
    Knob("backchannel_boundary", "interruption", "backchannel_boundary", "boundary",
         "adaptive: so long after the agent starts the VAD decides; before its end, words are kept",
         high=10.0, can_be_off=True),
    Knob("aec_warmup_duration", "session", "aec_warmup_duration", "seconds",
         "how long voice activity cannot stop the agent, from its first speech on",
         high=60.0, can_be_off=True),
    Knob("turn_detection", "turn_handling", "turn_detection", "choice",
         "what ends the caller's turn: LiveKit's turn detector (model), or one of its modes",
         choices=("model", "vad", "stt", "realtime_llm", "manual"), can_be_off=True),
    Knob("min_endpointing_delay", "endpointing", "min_delay", "seconds",
         "the response gap: silence until a turn can end", high=10.0),
    Knob("max_endpointing_delay", "endpointing", "max_delay", "seconds",
         "the response gap: silence until a turn must end", high=60.0),
    Knob("activation_threshold", "vad", "activation_threshold", "probability",
         "detection: how sure the VAD must be that it hears speech", low=0.05, high=0.95),
    Knob("min_speech_duration", "vad", "min_speech_duration", "seconds",
         "detection: unbroken speech needed before anything counts; no delay of its own",
         high=2.0),
    Knob("min_silence_duration", "vad", "min_silence_duration", "seconds",
         "how long a silence ends speech; counts toward min_interruption_duration",
         low=0.03, high=5.0),
    Knob("input_frame_s", "room", "frame_size_ms", "seconds",
         "detection: the step in which a room hands over the caller's audio", low=0.01, high=0.5),
)  # fmt: skip

BY_NAME = {knob.name: knob for knob in KNOBS}


def find_knob(name: str, *, where: object, also: Iterable[str] = ()) -> Knob:
    """The knob of this name; raises :class:`SettingsError` with the nearest one."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise SettingsError(
            f"no knob is called {name}", where=where, remedy=nearest(name, [*BY_NAME, *also])
        ) from None


def check_value(knob: Knob, value: object, *, where: object) -> Any:
    """``value``, as a file, the environment or a program gives it, as LiveKit wants it.

    Raises :class:`SettingsError`, naming ``where``, the knob and the remedy.
    """
    if isinstance(value, str):
        value = _parse(value)
    if value is None and knob.can_be_off:
        return None
    match knob.kind:
        case "switch":
            if value is None or value in (0, 1):
                return bool(value)
        case "choice":
            # Or a turn detector of the program's own.
            if value in knob.choices or hasattr(value, "model"):
                return value
        case "boundary":
            if _is_number(value):
                return _check_number(knob, value, where)
            if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)):
                return tuple(_check_number(knob, each, where) for each in value)
        case _:
            if _is_number(value):
                return _check_number(knob, value, where)
    raise _refusal(knob, value, where)


def spell(value: object) -> Any:
    """A knob's value as a preset file spells it."""
    if value is None:
        return OFF
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str | int | float):
        return value
    return "model"  # a turn detector


def _parse(text: str) -> object:
    """Text from the environment, or a string in a file."""
    word = text.strip().lower()
    if word == OFF:
        return None
    if word in ("true", "yes", "on"):
        return True
    if word in ("false", "no"):
        return False
    try:
        numbers = [float(part) for part in word.strip("[]()").split(",")]
    except ValueError:
        return text.strip()
    return numbers[0] if len(numbers) == 1 else numbers


def _check_number(knob: Knob, value: Any, where: object) -> Any:
    if not knob.low <= value <= knob.high:
        raise _out_of_range(knob, value, where)
    if knob.kind == "words" and value != int(value):
        raise _refusal(knob, value, where)
    if knob.group == "room" and not math.isclose(value * 1000, round(value * 1000)):
        raise SettingsError(
            f"{knob.name} is {value:g}", where=where, remedy="give whole milliseconds, such as 0.02"
        )
    return int(value) if knob.kind == "words" else float(value)


def _out_of_range(knob: Knob, value: float, where: object) -> SettingsError:
    over = value > knob.high
    limit = knob.high if over else knob.low
    unit = f" {knob.unit}" if knob.unit else ""
    remedy = f"give {_wanted(knob)}"
    # Five times the limit is another unit rather than a bold choice.
    scale = {"seconds": 1000, "boundary": 1000, "probability": 100}.get(knob.kind)
    if scale and value >= 5 * knob.high and knob.low <= value / scale <= knob.high:
        remedy = f"did you mean {value / scale:g}?"
    return SettingsError(
        f"{knob.name} is {value:g}, {'over' if over else 'under'} {limit:g}{unit}",
        where=where,
        remedy=remedy,
    )


def _refusal(knob: Knob, value: object, where: object) -> SettingsError:
    remedy = f"give {_wanted(knob)}"
    if isinstance(value, str):
        if milliseconds := re.fullmatch(r"(\d+\.?\d*)\s*ms", value):
            remedy = f"seconds, please: did you mean {float(milliseconds[1]) / 1000:g}?"
        elif seconds := re.fullmatch(r"(\d+\.?\d*)\s*s", value):
            remedy = f"without a unit, please: {seconds[1]}"
        elif knob.choices:
            remedy = nearest(value, knob.choices, otherwise=remedy)
    shown = spell(value) if value is None else repr(value)
    return SettingsError(f"{knob.name} is {shown}", where=where, remedy=remedy)


def _wanted(knob: Knob) -> str:
    wanted = {
        "seconds": f"seconds, {knob.low:g} to {knob.high:g}",
        "boundary": f"seconds, {knob.low:g} to {knob.high:g}, or a pair of them",
        "words": f"a whole number, {knob.low:g} to {knob.high:g}",
        "probability": f"a number from {knob.low:g} to {knob.high:g}",
        "switch": "true or false",
        "choice": "one of " + ", ".join(knob.choices),
    }[knob.kind]
    return f"{wanted}, or {OFF}" if knob.can_be_off else wanted


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False
