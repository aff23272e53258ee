"""Which recordings a command's paths name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG

from livekit_barge.errors import IntakeError
from livekit_barge.intake.header import looks_like_audio
from livekit_barge.intake.scoring import is_call

# A file of one of these names is meant as audio: if it is not, that is reported.
_SUFFIXES = frozenset(
    [
        ".wav",
        ".wave",
        ".w64",
        ".rf64",
        ".bwf",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".spx",
        ".mp3",
        ".mp2",
        ".mpga",
        ".m4a",
        ".m4b",
        ".mp4",
        ".mov",
        ".aac",
        ".adts",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".snd",
        ".caf",
        ".mka",
        ".mkv",
        ".webm",
        ".weba",
        ".3gp",
        ".amr",
        ".awb",
        ".wma",
        ".g722",
        ".g729",
        ".gsm",
        ".ulaw",
        ".alaw",
        ".ul",
        ".al",
        ".sln",
        ".sln16",
        ".pcm",
    ]
)
# What lies beside recordings and is none: notes, transcripts, tables, checksums, pictures, pages.
_BESIDE = frozenset(
    [
        ".json",
        ".jsonl",
        ".txt",
        ".md",
        ".csv",
        ".tsv",
        ".xml",
        ".yaml",
        ".yml",
        ".toml",
        ".log",
        ".html",
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".svg",
        ".srt",
        ".vtt",
        ".rttm",
        ".textgrid",
        ".lab",
        ".md5",
        ".sha1",
        ".sha256",
        ".py",
        ".sh",
        ".parquet",
        ".duckdb",
        ".db",
        ".lock",
    ]
)


def is_batch(path: Path) -> bool:
    """Whether it is a directory of recordings."""
    return os.path.isdir(path) and not is_call(path)


def call_folders(paths: Iterable[Path]) -> list[Path]:
    """The Call folders in the directories that are named; what is none of these stays as it is."""
    found: list[Path] = []
    for path in paths:
        # One that cannot be listed is no Call folder, and reading it says so.
        below = next(os.walk(path), ("", [], []))[1] if is_batch(path) else []
        found += sorted(filter(is_call, (path / name for name in below))) or [path]
    return found


def recordings(paths: Iterable[Path]) -> list[Path]:
    """The files and Call folders that are named, and those in the directories, each once.

    What cannot be looked into is among them: scoring it says why, and the rest goes on.
    Raises :class:`IntakeError` for a directory that holds none.
    """
    found: dict[str, Path] = {}
    for path in paths:
        inside = list(_walk(path)) if is_batch(path) else [path]
        if not inside:
            raise IntakeError("no recordings in it", where=path, remedy="check the path")
        for recording in inside:
            found.setdefault(os.path.realpath(recording), recording)
    return list(found.values())


def left_out(paths: Iterable[Path]) -> Counter[str]:
    """Count, by ending, the files in the directories that are neither read nor known as none."""
    counts: Counter[str] = Counter()
    for path in filter(is_batch, paths):
        for at, folders, files in os.walk(path):
            here = Path(at)
            folders[:] = [name for name in folders if not is_call(here / name)]
            for name in files:
                ending = Path(name).suffix.lower()
                if ending not in _BESIDE and not name.startswith("."):
                    counts[ending or "no ending"] += not _is_meant(here / name)
    return +counts


def _walk(directory: Path) -> Iterator[Path]:
    closed: list[Path] = []
    for at, folders, files in os.walk(
        directory, onerror=lambda error: closed.append(Path(error.filename))
    ):
        here = Path(at)
        folders.sort()
        for name in [name for name in folders if is_call(here / name)]:
            folders.remove(name)
            yield here / name
        for name in sorted(files):
            if _is_meant(here / name):
                yield here / name
    yield from closed


def _is_meant(path: Path) -> bool:
    named = path.suffix.lower() in _SUFFIXES
    try:
        return S_ISREG(path.stat().st_mode) and (named or looks_like_audio(path))
    except OSError:
        return named  # else nothing says that it was meant as audio
