"""Reads a user's TOML file, or says in one line why it cannot be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.read_file import read_regular

# No settings are longer; a longer file is a mistake.
_MOST_BYTES = 300_000
# A dotted name. Settings have three parts at most, and tomllib's time for each grows with their
# number.
_TOO_MANY_PARTS = re.compile(r"""(?:\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*){30}""")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of the file. Raises :class:`SettingsError`, naming it."""
    try:
        # Some editors put a byte order mark in front, which TOML does not know.
        text = read_regular(path, _MOST_BYTES).decode("utf-8-sig")
        if _TOO_MANY_PARTS.search(text):
            raise SettingsError("a name has too many parts", where=path, remedy="fix the line")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            error.strerror or str(error), where=path, remedy="check the path"
        ) from error
    except ValueError as error:  # also bytes that are not text, and endless numbers
        raise SettingsError(f"not TOML ({error})", where=path, remedy="fix the line") from error
    except RecursionError as error:
        raise SettingsError(
            "not TOML (nested too deeply)", where=path, remedy="fix the line"
        ) from error
