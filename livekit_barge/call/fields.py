"""Frozen values and the JSON objects that stand for them in a Call folder."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
# Further control characters, and those that turn the direction of writing: JSON leaves them be.
_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def to_json(value: Any, **extra: Any) -> dict[str, Any]:
    """A frozen value's fields, as they are; what JSON lacks is left to :func:`plain`."""
    return extra | {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def plain(value: object) -> object:
    """For ``json.dumps(default=…)``: any mapping is an object, what else JSON lacks is its text."""
    return dict(value) if isinstance(value, Mapping) else str(value)


def encode(text: str) -> bytes:
    """JSON text in UTF-8. Half a surrogate pair, which UTF-8 lacks, is written as JSON's escape."""
    return text.encode("utf-8", "backslashreplace")


def line(document: Mapping[str, Any]) -> str:
    """The JSON on one line, for strict readers.

    They refuse half a surrogate pair, as a file's name may hold, even as JSON's escape: it stands
    as the text of that escape. What may steer a terminal is written as JSON's escape.
    """
    text = json.dumps(document, ensure_ascii=False)
    text = _STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
    return _HALF_A_PAIR.sub(lambda half: f"\\\\u{ord(half[0]):x}", text)


def parse(text: str | bytes) -> Any:
    """Parse JSON text. Raises ``ValueError``, also if it is nested too deep to be ours."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def fault(kind: type, fields: Mapping[str, Any]) -> str | None:
    """Describe what makes ``kind(**fields)`` wrong: fields missing, unknown or mistyped."""
    known = {field.name: field for field in dataclasses.fields(kind)}
    missing = [
        name
        for name, field in known.items()
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
        and name not in fields
    ]
    if missing:
        return f"lacks {', '.join(missing)}"
    hints = _hints(kind)
    wrong = [name for name in fields if name not in known]
    wrong += [
        name for name, value in fields.items() if name in known and not _is_a(value, hints[name])
    ]
    return f"bad {', '.join(wrong)}" if wrong else None


def _is_a(value: object, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (types.UnionType, typing.Union):  # the second with a Literal in it
        return any(_is_a(value, option) for option in args)
    if origin is Literal:
        return value in args
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and _is_finite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and _is_finite(value)
    if typing.is_typeddict(hint):
        return isinstance(value, Mapping) and all(
            name in value and _is_a(value[name], kind) for name, kind in _hints(hint).items()
        )
    if origin is Mapping:
        return isinstance(value, Mapping) and all(_is_a(each, args[1]) for each in value.values())
    if origin in (tuple, Sequence):
        kind = tuple if origin is tuple else (list, tuple)
        return isinstance(value, kind) and all(_is_a(each, args[0]) for each in value)
    return isinstance(value, hint)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
