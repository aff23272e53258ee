"""The axes of a sweep: a preset's knobs, and the stage's settings of transport and providers.

::

    min_interruption_duration=0.1:0.6:0.1      from, to (included), step
    min_interruption_words=0,1,2               these
    tts_chunk_s=0.1,1                          of the stand-ins' timing
    queue_s=0.2,1                              of the line: what the output holds
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, check_value, spell
from livekit_barge.stage.models import Timing
from livekit_barge.suites.case import Case

# Of the stage. What is a knob as well (the input frame) is varied as the knob.
_LINE = ("queue_s", "pause_delay_s", "clear_delay_s")
_MODELS = tuple(field.name for field in dataclasses.fields(Timing))
NAMES = (*BY_NAME, *_LINE, *_MODELS)

# More than this of one axis, or of a grid, is a slip of the keyboard.
_MOST_VALUES = 100
MOST_SETTINGS = 10_000

_REMEDY = "such as min_interruption_duration=0.1:0.6:0.1 or min_interruption_words=0,1,2"


@dataclass(frozen=True)
class Axis:
    """One thing to vary, and the values it takes."""

    name: str
    values: tuple[Any, ...]

    @classmethod
    def parse(cls, text: str) -> Axis:
        """Read an axis from ``name=from:to:step`` or ``name=value,value``.

        Raises :class:`SettingsError`, naming ``--vary``.
        """
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not values.strip():
            raise SettingsError(f"{text!r} has no values", where="--vary", remedy=_REMEDY)
        if name not in NAMES:
            raise SettingsError(
                f"{name} cannot be varied", where="--vary", remedy=nearest(name, NAMES)
            )
        found = [_checked(name, value) for value in _listed(values, text)]
        return cls(name, tuple(dict.fromkeys(found)))


@dataclass(frozen=True)
class Setting:
    """Changes to a base: by axis, in the order in which they were given."""

    changes: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The setting as a person reads it; ``base`` without changes."""
        spelled = (f"{name}={spell(value)}" for name, value in self.changes)
        return " ".join(spelled) or "base"

    @property
    def knobs(self) -> dict[str, Any]:
        """The changes to a preset's knobs."""
        return {name: value for name, value in self.changes if name in BY_NAME}

    def to_json(self) -> dict[str, Any]:
        return {name: spell(value) for name, value in self.changes}

    def of(self, case: Case) -> Case:
        """Return the same call under this setting."""
        changes = dict(self.changes)
        line = {name: changes[name] for name in _LINE if name in changes}
        models = {name: changes[name] for name in _MODELS if name in changes}
        return dataclasses.replace(
            case,
            case_id=f"{case.case_id} {self.name}",
            knobs={**case.knobs, **self.knobs},
            conditions=dataclasses.replace(case.conditions, **line),
            timing=dataclasses.replace(case.timing, **models),
        )


BASE = Setting()


def one_at_a_time(axes: Sequence[Axis]) -> list[Setting]:
    """Return the base, then each value of each axis alone."""
    alone = (Setting(((axis.name, value),)) for axis in axes for value in axis.values)
    return [BASE, *alone]


def grid(axes: Sequence[Axis]) -> list[Setting]:
    """Return the base, then every combination. Raises :class:`SettingsError` for too many."""
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MOST_SETTINGS:
        raise SettingsError(
            f"{count} combinations, over {MOST_SETTINGS}",
            where="--grid",
            remedy="vary less, or leave out --grid",
        )
    combined = itertools.product(*(axis.values for axis in axes))
    return [BASE, *(Setting(tuple(zip(_names(axes), values, strict=True))) for values in combined)]


def crossed(cases: Iterable[Case], settings: Sequence[Setting]) -> list[Case]:
    """Return every case under every setting, a call's settings together: they share its audio."""
    return [setting.of(case) for case in cases for setting in settings]


def check_axes(axes: Sequence[Axis]) -> None:
    """Refuse an empty list of axes, or an axis given twice. Raises :class:`SettingsError`."""
    if not axes:
        raise SettingsError("nothing to vary", where="--vary", remedy=_REMEDY)
    names = _names(axes)
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"{name} is given twice", where="--vary", remedy="list all its values in one --vary"
            )


def _names(axes: Sequence[Axis]) -> list[str]:
    return [axis.name for axis in axes]


def _listed(values: str, text: str) -> list[str]:
    parts = values.split(":")
    if len(parts) == 1:
        return [value.strip() for value in values.split(",")]
    try:
        low, high, step = map(float, parts)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not a range", where="--vary", remedy=_REMEDY) from error
    steps = (high - low) / step if step > 0 else -1.0
    if not 0 <= steps < _MOST_VALUES:
        raise SettingsError(
            f"{text!r} is not a range of up to {_MOST_VALUES} values",
            where="--vary",
            remedy="give from:to:step, from the lowest up",
        )
    # A little more than whole, so that 0.1:0.6:0.1 ends with 0.6.
    return [f"{low + step * number:.6g}" for number in range(int(steps + 1e-6) + 1)]


def _checked(name: str, text: str) -> Any:
    if name in BY_NAME:
        return check_value(BY_NAME[name], text, where="--vary")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    lowest = 0.01 if name in ("tts_chunk_s", "tts_speed", "queue_s") else 0.0
    if not lowest <= value <= 60.0:
        raise SettingsError(
            f"{name} is {text}", where="--vary", remedy=f"give a number from {lowest:g} to 60"
        )
    return value
