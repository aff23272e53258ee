"""A pool of worker processes that may die or hang: the job of a dead one is retried once.

The standard library's pool breaks as a whole when one of its processes is killed, and does not say
which job that one had. Here the parent hands out one job at a time and knows.
"""

from __future__ import annotations

import math
import multiprocessing
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

from livekit_barge.clock import SystemClock

Job = TypeVar("Job", bound=Hashable)
Made = TypeVar("Made")

_WAIT_MOST_S = 60.0
# A job whose worker died may have been unlucky; one whose second worker dies kills them.
_ATTEMPTS = 2
# Not fork: the parent may have threads, such as a progress bar's.
_CONTEXT = multiprocessing.get_context("spawn")


class WorkerDied(Exception):
    """A job's worker died over it, and so did the next, or as many as a cluster allows."""


class TookTooLong(WorkerDied):
    """A job was not done within its limit, so its worker was ended."""


@dataclass
class _Worker(Generic[Job]):
    process: SpawnProcess
    connection: Connection
    job: Job
    deadline_s: float


class _Pool(Generic[Job, Made]):
    """The waiting jobs, and the workers that are busy with one each."""

    def __init__(
        self,
        jobs: Iterable[Job],
        work: Callable[[Job], Made],
        limit_s: float,
        kin: Callable[[Job], Hashable] | None,
    ) -> None:
        self.waiting = deque(jobs)
        self.busy: dict[Connection, _Worker[Job]] = {}
        self._work, self._limit_s, self._kin = work, limit_s, kin
        self._clock = SystemClock()
        self._attempts: dict[Job, int] = {}

    def start(self) -> None:
        """Start a worker, if a job waits for one."""
        if not self.waiting:
            return
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_serve, args=(theirs, self._work), daemon=True)
        process.start()
        theirs.close()  # so that only the worker holds it, and its death is seen
        self._hand(ours, process)

    def next_results(self) -> Iterator[tuple[Job, Made | WorkerDied]]:
        """Wait until something happens, and yield its results."""
        nearest_s = min(worker.deadline_s for worker in self.busy.values())
        # A limit may be without end, and a wait may not.
        within_s = min(max(nearest_s - self._clock.now_s(), 0.0), _WAIT_MOST_S)
        for connection in wait(list(self.busy), timeout=within_s):
            assert isinstance(connection, Connection)
            worker = self.busy.pop(connection)
            try:
                made = connection.recv()
            except (EOFError, ConnectionError):
                yield from self._died(worker)
                continue
            if self.waiting:
                self._hand(connection, worker.process, worker.job)
            else:
                connection.close()
                worker.process.join()
            yield worker.job, made
        for worker in list(self.busy.values()):
            if worker.deadline_s <= self._clock.now_s():
                del self.busy[worker.connection]
                worker.process.kill()  # what hangs may not heed a gentler word
                worker.process.join()
                self.start()
                yield worker.job, TookTooLong()

    def _died(self, worker: _Worker[Job]) -> Iterator[tuple[Job, WorkerDied]]:
        worker.process.join()
        self._attempts[worker.job] = self._attempts.get(worker.job, 0) + 1
        given_up = self._attempts[worker.job] >= _ATTEMPTS
        if not given_up:
            self.waiting.appendleft(worker.job)
        self.start()
        if given_up:
            yield worker.job, WorkerDied()

    def _hand(
        self, connection: Connection, process: SpawnProcess, before: Job | None = None
    ) -> None:
        job = self._take(before)
        deadline_s = self._clock.now_s() + self._limit_s
        self.busy[connection] = _Worker(process, connection, job, deadline_s)
        # It may have died while idle: receiving says so, and the job is handed to another.
        with suppress(ConnectionError):
            connection.send(job)

    def _take(self, before: Job | None) -> Job:
        """Take a worker's next job: akin to its last one, else akin to none that is running."""
        if self._kin is None:
            return self.waiting.popleft()
        own = None if before is None else self._kin(before)
        taken = {self._kin(worker.job) for worker in self.busy.values()}
        free = None
        for at, kin in enumerate(map(self._kin, self.waiting)):
            if kin == own:
                break
            if free is None and kin not in taken:
                free = at
        else:
            at = free or 0
        job = self.waiting[at]
        del self.waiting[at]
        return job


def run_jobs(
    jobs: Iterable[Job],
    work: Callable[[Job], Made],
    workers: int,
    *,
    limit_s: float = math.inf,
    kin: Callable[[Job], Hashable] | None = None,
) -> Iterator[tuple[Job, Made | WorkerDied]]:
    """Yield each job with the result of ``work`` as it ends; ``work`` must be picklable.

    A job has ``limit_s`` from when a worker is given it. Jobs of one ``kin`` go to one worker while
    there are others for the rest: it may remember what they share.
    """
    pool = _Pool(jobs, work, limit_s, kin)
    try:
        for _ in range(workers):
            pool.start()
        while pool.busy:
            yield from pool.next_results()
    finally:
        for worker in pool.busy.values():
            worker.process.terminate()


def _serve(connection: Connection, work: Callable[[Job], Made]) -> None:
    try:
        while True:
            connection.send(work(connection.recv()))
    except (EOFError, KeyboardInterrupt):
        return  # no more jobs; or Ctrl-C, which the parent got as well
