"""How fast a report is made and opens, into docs/evidence/report-speed.md.

    python -m benchmarks.report [--short]

An hour's call and a thousand scored calls, opened in headless Chromium from disk, each time in a
fresh window: nothing is cached but by the operating system. A phone is taken for a processor four
times as slow. The hour's audio is made, so that what is timed is the report and not the ruler.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.marked import put_between
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.report.html.call_page import write_call
from livekit_barge.report.html.make import make_report
from livekit_barge.report.html.writer import prepare
from tests.browser.chromium import started
from tests.report.html.made import hour, results

PAGE = Path("docs/evidence/report-speed.md")

CALLS = 1_000
ROUNDS = 7
STEPS = 60

# From the whole hour to 10 ms, a frame's time for each step; what the eye takes for smooth is 50.
_ZOOM = """async (steps) => {
  const took = [];
  const by = (0.01 / 3600) ** (1 / steps);
  for (let step = 0; step < steps; step++) {
    const began = performance.now();
    await new Promise((drawn) => {
      document.getElementById("timeline").addEventListener("drawn", drawn, { once: true });
      barge.timeline.zoom(by, 1804.2);
    });
    took.push(performance.now() - began);
  }
  return took;
}"""
# A table out of sight is not laid out: it is looked at by whoever sorts it.
_TO_TABLE = """async () => {
  document.querySelector("#calls").scrollIntoView();
  await new Promise((seen) => requestAnimationFrame(() => setTimeout(seen, 100)));
}"""
_FILTER = """() => {
  const began = performance.now();
  const choice = document.querySelector("[name=outcome]");
  choice.value = "missed";
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.offsetHeight;
  return performance.now() - began;
}"""
_SORT = """() => {
  const began = performance.now();
  document.querySelector("#calls thead th:nth-child(7) button").click();
  document.body.offsetHeight;
  return performance.now() - began;
}"""

Row = tuple[str, list[float], str]


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description="How fast a report is made and opens.")
    parser.add_argument("--short", action="store_true", help="one round, and no page")
    short = parser.parse_args().short
    rounds = 1 if short else ROUNDS
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        made = list(_making(Path(folder)))
        rows = [*made, *_opening(browser, Path(folder), rounds)]
    text = "\n".join([_stamp(), "", *_table(rows)])
    print(text)
    if not short:
        put_between(PAGE, "make report-speed", text)


def _making(folder: Path) -> Iterator[Row]:
    prepare(folder / "hour")
    seconds = _timed(
        lambda: write_call(hour(), folder / "hour", "hour", codec="flac", redact=False)
    )
    yield "an hour's page is made, its audio as FLAC", [seconds], "s"
    scores = results(folder / "scores", CALLS)
    seconds = _timed(lambda: make_report([scores], folder / "batch", ScoreOptions()))
    yield f"{CALLS:,} scored calls' pages are made, by one process", [seconds], "s"


def _opening(browser: Browser, folder: Path, rounds: int) -> Iterator[Row]:
    call = folder / "hour" / "pages" / "hour.html"
    batch = folder / "batch" / "index.html"
    for slower, machine in ((1, "here"), (4, "on a processor a quarter as fast")):
        opened: list[float] = []
        whole: list[float] = []
        zoomed: list[float] = []
        for _ in range(rounds):
            with _open(browser, call, slower) as page:
                opened.append(_since(page, "ready"))
                whole.append(_since(page, "overview"))
                zoomed += page.evaluate(_ZOOM, STEPS)
        yield f"the hour's page opens {machine}", opened, "ms"
        yield f"its overview stands above it {machine}", whole, "ms"
        yield f"a step of the zoom from an hour to 10 ms, {machine}", zoomed, "ms"
        opened, filtered, ordered = [], [], []
        for _ in range(rounds):
            with _open(browser, batch, slower) as page:
                opened.append(_since(page, "ready"))
                page.evaluate(_TO_TABLE)
                ordered.append(page.evaluate(_SORT))
                filtered.append(page.evaluate(_FILTER))
        yield f"the page of {CALLS:,} calls opens {machine}", opened, "ms"
        yield f"its table is sorted {machine}", ordered, "ms"
        yield f"its table is filtered {machine}", filtered, "ms"


@contextmanager
def _open(browser: Browser, file: Path, slower: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(file.as_uri())
    page.wait_for_selector("[data-ready=yes]")
    page.wait_for_timeout(
        500 * slower
    )  # what comes after it is not to slow down what is measured next
    yield page
    context.close()


def _since(page: Page, mark: str) -> float:
    """Milliseconds from the click on a link until a mark: ``ready`` is what one came for, painted;
    ``overview`` is the strip of the whole call, drawn after it.
    """
    found = page.wait_for_function(f"performance.getEntriesByName('{mark}')[0]?.startTime")
    return float(found.json_value())


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| what | median | slowest |"
    yield "|---|---:|---:|"
    for what, took, unit in rows:
        digits = 1 if unit == "s" else 0
        slowest = "" if len(took) == 1 else f"{max(took):.{digits}f} {unit}"
        yield f"| {what} | {statistics.median(took):.{digits}f} {unit} | {slowest} |"


def _stamp() -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}."


if __name__ == "__main__":
    main()
