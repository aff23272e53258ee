"""Finds the subjects of a report: Call folders, results of ``score``, sweeps."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livekit_barge.call.formats import CARD_FILE, REFUSED_FILE, SWEEP_FILE
from livekit_barge.errors import CallError
from livekit_barge.intake.scoring import is_call


@dataclass
class Found:
    """The subjects, in the order in which they were named or lie on disk."""

    calls: list[Path] = field(default_factory=list)
    """Call folders, and folders with a scorecard or a refusal."""
    sweeps: list[Path] = field(default_factory=list)
    """Files."""


def find(paths: Iterable[Path]) -> Found:
    """Find all subjects. Raises :class:`CallError` for a path that holds none."""
    found = Found()
    seen: set[Path] = set()
    for path in paths:
        inside = list(_walk(path)) if path.is_dir() else []
        if not inside:
            raise CallError("nothing to report", where=path, remedy=_remedy(path))
        for one in inside:
            if one.resolve() not in seen:
                seen.add(one.resolve())
                (found.sweeps if one.name == SWEEP_FILE else found.calls).append(one)
    return found


def _remedy(path: Path) -> str:
    if path.is_file():
        return "score its directory (livekit-barge score DIR), then report the results"
    return "point at Call folders, at a directory of them, or at the results of `score`"


def _walk(directory: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(directory):
        here = Path(at)
        if SWEEP_FILE in files:
            yield here / SWEEP_FILE
        if is_call(here) or CARD_FILE in files or REFUSED_FILE in files:
            folders.clear()
            yield here
        folders.sort()


def page_names(calls: Iterable[Path]) -> dict[Path, str]:
    """Return a unique name for each call's page, as close to its folder's as a URL allows."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for call in calls:
        plain = re.sub(r"[^A-Za-z0-9_.-]", "-", call.name)
        first = name = plain.strip("-.")[:80] or "call"
        number = 1
        while name.casefold() in taken:  # some file systems ignore case
            number += 1
            name = f"{first}-{number}"
        taken.add(name.casefold())
        names[call] = name
    return names
