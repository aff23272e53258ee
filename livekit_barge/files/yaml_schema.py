"""Reads mappings from YAML files: only known keys, each checked, errors with their line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from livekit_barge.errors import ScriptError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.read_file import read_regular

# Our largest suite is a tenth of it; a longer file is a mistake.
_MOST_BYTES = 300_000
# The longest script with its aliases expanded.
_MOST_WRITTEN_OUT = 3_000_000
# No number, date or truth value is longer; converting a long text takes long.
_LONGEST_NUMBER = 300

Check = Callable[[Any], Any]
"""Converts a key's value to the field's; a ``ValueError`` says what it should be."""


@dataclass(frozen=True)
class Keys:
    """The keys of a mapping, and those that are required."""

    checks: Mapping[str, Check]
    required: Sequence[str] = field(default_factory=tuple)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises :class:`ScriptError`."""
    try:
        import yaml  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise ScriptError(
            "scripts need PyYAML", remedy="install livekit-barge with the extra bench"
        ) from error
    try:
        loader = _strict_loader()(read_regular(path, _MOST_BYTES).decode("utf-8"))
        loader.name = str(path)
        node = loader.get_single_node()
        if _written_out(node, {}) > _MOST_WRITTEN_OUT:
            raise ScriptError(
                "its aliases (*name) expand to too much text",
                where=path,
                remedy="write the values out",
            )
        return None if node is None else loader.construct_document(node)
    except OSError as error:
        raise ScriptError(
            error.strerror or str(error), where=path, remedy="check the path"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ScriptError(f"not YAML ({reason})", where=path, remedy="fix it") from error
    except RecursionError as error:
        raise ScriptError("nested too deeply", where=path, remedy="fix it") from error


def _written_out(node: Any, known: dict[int, float]) -> float:
    """Count the characters of a node with its aliases expanded.

    A node that contains itself has infinitely many. ``known``: the nodes counted so far.
    """
    if node is None or isinstance(node.value, str):
        return 1 + len(node.value if node else "")
    if id(node) not in known:
        known[id(node)] = math.inf  # in case it contains itself
        inner = (part for item in node.value for part in (item if type(item) is tuple else (item,)))
        known[id(node)] = 1 + sum(_written_out(part, known) for part in inner)
    return known[id(node)]


@cache
def _strict_loader() -> Any:
    """Return PyYAML's safe loader, made strict: it would take the last of two equal keys."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def compose_mapping_node(self, anchor: Any) -> Any:
            node = super().compose_mapping_node(anchor)
            given = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in given:
                    raise self._fault(key, f"{key.value} is given twice", "keep one of them")
                given.add(key.value if isinstance(key, yaml.ScalarNode) else key)
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            is_text = not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":str")
            if not is_text and len(node.value) > _LONGEST_NUMBER:
                raise self._fault(node, "a value is too long", "put text in quotes")
            try:
                value = super().construct_object(node, deep)
                if isinstance(value, int):
                    str(value)  # Python refuses to print numbers of more than 4300 digits
            except (ValueError, LookupError, AttributeError) as error:
                what = f"{str(node.value)[:20]!r} cannot be read as {node.tag.split(':')[-1]}"
                remedy = "fix it, or put it in quotes"
                raise self._fault(node, what, remedy) from error
            return value

        def _fault(self, node: Any, what: str, remedy: str) -> ScriptError:
            line = node.start_mark.line + 1
            return ScriptError(what, where=f"{self.name}:{line}", remedy=remedy)

    return Loader


def read_keys(content: Any, keys: Keys, *, where: object) -> dict[str, Any]:
    """Return the mapping's values, checked. Raises :class:`ScriptError`, naming the key."""
    if not isinstance(content, dict):
        raise ScriptError(
            "empty" if content is None else f"{content!r} is not a mapping of keys",
            where=where,
            remedy=f"give {', '.join(keys.required or keys.checks)}",
        )
    for key in keys.required:
        if key not in content:
            raise ScriptError(f"no {key}", where=where, remedy=f"give {key}")
    values = {}
    for key, value in content.items():
        if key not in keys.checks:
            raise ScriptError(
                f"no key is called {key}", where=where, remedy=nearest(str(key), keys.checks)
            )
        try:
            values[key] = keys.checks[key](value)
        except ValueError as error:
            raise ScriptError(f"{key} is {value!r}", where=where, remedy=str(error)) from error
    return values


def words(value: Any) -> str:
    """Return a text that has words in it."""
    if isinstance(value, bool | int | float | date):  # YAML's reading of No, 24 and 2026-01-01
        raise ValueError("put it in quotes")
    if not isinstance(value, str) or not re.search(r"\w", value):
        raise ValueError("write words")
    return " ".join(value.split())


def one_of(names: Sequence[str], value: Any) -> str:
    """Return one of these names; ``partial`` makes it a check."""
    if value not in names:
        raise ValueError(nearest(str(value), names))
    return str(value)


def number(low: float, high: float, example: str, value: Any) -> float:
    """Return a number from ``low`` to ``high``; ``partial`` makes it a check."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"give {example}")
    return float(value)


def whole(value: Any) -> int:
    """Return a whole number of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("give a whole number, 0 or more")
    return value
