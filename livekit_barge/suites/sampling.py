"""Draws the values that a suite's pattern leaves to chance: from a list, a pool, a range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from livekit_barge.errors import ScriptError
from livekit_barge.files.did_you_mean import nearest

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})")
SEEDS = 2**31
"""Seeds are below this."""
_DEEPEST = 50  # values within values; a pool that draws from itself never ends
# Words, and a file's name: "9 to 5" is no range in them.
_AS_WRITTEN = ("agent", "protected", "say", "text", "wav", "summary")


def names_a_pool(value: str) -> bool:
    """Tell if a word names a pool: ``$name`` does; ``$5`` is a price."""
    return value.startswith("$") and value[1:2].isalpha()


def clips(content: Mapping[str, Any], pools: Mapping[str, tuple[Any, ...]]) -> Iterator[str]:
    """Yield every file that a pattern may draw for a line's ``wav``."""
    seen = set()  # what is named twice holds the same, and may hold itself

    def found(key: str, value: Any) -> Iterator[str]:
        if isinstance(value, str) and names_a_pool(value):
            value = pools.get(value[1:], ())
        if isinstance(value, str):
            if key == "wav":
                yield value
        elif isinstance(value, dict | list | tuple) and (key, id(value)) not in seen:
            seen.add((key, id(value)))
            each = value.items() if isinstance(value, dict) else ((key, v) for v in value)
            for name, inner in each:
                yield from found(name, inner)

    return found("", content)


class Drawing:
    """Draws one call by its seed. No value of a pool comes twice while there are others.

    Raises :class:`ScriptError`, naming ``where``, for what cannot be drawn.
    """

    def __init__(self, seed: int, pools: Mapping[str, tuple[Any, ...]], *, where: str) -> None:
        self._rng = np.random.default_rng(seed)
        self._pools = pools
        self._where = where
        self._used: dict[str, set[int]] = {}

    def script(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Draw a script file's content from a pattern's."""
        drawn = {}
        for key, value in content.items():
            # What is said, and by whom in which order, is a list; any other is a choice.
            several = key in ("agent", "caller") and isinstance(value, list)
            drawn[key] = (
                [self._value(v, key) for v in value] if several else self._value(value, key)
            )
        caller = drawn.get("caller")
        for line in caller if isinstance(caller, list) else ():
            if isinstance(line, dict) and "sound" in line and "seed" not in line:
                line["seed"] = int(self._rng.integers(0, SEEDS))
        if isinstance(around := drawn.get("conditions"), dict):
            around.setdefault("seed", int(self._rng.integers(0, SEEDS)))
        return drawn

    def _value(self, value: Any, key: str, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            raise ScriptError(
                f"{str(value)[:40]!r} never comes to an end",
                where=self._where,
                remedy="draw from no pool that draws from itself",
            )
        depth += 1
        if isinstance(value, dict):
            return {name: self._value(each, name, depth) for name, each in value.items()}
        if isinstance(value, list):
            chosen = value[int(self._rng.integers(0, len(value)))] if value else None
            return value if not value else self._value(chosen, key, depth)
        if not isinstance(value, str):
            return value
        if names_a_pool(value):
            return self._value(self._from_pool(value[1:]), key, depth)
        if key in _AS_WRITTEN:
            return value
        if match := _RANGE.fullmatch(value):
            return self._between(match)
        return _RANGE.sub(lambda match: f"{self._between(match):g}", value)

    def _between(self, match: re.Match[str]) -> float:
        low, high = float(match[1]), float(match[2])
        if high < low:
            raise ScriptError(
                f"{match[0]!r} goes down",
                where=self._where,
                remedy=f"did you mean {match[2]} to {match[1]}?",
            )
        return round(float(self._rng.uniform(low, high)), 2)

    def _from_pool(self, name: str) -> Any:
        if name not in self._pools:
            raise ScriptError(
                f"there is no pool {name}",
                where=self._where,
                remedy=nearest(name, sorted(self._pools)),
            )
        values = self._pools[name]
        used = self._used.setdefault(name, set())
        if len(used) == len(values):
            used.clear()
        left = [number for number in range(len(values)) if number not in used]
        chosen = left[int(self._rng.integers(0, len(left)))]
        used.add(chosen)
        return values[chosen]
