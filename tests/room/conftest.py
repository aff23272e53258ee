"""A real server for the room tests. Without its build they are skipped here, and fail in CI."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livekit_barge.room.server import BINARY, LivekitServer, running_server, tail

_LOGS = pytest.StashKey[list[Path]]()


def why_not() -> str | None:
    """Why no server can be started here; ``None``: it can."""
    if BINARY.exists():
        return None
    if shutil.which("go") is None:
        return "no livekit-server: it is built with Go, which is not installed – https://go.dev/dl"
    return "no livekit-server: build it once with `make livekit-server`"


@pytest.fixture(scope="session")
def start_livekit_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], LivekitServer]]:
    """Starts another server at each call; all are stopped at the end of the tests."""
    if reason := why_not():
        # A skip in CI would show as green what was never run.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with contextlib.ExitStack() as servers:

        def start() -> LivekitServer:
            log = tmp_path_factory.mktemp("livekit-server") / "log"
            server = servers.enter_context(running_server(log))
            request.config.stash.setdefault(_LOGS, []).append(log)
            return server

        yield start


@pytest.fixture(scope="session")
def livekit_server(start_livekit_server: Callable[[], LivekitServer]) -> LivekitServer:
    """One server for all tests that leave it running; each has its own room."""
    return start_livekit_server()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:  # noqa: ARG001
    report = yield
    if report.failed:
        for log in item.config.stash.get(_LOGS, []):
            report.sections.append((str(log), tail(log)))
    return report
