"""A call of an hour."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from livekit_barge.report.html.call_page import write_call
from livekit_barge.report.html.writer import prepare
from tests.report.html.made import hour


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("hour") / "report"
    prepare(out)
    write_call(hour(), out, "hour", codec="flac", redact=False)
    return out / "pages" / "hour.html"


@pytest.fixture(scope="module")
def page(lasting, report) -> Page:
    return lasting.open(report)


def bins(page: Page) -> int:
    return page.evaluate(
        "document.querySelector('#timeline .js-plotly-plot').data.at(-1).x.length / 2"
    )


def tiles(reader) -> list[str]:
    return [url.rsplit("/", 1)[1] for url in reader.requests if "tile-" in url]


def test_the_whole_of_it_is_drawn_without_its_fine_bins(page, lasting):
    assert page.evaluate("barge.timeline.to") == 3600
    assert 500 < bins(page) < 4_000
    assert tiles(lasting) == []


def test_many_clocks_are_one_shape_for_each_colour(page):
    page.evaluate("barge.timeline.show(0, 3600)")
    page.wait_for_timeout(150)
    shapes = page.evaluate("document.querySelector('#timeline .js-plotly-plot').layout.shapes")
    assert [shape["path"].count("M") for shape in shapes] == [180, 180]
    width_s = 3600 / page.evaluate("barge.timeline.box.width")
    assert shapes[0]["path"].startswith(f"M10,0V1H{10 + width_s:.3f}"[:10])


def test_at_every_zoom_there_are_no_more_bins_than_a_screen_shows(page):
    counts = []
    for length in (3600, 600, 60, 10, 1, 0.1):
        page.evaluate(f"barge.timeline.show(1000, 1000 + {length})")
        page.wait_for_timeout(150)
        counts.append(bins(page))
    assert max(counts) < 4_000


def test_only_the_tile_that_is_looked_at_is_loaded(page, lasting):
    before = tiles(lasting)
    page.evaluate("barge.timeline.show(1800, 1800.01)")
    page.wait_for_function(
        "() => document.querySelector('#timeline .js-plotly-plot').data.at(-1).x.length < 100"
        " && document.querySelector('#timeline .js-plotly-plot').data.at(-1).x.length > 60"
    )
    assert tiles(lasting)[len(before) :] == ["tile-028.js"]


def test_what_is_drawn_lies_where_it_sounds(page):
    page.evaluate("barge.timeline.show(1799.995, 1800.005)")
    page.wait_for_function(
        """() => {
          const { x, y } = document.querySelector("#timeline .js-plotly-plot").data.at(-2);
          const loudest = y.indexOf(Math.max(...y));
          return y[loudest] > 0.85 && Math.abs(x[loudest] - 1800) < 0.0005;
        }"""
    )


def test_it_plays_from_its_middle(page):
    page.evaluate("barge.player.seek(1800)")
    page.locator("#play").click()
    page.wait_for_function("barge.player.at > 1800.2")
