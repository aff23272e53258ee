"""The shipped entrypoints as a user runs them: copied files, in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livekit_barge.bench.room.server import LivekitServer
from livekit_barge.bench.room.worker import agents_folder, running_worker
from livekit_barge.call.folder import Call
from tests.room.caller import Caller

AGENTS = Path(__file__).parents[2] / "agents"


@dataclass(frozen=True)
class Worker:
    """One that takes calls."""

    server: LivekitServer
    calls_dir: Path

    def ring(self, room: str, script: Callable[[Caller], Awaitable[None]]) -> Call:
        """Have a caller play ``script`` in a new ``room``; the call's folder, once it is whole."""

        async def call() -> None:
            async with Caller(self.server, room) as caller:
                await script(caller)

        asyncio.run(call())
        return Call.open(agents_folder(self.calls_dir, room))


@contextlib.contextmanager
def copied_worker(
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
    worker = Worker(server, folder / "calls")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"BARGE_CALLS_DIR": str(worker.calls_dir)} | environment
    arguments = ("--dev", *arguments)
    log = folder / "worker.log"
    with running_worker(folder / entrypoint, arguments, log=log, environment=kept):
        yield worker
