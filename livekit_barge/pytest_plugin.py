"""The pytest mark ``barge``: plays a suite before a test, and fails it where a limit falls short.

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


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "barge(suite, **how): play a suite of livekit_barge's, and hold it against thresholds.toml",
    )


@pytest.fixture
def barge(request: pytest.FixtureRequest) -> SuiteRun:
    """The suite of the test's mark ``barge``, played."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        pytest.fail('the fixture barge needs a mark: @pytest.mark.barge(suite="everyday")')
    played = _play(mark)
    if isinstance(played, str):  # told here: an error that is being handled would be told besides
        pytest.fail(played, pytrace=False)
    return played


def _play(mark: pytest.Mark) -> SuiteRun | str:
    """The mark's suite, or why it cannot be played."""
    from livekit_barge.errors import BargeError
    from livekit_barge.testing import play_suite

    try:
        inspect.signature(play_suite).bind(*mark.args, **mark.kwargs)
    except TypeError as error:
        return f"@pytest.mark.barge: {error}"
    try:
        return play_suite(*mark.args, **mark.kwargs)
    except BargeError as error:
        return str(error)


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test has the fixture, whether or not it asks for it."""
    names = getattr(item, "fixturenames", None)
    if names is not None and item.get_closest_marker(MARK) and MARK not in names:
        names.append(MARK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """After the body, fail where a limit fell short."""
    yield
    if item.get_closest_marker(MARK) is None:
        return
    from livekit_barge.report.terminal.gate_table import told, unsaid

    run: SuiteRun = item.funcargs[MARK]  # type: ignore[attr-defined]
    short = [told(check) for check in run.verdict.checks if check.passed is False]
    short += [unsaid(check) for check in run.verdict.checks if check.undecided]
    if short or run.verdict.exit_code:
        nothing = [] if short or run.verdict.refused else ["no limit had anything to judge"]
        pytest.fail("\n".join([*short, *run.verdict.refused, *nothing]), pytrace=False)
