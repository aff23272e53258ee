"""Runs an agent's worker on this machine, and waits for the folders it writes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep

from livekit_barge.call.folder import lock_folder
from livekit_barge.call.formats import META_FILE
from livekit_barge.clock import SystemClock
from livekit_barge.errors import RoomError
from livekit_barge.room.processes import child
from livekit_barge.room.server import tail

UP_WITHIN_S = 60.0
WHOLE_WITHIN_S = 20.0

_LOOK_S = 0.1


@contextlib.contextmanager
def running_worker(
    entrypoint: Path,
    arguments: Sequence[str] = (),
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Start the worker, and wait until it takes calls. Raises :class:`RoomError`."""
    command = [sys.executable, str(entrypoint), *arguments]
    env = os.environ if environment is None else environment
    with child(command, log=log, env=env) as process:
        clock = SystemClock()
        deadline_s = clock.now_s() + UP_WITHIN_S
        while "registered worker" not in log.read_text(errors="replace"):
            if process.poll() is not None or clock.now_s() > deadline_s:
                raise RoomError(f"{entrypoint.name} did not start:\n{tail(log)}", where=log)
            sleep(_LOOK_S)
        yield


def agents_folder(calls_dir: Path, room: str) -> Path:
    """Wait until the folder of the call in ``room`` is complete. Raises :class:`RoomError`."""
    clock = SystemClock()
    deadline_s = clock.now_s() + WHOLE_WITHIN_S
    while clock.now_s() < deadline_s:
        for file in calls_dir.glob(f"*/{META_FILE}"):
            meta = json.loads(file.read_text(encoding="utf-8"))
            if (meta["room"], meta["capture_point"]) != (room, "agent") or not meta["duration_s"]:
                continue
            with lock_folder(file.parent) as nobody_writes:  # as its recorder does to the last
                if nobody_writes:
                    return file.parent
        sleep(_LOOK_S)
    raise RoomError(
        f"no whole call from {room} after {WHOLE_WITHIN_S:g} s",
        where=calls_dir,
        remedy="does its agent run BargeSession?",
    )
