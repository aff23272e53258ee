"""The shipped entrypoints as a user runs them: copied files, in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from livekit_barge.call.folder import Call
from livekit_barge.room.server import LivekitServer
from livekit_barge.room.worker import agents_folder, running_worker
from tests.room.caller import Caller
from tests.room.lateness import measurably

AGENTS = Path(__file__).parents[2] / "agents"


class Rung(NamedTuple):
    """A call that was played."""

    call: Call
    late_s: float


@dataclass(frozen=True)
class Worker:
    """One that takes calls."""

    server: LivekitServer
    calls_dir: Path

    def ring(
        self,
        room: str,
        script: Callable[[Caller], Awaitable[None]],
        as_meant: Callable[[Call], bool],
    ) -> Call:
        """Have a caller play ``script`` in a new ``room``; the call's folder, once it is whole.

        Again, if it did not come out ``as_meant`` and this process was too late to tell.
        """

        async def call(name: str) -> float:
            async with Caller(self.server, name) as caller:
                await script(caller)
            return caller.late_s

        def play(number: int) -> Rung:
            late_s = asyncio.run(call(f"{room}-{number}"))
            return Rung(Call.open(agents_folder(self.calls_dir, f"{room}-{number}")), late_s)

        return measurably(play, lambda rung: as_meant(rung.call)).call


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
