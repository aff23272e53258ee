"""How far a run is, and the time that is left, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bar:
    """Of calls that are to be played; more may be planned on the way."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._total = 0
        self.done = 0

    def plan(self, calls: int) -> None:
        """So many more are to come."""
        self._total += calls
        self._progress.update(self._task, total=self._total)

    def advance(self, _: object = None) -> None:
        """One is done."""
        self.done += 1
        self._progress.advance(self._task)


@contextmanager
def progress_bar(console: Console, total: int = 0) -> Iterator[Bar]:
    """A bar while the block runs; it leaves nothing behind.

    For what keeps each result as it comes: one line says so to whoever stops it.
    """
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        "left",
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = Bar(progress, progress.add_task("", total=0))
        bar.plan(total)
        try:
            yield bar
        except KeyboardInterrupt:
            progress.stop()
            console.print(f"stopped after {bar.done}: the same command goes on from there")
            raise
