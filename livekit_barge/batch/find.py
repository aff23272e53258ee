"""Which recordings a command's paths name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from livekit_barge.batch.results import CARD_FILE, REFUSED_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.intake.header import looks_like_audio
from livekit_barge.intake.scoring import is_call

# A file of one of these names is meant as audio: if it is not, that is reported.
_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".mp4", ".aac", ".aiff", ".au")


def is_batch(path: Path) -> bool:
    """Whether it is a directory of recordings."""
    return path.is_dir() and not is_call(path)


def call_folders(paths: Iterable[Path]) -> list[Path]:
    """The Call folders in the directories that are named; what is none of these stays as it is."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(filter(is_call, path.iterdir())) if is_batch(path) else []
        found += inside or [path]
    return found


def recordings(paths: Iterable[Path]) -> list[Path]:
    """The files and Call folders that are named, and those in the directories, each once.

    Raises :class:`IntakeError` for a directory that holds none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        inside = list(_walk(path)) if is_batch(path) else [path]
        if not inside:
            raise IntakeError("no recordings in it", where=path, remedy="check the path")
        for recording in inside:
            found.setdefault(recording.resolve(), recording)
    return list(found.values())


def _walk(directory: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(directory):
        here = Path(at)
        folders.sort()
        for name in [name for name in folders if is_call(here / name)]:
            folders.remove(name)
            yield here / name
        if CARD_FILE in files or REFUSED_FILE in files:
            continue  # the results of an earlier batch
        for name in sorted(files):
            path = here / name
            if path.is_file() and (path.suffix.lower() in _SUFFIXES or _sounds(path)):
                yield path


def _sounds(path: Path) -> bool:
    try:
        return looks_like_audio(path)
    except OSError:
        return False  # nothing says that it was meant as audio
