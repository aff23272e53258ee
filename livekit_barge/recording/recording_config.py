"""The configuration of recording: what is kept of a call, and its folder's name and metadata."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from livekit_barge.call.meta import CallMeta
from livekit_barge.clock import CallClock
from livekit_barge.files import private
from livekit_barge.measure.limits import Limits
from livekit_barge.recording.call_writer import Reports
from livekit_barge.recording.recorder import Recorder, RecordingBackend
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
"""The packages whose versions are recorded with a call, if installed."""

# A folder's name has 255 bytes at most; a number may come behind it.
_LONGEST_NAME = 240


@dataclass(frozen=True, kw_only=True)
class RecordingConfig:
    """The choice of what to record of a call, and where to put it."""

    calls_dir: Path = Path("calls")
    call_id: str | None = None
    """The folder's name; ``None``: the time of the start, and six digits of chance. A further
    call of the same name gets a number; ``/``, which no name can hold, becomes ``_``."""
    audio: bool = True
    transcripts: bool = True
    retention_days: float | None = None
    """Older calls, in days, are removed when the next call starts; ``None``: never."""
    source: str = "livekit-agents"
    packages: tuple[str, ...] = PACKAGES
    preset: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits.load)
    recorder: type[Recorder] = Recorder
    keeper: Callable[[Path, CallMeta, Limits, Reports], RecordingBackend] = open_keeper
    """Recorder and keeper may be others where time is virtual."""
    folder: bool = True
    """Off where the keeper writes nothing."""

    def new_call_dir(self, started_wall_s: float) -> Path:
        """Return the folder of a call that starts now, made unless ``folder`` is off."""
        started = datetime.fromtimestamp(started_wall_s, UTC)
        name = self.call_id or f"{started:%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(3)}"
        return make_call_dir(self.calls_dir, name) if self.folder else self.calls_dir / name

    def meta(
        self, call_id: str, clock: CallClock, *, room: str | None, notes: tuple[str, ...] = ()
    ) -> CallMeta:
        """Return what is known of a call at its start."""
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

    def open(self, path: Path, meta: CallMeta, reports: Reports) -> RecordingBackend:
        """Begin the folder, in the recorder's thread, and remove those that are too old."""
        if self.retention_days is not None:
            now_s = meta.started_wall_s
            remove_old_calls(path.parent, started_before_s=now_s - 86_400 * self.retention_days)
        return self.keeper(path, meta, self.limits, reports)


def make_call_dir(calls_dir: Path, name: str) -> Path:
    """Make a new folder for a call of that name, numbered if the name is taken.

    Making it is what takes the name, so two processes never get the same one. Where the disk
    refuses, the path is returned all the same: whoever writes there next reports it.
    """
    name = _fitting(re.sub(r"[/\0]|^\.\.?$", "_", name))
    path = calls_dir / name
    for number in itertools.count(2):
        try:
            private.make_folder(path, exist_ok=False)
        except FileExistsError:
            path = calls_dir / f"{name}-{number}"
        except OSError:
            break
        else:
            break
    return path


def _fitting(name: str) -> str:
    """Cut the name to what a folder can have: 255 bytes, with room for a number."""
    data = name.encode("utf-8", "replace")
    return data[:_LONGEST_NAME].decode("utf-8", "ignore")


@cache
def _versions(packages: tuple[str, ...]) -> Mapping[str, str]:
    """Read the versions once per process: the search would block the loop at every call."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
