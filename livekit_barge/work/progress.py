"""Shows a run's progress and the time left: a bar on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SAY_EVERY_S = 30.0
"""Without a terminal; a shorter run prints nothing."""


class Bar:
    """Counts calls that are to be played; more may be planned on the way, or fewer."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._total = 0
        self._phase = ""
        self._note = ""
        self._at_most = False
        self._said_s = progress.get_time()

    @property
    def done(self) -> int:
        """The number of calls that are done."""
        return int(self._progress.tasks[self._task].completed)

    @property
    def total(self) -> int:
        """The number of calls, those to come included."""
        return self._total

    def plan(self, calls: int) -> None:
        """Add calls to come."""
        self._total += calls
        self._progress.update(self._task, total=self._total)

    def begin(self, phase: str, most: int) -> None:
        """Name the phase that begins, and the calls still to come at most, its own and later."""
        self._phase, self._at_most = phase, True
        self._total = self.done + most
        self._progress.update(self._task, total=self._total, description=phase)

    def note(self, text: str) -> None:
        """Show a line beside the count, such as the best so far."""
        self._note = text
        if self._at_most:
            self._progress.update(self._task, description=f"{self._phase} ({text})")

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(text, highlight=False, soft_wrap=True)

    def advance(self, _: object = None) -> None:
        """Count one call as done."""
        self._progress.advance(self._task)
        console, now_s = self._progress.console, self._progress.get_time()
        if not console.is_terminal and now_s - self._said_s >= SAY_EVERY_S:
            self._said_s = now_s
            console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> str:
        if not self._at_most:
            return f"{self.done} of {self._total} done"
        parts = (
            f"{self._phase}: {self.done} done, at most {self._total - self.done} to come",
            (self._note),
        )
        return "; ".join(part for part in parts if part)


@contextmanager
def progress_bar(console: Console, total: int = 0, *, kept: bool = True) -> Iterator[Bar]:
    """Show a bar while the block runs, and remove it afterwards.

    With ``kept`` every result is kept as it comes, and whoever stops the run is told so.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
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
            on = ": the same command resumes from there" if kept else ""
            console.print(f"stopped after {bar.done}{on}")
            raise
