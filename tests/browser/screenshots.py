"""The pictures in the README: a call and a batch, of the demo's own calls.

python -m tests.browser.screenshots
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console

from livekit_barge.cli.demo import run_demo
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.report.html.make import make_report
from tests.browser.chromium import started

IMAGES = Path("docs/images")
# A page of GitHub shows 900 pixels of width; twice that is sharp, and too large a file.
WINDOW = {"width": 1200, "height": 840}
LARGEST_BYTES = 300_000

CALL = "early-livekit-defaults"


def main() -> None:
    """Play the demo, report it, take both pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        calls, out = Path(folder) / "calls", Path(folder) / "report"
        run_demo(Console(file=io.StringIO()), calls_dir=calls)
        make_report([calls], out, ScoreOptions())
        with started() as browser:
            _take(browser, out / "index.html", IMAGES / "batch.png")
            _take(browser, out / "pages" / f"{CALL}.html", IMAGES / "call.png", closer=True)


def _take(browser: Browser, page_file: Path, image: Path, *, closer: bool = False) -> None:
    page = browser.new_page(viewport=WINDOW, color_scheme="light")
    page.goto(page_file.as_uri())
    page.wait_for_selector("[data-ready=yes]")
    if closer:
        page.locator("#overlap-1 .hear").first.click()
        page.evaluate("barge.player.pause()")
        page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)  # Plotly fades labels in
    page.screenshot(path=image)
    page.close()
    size = image.stat().st_size
    print(f"{image}: {size / 1000:.0f} kB")
    assert size < LARGEST_BYTES, image


if __name__ == "__main__":
    main()
