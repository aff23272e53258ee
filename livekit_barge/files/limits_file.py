"""Reads limits: those of ``configs/limits.toml``, with a file's own values in place of some.

The shipped file defines which tables and keys there are. The end of a key's name says what its
value is: seconds (``_s``), a level (``_dbfs``), or else a share from 0 to 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.toml import read_toml

LIMITS_FILE = "limits.toml"

# A minute: no limit on a conversation's seconds is meant to be longer.
_LONGEST_S = 60.0
# The same number in milliseconds; a number above it is not a time in either unit.
_LONGEST_MS = _LONGEST_S * 1000


def read_limits(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the shipped tables of limits, with the values of ``path`` in place of theirs.

    Raises :class:`SettingsError`, naming the file and the key.
    """
    shipped = read_toml(configs_dir() / LIMITS_FILE)
    for name, table in ({} if path is None else read_toml(path)).items():
        if name not in shipped:
            raise SettingsError(
                f"no table is called {name}", where=path, remedy=_right_place(name, shipped)
            )
        if not isinstance(table, dict):
            raise SettingsError(f"{name} is not a table", where=path, remedy=f"write [{name}]")
        for key, value in table.items():
            if key not in shipped[name]:
                raise SettingsError(
                    f"no limit in [{name}] is called {key}",
                    where=path,
                    remedy=nearest(key, shipped[name]),
                )
            _check(key, value, shipped[name][key], path)
        shipped[name] |= table
    return shipped


def _right_place(name: str, shipped: dict[str, dict[str, Any]]) -> str:
    """Return the remedy for a name that is no table: it may be a limit outside its table."""
    for table, limits in shipped.items():
        if name in limits:
            return f"write it under [{table}]"
    return nearest(name, [*shipped, *(key for limits in shipped.values() for key in limits)])


def _check(key: str, value: object, shipped: object, where: Path | None) -> None:
    if isinstance(shipped, list):
        if not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
            raise SettingsError(
                f"{key} is not a list of words", where=where, remedy='write ["mm-hm", "yeah"]'
            )
        return
    low, high, example = _range(key)
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is not None and low <= number <= high:
        return
    if number is not None and key.endswith("_s") and high < number <= _LONGEST_MS:
        raise SettingsError(
            f"{key} is {number:g}, over {high:g} s",
            where=where,
            remedy=f"did you mean {number / 1000:g}?",
        )
    raise SettingsError(f"{key} is {value!r}", where=where, remedy=f"give {example}")


def _range(key: str) -> tuple[float, float, str]:
    if key.endswith("_dbfs"):
        return -100.0, 0.0, "dBFS between -100 and 0, such as -65"
    if key.endswith("_s"):
        return 0.0, _LONGEST_S, "seconds, such as 0.2"
    return 0.0, 1.0, "a share, such as 0.9"
