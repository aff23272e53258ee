"""Worker processes of which any may die: what it was at is done again, once.

The standard library's pool breaks as a whole when one of its processes is killed, and does not say
which job that one had. Here the parent hands out one job at a time and knows.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

Job = TypeVar("Job", bound=Hashable)
Made = TypeVar("Made")

# A job whose worker died may have been unlucky; one whose second worker dies kills them.
_ATTEMPTS = 2
# Not fork: the parent may have threads, such as a progress bar's.
_CONTEXT = multiprocessing.get_context("spawn")


class WorkerDied(Exception):
    """A job's worker died over it, and so did the next."""


@dataclass
class _Worker(Generic[Job]):
    process: SpawnProcess
    connection: Connection
    job: Job


def run_jobs(
    jobs: Iterable[Job], work: Callable[[Job], Made], workers: int
) -> Iterator[tuple[Job, Made | WorkerDied]]:
    """Each job with what ``work`` made of it, as they end; ``work`` must be picklable."""
    waiting = deque(jobs)
    attempts: dict[Job, int] = {}
    busy: dict[Connection, _Worker[Job]] = {}
    try:
        while waiting and len(busy) < workers:
            _start(busy, waiting.popleft(), work)
        while busy:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                worker = busy[connection]
                try:
                    made = connection.recv()
                except (EOFError, ConnectionError):
                    del busy[connection]
                    worker.process.join()
                    attempts[worker.job] = attempts.get(worker.job, 0) + 1
                    if attempts[worker.job] < _ATTEMPTS:
                        waiting.appendleft(worker.job)
                    else:
                        yield worker.job, WorkerDied()
                    if waiting:
                        _start(busy, waiting.popleft(), work)
                    continue
                job = worker.job
                if waiting:
                    worker.job = waiting.popleft()
                    _hand(connection, worker.job)
                else:
                    del busy[connection]
                    connection.close()
                    worker.process.join()
                yield job, made
    finally:
        for worker in busy.values():
            worker.process.terminate()


def _start(busy: dict[Connection, _Worker[Job]], job: Job, work: Callable[[Job], Made]) -> None:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()  # so that only the worker holds it, and its death is seen
    busy[ours] = _Worker(process, ours, job)
    _hand(ours, job)


def _hand(connection: Connection, job: Job) -> None:
    # It may have died while idle: receiving says so, and the job is handed to another.
    with suppress(ConnectionError):
        connection.send(job)


def _serve(connection: Connection, work: Callable[[Job], Made]) -> None:
    try:
        while True:
            connection.send(work(connection.recv()))
    except (EOFError, KeyboardInterrupt):
        return  # no more jobs; or Ctrl-C, which the parent got as well
