"""The same batch on a Dask cluster, whose workers see the recordings and the results' directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from livekit_barge.batch.pool import WorkerDied
from livekit_barge.batch.results import Result
from livekit_barge.errors import IntakeError

# How many workers may die over a recording, as for processes on one machine.
_DEATHS = 2
_CONNECT_S = 10


def run_on_cluster(
    paths: Sequence[Path], make: Callable[[Path], Result], scheduler: str
) -> Iterator[tuple[Path, Result | WorkerDied]]:
    """Each recording with its result, as they end."""
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
            client.submit(make, path.resolve(), pure=False, retries=_DEATHS): path
            for path in paths
        }
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
            try:
                yield futures[future], future.result()
            except KilledWorker:
                yield futures[future], WorkerDied()
            future.release()
