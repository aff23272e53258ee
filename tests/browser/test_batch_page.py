"""The page of a thousand calls: sorted, filtered, and followed to a call."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.report.html.make import make_report
from tests.report.html.made import call_folder, results, write_report

COUNT = 1_000

SWEEP = {
    "schema": "livekit-barge/sweep/1",
    "title": "front-desk",
    "points": [
        {"name": "quick", "knobs": {"min_interruption_duration": 0.1},
         "time_to_yield_p50_s": 0.2, "false_stop_rate": 0.4},
        {"name": "calm", "knobs": {"min_interruption_duration": 0.5},
         "time_to_yield_p50_s": 0.6, "false_stop_rate": 0.05},
        {"name": "beaten", "knobs": {"min_interruption_duration": 0.6},
         "time_to_yield_p50_s": 0.7, "false_stop_rate": 0.06},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    (folder / "sweep").mkdir()
    (folder / "sweep" / "sweep.json").write_text(json.dumps(SWEEP))
    scores = results(folder / "scores", COUNT)
    made = make_report([scores, folder / "sweep"], folder / "report", ScoreOptions())
    return made.page


@pytest.fixture(scope="module")
def opened(lasting, report) -> Page:
    return lasting.open(report)


@pytest.fixture
def page(opened, lasting) -> Iterator[Page]:
    """All calls are shown."""
    opened.get_by_role("button", name="clear").click()
    expect(opened.locator("#shown")).to_have_text(f"{COUNT} calls")
    yield opened
    lasting.check()


def visible(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('#calls tbody tr')].filter((row) => !row.hidden)"
        ".map((row) => row.cells[0].textContent.trim())"
    )


class TestTable:
    def test_holds_every_call(self, page):
        assert len(visible(page)) == COUNT
        expect(page.locator("#shown")).to_have_text("1000 calls")

    def test_is_sorted_by_a_heading_and_turned_round(self, page):
        page.get_by_role("button", name="slowest").click()
        heading = page.get_by_role("columnheader", name="slowest")
        expect(heading).to_have_attribute("aria-sort", "descending")
        assert visible(page)[0] == "call-0000"  # missed: at least 3 s
        page.get_by_role("button", name="slowest").click()
        expect(heading).to_have_attribute("aria-sort", "ascending")
        assert visible(page)[0] == "call-0001"  # 201 ms

    @pytest.mark.parametrize(
        ("label", "value", "count"),
        [("outcome", "missed", 100), ("cause", "stt_final", 334), ("preset", "patient", 333)],
    )
    def test_is_narrowed_by(self, page, label, value, count):
        page.locator("#filters").get_by_label(label).select_option(value)
        assert len(visible(page)) == count
        expect(page.locator("#shown")).to_have_text(f"{count} of 1000 calls")

    def test_is_searched_by_what_was_said_and_cleared(self, page):
        page.get_by_role("searchbox").fill("caller 42")
        assert len(visible(page)) == 11  # 42, 420 to 429
        page.get_by_role("button", name="clear").click()
        expect(page.locator("#shown")).to_have_text("1000 calls")

    def test_filters_add_up(self, page):
        page.locator("#filters").get_by_label("outcome").select_option("missed")
        page.locator("#filters").get_by_label("preset").select_option("snappy")
        assert len(visible(page)) == 34

    def test_a_call_s_name_opens_its_page_and_the_way_back(self, page):
        page.get_by_role("link", name="call-0007").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("call-0007")
        page.get_by_role("link", name="all calls").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Barge-in report")
        page.wait_for_selector("[data-ready=yes]")


class TestPlots:
    def test_a_lower_bound_never_counts_as_reached(self, page):
        tops = page.evaluate(
            "document.getElementById('time_to_yield').data.map(({ y }) => y.at(-1))"
        )
        assert all(89 < top < 91 for top in tops)  # a tenth was missed

    def test_the_front_joins_the_points_that_none_beats(self, page):
        front = page.evaluate("document.getElementById('sweep-0').data[1].text")
        assert front == ["quick", "calm"]

    def test_each_has_its_table(self, page):
        for plot in page.locator(".plot").all():
            table = page.locator(f"#{plot.get_attribute('aria-describedby')}")
            expect(table).to_be_visible()


def test_symptoms_filter_the_table(reader, tmp_path):
    write_report(tmp_path / "report", call_folder(tmp_path / "made"))
    page = reader.open(tmp_path / "report" / "index.html")
    page.locator("#filters").get_by_label("symptom").select_option(
        label="3 · stops, but a syllable leaks"
    )
    assert len(visible(page)) == 1


@pytest.mark.parametrize(
    "reader", [{"viewport": {"width": 360, "height": 740}}], ids=["phone"], indirect=True
)
def test_nothing_is_wider_than_a_phone(reader, report):
    page = reader.open(report)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
