"""What a pool's workers do in the tests; importable, since workers are spawned."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from livekit_barge.batch.stored_results import Result, Results


def double(job: int) -> int:
    return 2 * job


@dataclass(frozen=True)
class Dies:
    """Kills its own process over one job: the first time, or every time."""

    marks: Path
    job: int
    always: bool = False

    def __call__(self, job: int) -> int:
        (self.marks / f"{job}-{os.getpid()}").touch()
        died = self.marks / "died"
        if job == self.job and (self.always or not died.exists()):
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * job


@dataclass(frozen=True)
class Raises:
    """Fails over every job, and marks each time."""

    marks: Path

    def __call__(self, job: int) -> int:
        (self.marks / f"{job}-{time.monotonic_ns()}").touch()
        raise ValueError("a fault of ours")


@dataclass(frozen=True)
class InStep:
    """Goes on with a letter's n-th job once every letter's n-th has begun; gives its process."""

    marks: Path
    letters: str

    def __call__(self, job: str) -> int:
        (self.marks / job).touch()
        ends_s = time.monotonic() + 20
        while not all((self.marks / f"{each}{job[1]}").exists() for each in self.letters):
            if time.monotonic() > ends_s:
                raise AssertionError(f"{job} is alone")
            time.sleep(0.01)
        return os.getpid()


def hangs_at_three(job: int) -> int:
    if job == 3:
        time.sleep(600)
    return 2 * job


@dataclass(frozen=True)
class DiesAfter:
    """Scores; its process is killed once, when a recording's result is on disk already or not."""

    results: Results
    name: str
    died: Path
    written: bool

    def __call__(self, path: Path) -> Result:
        if path.name == self.name and not self.died.exists():
            self.died.touch()
            if self.written:
                self.results.make(path)
            os.kill(os.getpid(), signal.SIGKILL)
        return self.results.make(path)
