"""The pytest mark ``barge``: plays a suite before a test, and fails the test below a limit.

:mod:`livekit_barge.testing` shows how. It is a plugin of every pytest run where this package is
installed, so it imports nothing before a test asks for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from livekit_barge.testing import SuiteRun

MARK = "barge"
_MOST_LINES = 20  # events printed of a suite that fails


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        "barge(suite, **how): play a suite of livekit_barge's, and hold it against limits.toml",
    )


@pytest.fixture
def barge(request: pytest.FixtureRequest) -> SuiteRun:
    """Return the played suite of the test's mark ``barge``."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        pytest.fail('the fixture barge needs a mark: @pytest.mark.barge(suite="everyday")')
    played = _play(mark, _Progress(request.config))
    if isinstance(played, str):  # here, since an error being handled would be reported as well
        pytest.fail(played, pytrace=False)
    return played


class _Progress:
    """Counts a suite's calls on the terminal while they are played."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter = config.pluginmanager.get_plugin("terminalreporter")
        self._capture = config.pluginmanager.get_plugin("capturemanager")
        self._done = 0

    def __call__(self, _: object) -> None:
        self._done += 1
        if self._reporter is None or self._capture is None or not self._reporter.isatty:
            return
        with self._capture.global_and_fixture_disabled():
            self._reporter.rewrite(f"barge: {self._done} calls played ")


def _play(mark: pytest.Mark, on_result: _Progress) -> SuiteRun | str:
    """Play the mark's suite, or return why it cannot be played."""
    from livekit_barge.errors import BargeError
    from livekit_barge.testing import play_suite

    try:
        inspect.signature(play_suite).bind(*mark.args, **mark.kwargs)
    except TypeError as error:
        return f"@pytest.mark.barge: {error}"
    try:
        return play_suite(*mark.args, **{"on_result": on_result, **mark.kwargs})
    except BargeError as error:
        return str(error)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each marked test the fixture, even if it does not ask for it."""
    names = getattr(item, "fixturenames", None)
    if names is not None and item.get_closest_marker(MARK) and MARK not in names:
        names.append(MARK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail the test after its body if a limit falls short."""
    yield
    if item.get_closest_marker(MARK) is None:
        return
    from livekit_barge.report.terminal.gate_table import told, unsaid

    run: SuiteRun = item.funcargs[MARK]  # type: ignore[attr-defined]
    short = [told(check) for check in run.verdict.checks if check.passed is False]
    short += [unsaid(check) for check in run.verdict.checks if check.undecided]
    if short or run.verdict.exit_code:
        nothing = [] if short or run.verdict.refused else ["no limit had anything to judge"]
        mark = item.get_closest_marker(MARK)
        calls_dir = None if mark is None else mark.kwargs.get("calls_dir")
        lines = [*short, *run.verdict.refused, *nothing, *_wrong_events(run, calls_dir)]
        pytest.fail("\n".join(lines), pytrace=False)


def _wrong_events(run: SuiteRun, calls_dir: object) -> list[str]:
    """Return a line for each event that went wrong, and where the calls' folders are."""
    from livekit_barge.suites.checked_call import faults

    wrong = [f"{each.case_id}: {line}" for each in run.results for line in faults(each.events)]
    if not wrong:
        return []
    more = [f"… and {len(wrong) - _MOST_LINES} more"] if len(wrong) > _MOST_LINES else []
    kept = "give the mark calls_dir= to keep their folders" if calls_dir is None else calls_dir
    return [*wrong[:_MOST_LINES], *more, f"calls: {kept}"]
