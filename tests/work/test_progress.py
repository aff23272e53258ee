"""A bar of what is kept as it comes."""

import io

import pytest
from rich.console import Console

from livekit_barge.work import progress
from livekit_barge.work.progress import progress_bar


def stopped_after_two(console: Console, **how: bool) -> None:
    with progress_bar(console, 10, **how) as bar:
        bar.advance()
        bar.advance()
        raise KeyboardInterrupt


def test_whoever_stops_it_is_told_how_far_it_is_and_that_it_goes_on():
    console = Console(file=io.StringIO())
    with pytest.raises(KeyboardInterrupt):
        stopped_after_two(console)
    assert "stopped after 2: the same command resumes from there" in console.file.getvalue()


def test_of_what_is_not_kept_nobody_is_told_that_it_goes_on():
    console = Console(file=io.StringIO(), width=200)
    with pytest.raises(KeyboardInterrupt):
        stopped_after_two(console, kept=False)
    said = console.file.getvalue()
    assert "stopped after 2" in said
    assert "resumes" not in said


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is(monkeypatch):
    console = Console(file=io.StringIO())
    with progress_bar(console, 3) as bar:
        bar.advance()
        monkeypatch.setattr(progress, "SAY_EVERY_S", 0.0)
        bar.advance()
        monkeypatch.undo()
        bar.advance()
    assert console.file.getvalue().splitlines() == ["2 of 3 done"]


def test_a_phase_is_named_with_what_remains_at_most_and_the_note(monkeypatch):
    console = Console(file=io.StringIO(), width=200)
    with progress_bar(console) as bar:
        monkeypatch.setattr(progress, "SAY_EVERY_S", 0.0)
        bar.begin("proposing settings", 30)
        bar.note("best so far: base")
        bar.advance()
    assert console.file.getvalue().splitlines() == [
        "proposing settings: 1 done, at most 29 to come; best so far: base"
    ]
