"""Runs jobs on a Dask cluster instead of local processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from livekit_barge.errors import IntakeError
from livekit_barge.work.pool import WorkerDied

Job = TypeVar("Job")
Made = TypeVar("Made")

_CONNECT_S = 10


def run_on_cluster(
    jobs: Iterable[Job], work: Callable[[Job], Made], scheduler: str
) -> Iterator[tuple[Job, Made | WorkerDied]]:
    """Yield each job with the result of ``work`` as it ends; both must be picklable.

    A path in a job has to lie where the workers see it, and be whole: their folder is another.

    How many workers may die over a job only the scheduler's ``allowed-failures`` says (by default
    3, and a job that waited at a worker counts as well). What ``work`` raises is raised here.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
    except ModuleNotFoundError as error:
        raise IntakeError(
            "--scheduler needs Dask", remedy="install livekit-barge with the extra batch"
        ) from error
    try:
        client = Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=_CONNECT_S, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise IntakeError(
            "no Dask scheduler answers", where=scheduler, remedy="check the address"
        ) from error
    with client:
        futures = {
            # ``pure`` off: a result is written to disk, so nothing is to be had from a cache.
            client.submit(work, job, pure=False): job
            for job in jobs
        }
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
            try:
                yield futures[future], future.result()
            except KilledWorker:
                yield futures[future], WorkerDied()
            future.release()
