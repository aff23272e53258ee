"""What is kept of a session's calls, and where: folders get their names and descriptions here."""

from __future__ import annotations

import itertools
import os
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from livekit_barge.call.meta import CallMeta
from livekit_barge.clock import CallClock
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.recording.call_writer import Reports
from livekit_barge.recording.recorder import Keeper, Recorder
from livekit_barge.recording.recording_backends import open_keeper
from livekit_barge.recording.retention import remove_old_calls

PACKAGES = (
    "livekit-barge",
    "livekit-agents",
    "livekit",
    "livekit-plugins-silero",
    "livekit-plugins-deepgram",
    "livekit-plugins-cartesia",
)
"""Whose versions are kept with a call, where they are installed."""

# This process's folders that have a name and are about to be made, in their recorders' threads.
_TAKEN: set[Path] = set()
_TAKING = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What is kept of a call, and where."""

    calls_dir: Path = Path("calls")
    call_id: str | None = None
    """The folder's name; ``None``: the time of the start, and six digits of chance. A further
    call of the same name gets a number; ``/``, which no name can hold, becomes ``_``."""
    audio: bool = True
    transcripts: bool = True
    retention_days: float | None = None
    """Calls that started longer ago are removed when the next one starts; ``None``: never."""
    source: str = "livekit-agents"
    packages: tuple[str, ...] = PACKAGES
    preset: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds.load)
    recorder: type[Recorder] = Recorder
    keeper: Callable[[Path, CallMeta, Thresholds, Reports], Keeper] = open_keeper
    """Recorder and keeper may be others where time is virtual."""

    def new_call_dir(self, started_wall_s: float) -> Path:
        """A folder that nobody has, for a call that starts now; it is not made yet."""
        started = datetime.fromtimestamp(started_wall_s, UTC)
        name = self.call_id or f"{started:%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(3)}"
        return free_call_dir(self.calls_dir, name)

    def meta(
        self, call_id: str, clock: CallClock, *, room: str | None, notes: tuple[str, ...] = ()
    ) -> CallMeta:
        """What is known of a call at its start."""
        return CallMeta(
            call_id=call_id,
            source=self.source,
            capture_point="agent",
            started_wall_s=clock.started_wall_s,
            started_now_s=clock.started_now_s,
            preset=self.preset,
            asked=self.asked,
            versions=_versions(self.packages),
            room=room,
            audio_recorded=self.audio,
            notes=notes,
        )

    def open(self, path: Path, meta: CallMeta, reports: Reports) -> Keeper:
        """Make the folder, in the recorder's thread; and remove those that are too old."""
        if self.retention_days is not None:
            now_s = meta.started_wall_s
            remove_old_calls(path.parent, started_before_s=now_s - 86_400 * self.retention_days)
        try:
            return self.keeper(path, meta, self.thresholds, reports)
        finally:
            call_dir_made(path)


def free_call_dir(calls_dir: Path, name: str) -> Path:
    """A folder that nobody has, for a call of that name. It is held until ``call_dir_made``."""
    name = re.sub(r"[/\0]|^\.\.?$", "_", name)
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    paths = (calls_dir / name for name in names)
    with _TAKING:
        path = next(p for p in paths if p not in _TAKEN and not os.path.exists(p))
        _TAKEN.add(path)
    return path


def call_dir_made(path: Path) -> None:
    """The folder is there, or never will be: that it exists says whether its name is free."""
    _TAKEN.discard(path)


@cache
def _versions(packages: tuple[str, ...]) -> Mapping[str, str]:
    """Read once a process: the search would hold the event loop for milliseconds at every call."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
