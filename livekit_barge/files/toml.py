"""Reads a TOML file of the user's, or says in one line what keeps it from being read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.read_file import read_regular

# No settings are longer; a file that is was not meant.
_MOST_BYTES = 1_000_000


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says. Raises :class:`SettingsError`, naming it."""
    try:
        # Some editors put a byte order mark in front, which TOML knows nothing of.
        return tomllib.loads(read_regular(path, _MOST_BYTES).decode("utf-8-sig"))
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
