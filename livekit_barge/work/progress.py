"""How far a run is, and the time that is left: a bar on a terminal, else a line now and then."""

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

SAY_EVERY_S = 30.0
"""Where there is no terminal; a run that is sooner done says nothing."""


class Bar:
    """Of calls that are to be played; more may be planned on the way."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._total = 0
        self._said_s = progress.get_time()

    @property
    def done(self) -> int:
        """How many are."""
        return int(self._progress.tasks[self._task].completed)

    def plan(self, calls: int) -> None:
        """So many more are to come."""
        self._total += calls
        self._progress.update(self._task, total=self._total)

    def advance(self, _: object = None) -> None:
        """One is done."""
        self._progress.advance(self._task)
        console, now_s = self._progress.console, self._progress.get_time()
        if not console.is_terminal and now_s - self._said_s >= SAY_EVERY_S:
            self._said_s = now_s
            console.print(f"{self.done} of {self._total} done", highlight=False)


@contextmanager
def progress_bar(console: Console, total: int = 0, *, kept: bool = True) -> Iterator[Bar]:
    """A bar while the block runs; it leaves nothing behind.

    ``kept``: each result is, as it comes, which whoever stops it is told.
    """
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        "left",
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        bar = Bar(progress, progress.add_task("", total=0))
        bar.plan(total)
        try:
            yield bar
        except KeyboardInterrupt:
            progress.stop()
            on = ": the same command goes on from there" if kept else ""
            console.print(f"stopped after {bar.done}{on}")
            raise
