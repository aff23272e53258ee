"""Reports in a real browser. Without one the tests are skipped here, and fail in CI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import executable, started

# Kept for whoever looks at a failed run.
SCREENSHOTS = Path(".artifacts") / "screenshots"


# Not the session's: Playwright's loop lives as long, and asyncio's tests want one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if executable() is None:
        why = "no Chromium: install it with `make chromium`, or your system's package"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with started() as browser:
        yield browser


@dataclass
class Reader:
    """Somebody who opens pages, and what the browser said meanwhile."""

    context: BrowserContext
    said: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and what was thrown."""
    requests: list[str] = field(default_factory=list)

    def open(self, file: Path) -> Page:
        """The page, drawn."""
        page = self.context.new_page()
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.resolve().as_uri())
        page.wait_for_selector("[data-ready=yes]")
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.said.append(text)

    def check(self) -> None:
        """Nothing was complained of, and no request left the disk."""
        assert self.said == []
        far = [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert far == []


@contextmanager
def _reading(browser: Browser, name: str, **look: object) -> Iterator[Reader]:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | look)
    context.set_offline(True)
    context.set_default_timeout(15_000)
    reader = Reader(context)
    yield reader
    _keep_screenshots(context, name)
    context.close()
    reader.check()


@pytest.fixture
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader for one test; the parameter is what the window is like."""
    with _reading(browser, request.node.name, **getattr(request, "param", {})) as reader:
        yield reader


@pytest.fixture(scope="module")
def lasting(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """One for a module's tests: a page takes a second to open."""
    with _reading(browser, Path(request.node.name).stem) as reader:
        yield reader


def _keep_screenshots(context: BrowserContext, test: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(context.pages):
        name = re.sub(r"\W+", "-", f"{test}-{number}" if number else test)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
