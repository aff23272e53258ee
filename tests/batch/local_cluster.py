"""A Dask cluster of two workers on this machine, for the time of a block."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A process of its own: this one's warnings are errors, and Dask's are not ours.
_CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
"""


@contextmanager
def two_workers(folder: Path, *, may_die: int = 3) -> Iterator[str]:
    """Its scheduler's address; its program is written to ``folder``.

    So many workers may die over a job; Dask's own default is 3.
    """
    script = folder / "cluster.py"
    script.write_text(_CLUSTER)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            "PYTHONPATH": str(root),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(may_die),
        },
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(30)
