"""Finds the recordings that a command's paths name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG

from livekit_barge.errors import IntakeError
from livekit_barge.intake.header import looks_like_audio
from livekit_barge.intake.scoring import is_call

# A file with one of these endings is meant to be audio: if it is not, that is reported.
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
# Files that lie beside recordings: notes, transcripts, tables, checksums, pictures, pages.
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
    """Return whether the path is a directory of recordings."""
    return os.path.isdir(path) and not is_call(path)


def call_folders(paths: Iterable[Path]) -> list[Path]:
    """Return the Call folders in the directories of ``paths``, and every other path as it is."""
    found: list[Path] = []
    for path in paths:
        # A directory that cannot be listed is kept: reading it reports why.
        below = next(os.walk(path), ("", [], []))[1] if is_batch(path) else []
        found += sorted(filter(is_call, (path / name for name in below))) or [path]
    return found


def recordings(paths: Iterable[Path]) -> list[Path]:
    """Return the files and Call folders of ``paths`` and those in its directories, each once.

    A directory that cannot be listed is among them: scoring it reports why, and the rest is scored.
    Raises :class:`IntakeError` for a directory that holds no recording.
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
    """Count, by ending, the files in the directories that are neither read nor known companions."""
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
        return named  # otherwise nothing suggests that it is audio
