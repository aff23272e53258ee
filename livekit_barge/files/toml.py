"""Reads a TOML file of the user's, or says in one line what keeps it from being read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.read_file import read_regular

# No settings are longer; a file that is was not meant.
_MOST_BYTES = 300_000
# A name within a name within a name: settings have three at most, and tomllib takes the longer for
# each the more there are.
_TOO_MANY_PARTS = re.compile(r"""(?:\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*){30}""")


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says. Raises :class:`SettingsError`, naming it."""
    try:
        # Some editors put a byte order mark in front, which TOML knows nothing of.
        text = read_regular(path, _MOST_BYTES).decode("utf-8-sig")
        if _TOO_MANY_PARTS.search(text):
            raise SettingsError("a name of too many parts", where=path, remedy="mend the line")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            error.strerror or str(error), where=path, remedy="check the path"
        ) from error
    except ValueError as error:  # also of bytes that are no text, and of numbers without end
        raise SettingsError(f"not TOML ({error})", where=path, remedy="mend the line") from error
    except RecursionError as error:
        raise SettingsError(
            "not TOML (nested too deep)", where=path, remedy="mend the line"
        ) from error
