"""Find and open the JSON that a vendor gives with a call, and hand it to that vendor's reader.

Each vendor recognizes its own JSON by its fields (:mod:`livekit_barge.intake.vendors`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from livekit_barge.errors import IntakeError
from livekit_barge.files.read_file import read_regular
from livekit_barge.intake.vendor_call import Fields, VendorCall
from livekit_barge.intake.vendors import VENDORS

# A transcript of half a day is shorter; a longer file is something else.
_MOST_BYTES = 64_000_000
# The first second that a datetime cannot hold.
_YEAR_10000_S = 253_402_300_800
# A file that `score --json` writes; it is still empty while the first recording is scored.
_OURS = re.compile(rb'\s*(\{\s*"schema"\s*:\s*"livekit-barge/|\Z)')
_REMEDY = "give the JSON of the vendor's API for this call"


def beside(audio: Path) -> Path | None:
    """Return the JSON file named like the audio, if there is one that we did not write."""
    for path in (audio.with_suffix(".json"), audio.with_name(f"{audio.name}.json")):
        if path != audio and os.path.isfile(path) and not _is_ours(path):
            return path
    return None


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _OURS.match(file.read(100)) is not None
    except OSError:
        return False  # reading it reports why


def read_call_json(path: Path) -> VendorCall:
    """Read a vendor's JSON. Raises :class:`IntakeError` if it is not a known vendor's call."""
    try:
        document = json.loads(read_regular(path, _MOST_BYTES))
    except OSError as error:
        raise IntakeError(
            f"cannot be read ({error.strerror})", where=path, remedy="check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise IntakeError("not JSON", where=path, remedy=_REMEDY) from error
    if not isinstance(document, dict):
        raise IntakeError("not a call's JSON", where=path, remedy=_REMEDY)
    # What a web hook posts has the call inside.
    inner: Fields = {}
    for wrapped in ("message", "call"):
        if isinstance(document.get(wrapped), dict):
            inner = document[wrapped]
    readers = [vendor.call_json for vendor in VENDORS if vendor.call_json is not None]
    for fields in (document, inner):
        for reader in readers:
            if reader.is_meant(fields):
                return _read(path, reader.read, fields)
    raise IntakeError("not the JSON of any vendor we know", where=path, remedy=_REMEDY)


def _read(path: Path, read: Callable[[Fields], VendorCall], fields: Fields) -> VendorCall:
    try:
        call = read(fields)
        if call.started_wall_s is not None and not 0 <= call.started_wall_s < _YEAR_10000_S:
            raise ValueError(f"{call.started_wall_s:g} s since 1970 cannot be a call's start")
        return call
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:80]
        raise IntakeError(
            f"the call's JSON is damaged ({reason})", where=path, remedy=_REMEDY
        ) from error
