"""The shipped entrypoints as a user runs them: copied files, in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livekit_barge.bench.room.processes import child
from livekit_barge.bench.room.server import LivekitServer, tail
from livekit_barge.call.folder import Call
from tests.room.caller import Caller

AGENTS = Path(__file__).parents[2] / "agents"
UP_WITHIN_S = 60.0
WHOLE_WITHIN_S = 20.0


@dataclass(frozen=True)
class Worker:
    """One that takes calls."""

    server: LivekitServer
    calls_dir: Path
    log: Path

    def ring(self, room: str, script: Callable[[Caller], Awaitable[None]]) -> Call:
        """Have a caller play ``script`` in a new ``room``; the call's folder, once it is whole."""

        async def call() -> None:
            async with Caller(self.server, room) as caller:
                await script(caller)

        asyncio.run(call())
        deadline_s = time.monotonic() + WHOLE_WITHIN_S
        while time.monotonic() < deadline_s:
            for meta in self.calls_dir.glob("*/call.json"):
                text = meta.read_text()
                if f'"room": "{room}"' in text and '"duration_s": null' not in text:
                    return Call.open(meta.parent)
            time.sleep(0.1)
        raise AssertionError(f"no whole call from {room}; {self.log}:\n{tail(self.log)}")


@contextlib.contextmanager
def running_worker(
    server: LivekitServer,
    entrypoint: str,
    folder: Path,
    environment: Mapping[str, str],
    *arguments: str,
) -> Iterator[Worker]:
    """Copy ``agents/`` to ``folder``, start the entrypoint there and wait until it takes calls.

    Of this process's environment it gets nothing but what starts a program.
    """
    for source in AGENTS.glob("*.py"):
        shutil.copy(source, folder)
    worker = Worker(server, folder / "calls", folder / "worker.log")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"BARGE_CALLS_DIR": str(worker.calls_dir)} | environment
    command = [sys.executable, str(folder / entrypoint), "--dev", *arguments]
    with child(command, log=worker.log, env=kept) as process:
        deadline_s = time.monotonic() + UP_WITHIN_S
        while "registered worker" not in worker.log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError(f"{entrypoint}: {worker.log}:\n{tail(worker.log)}")
            time.sleep(0.1)
        yield worker
