"""The shipped entrypoint as a user runs it: a copy of the file, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.room.livekit_server import tail
from tests.room.processes import child

AGENTS = Path(__file__).parents[2] / "agents"
UP_WITHIN_S = 60.0


@contextlib.contextmanager
def running_worker(entrypoint: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Copy ``agents/ENTRYPOINT`` to ``folder``, start it, wait until it takes calls; its log.

    Of this process's environment it gets nothing but what starts a program.
    """
    script, log = folder / entrypoint, folder / "worker.log"
    shutil.copy(AGENTS / entrypoint, script)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, str(script), "--dev"]
    with child(command, log=log, env=kept | dict(environment)) as process:
        deadline_s = time.monotonic() + UP_WITHIN_S
        while "registered worker" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError(f"{entrypoint} does not take calls; {log}:\n{tail(log)}")
            time.sleep(0.1)
        yield log
