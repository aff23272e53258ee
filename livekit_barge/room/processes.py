"""Child processes that never outlive this one, however it ends."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# The guard's stdin ends when the process that holds the other end dies, even by SIGKILL.
_GUARD = 'cat >/dev/null; kill "$1"'


@contextlib.contextmanager
def child(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    grace_s: float = 10.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` with its output in ``log``; end it, by its id, when the block ends."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env
        )
    guard = subprocess.Popen(["sh", "-c", _GUARD, "guard", str(process.pid)], stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        guard.kill()
        guard.communicate()
        _end(process, grace_s)


def _end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask it to end, ask again (for livekit's server and worker: at once), then kill it."""
    for order in (process.terminate, process.terminate, process.kill):
        order()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
            return
