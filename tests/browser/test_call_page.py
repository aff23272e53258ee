"""A call's page, opened, read, zoomed and played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.measure.known import DECISION_S, ONSET_S, SILENT_S
from tests.report.html.made import WORDS, call_folder, write_report

TOLERANCE_S = 0.003
"""The boundaries' own: what is shaded is what was measured."""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calls")
    return write_report(folder / "report", call_folder(folder / "made"))


@pytest.fixture(scope="module")
def opened(lasting, report) -> Page:
    return lasting.open(report)


@pytest.fixture
def page(opened, lasting) -> Iterator[Page]:
    """The whole call is shown, from its beginning, and nothing plays."""
    opened.evaluate(
        """async () => {
          barge.player.pause();
          barge.controls.solo("both");
          barge.player.seek(0);
          barge.timeline.show(0, 10);
          document.activeElement.blur();
          await new Promise((drawn) => setTimeout(drawn, 100));
        }"""
    )
    yield opened
    lasting.check()


def shapes(page: Page) -> list[tuple[float, float]]:
    return page.evaluate(
        "document.querySelector('#timeline .js-plotly-plot').layout.shapes.map((s) => [s.x0, s.x1])"
    )


def waveform(page: Page, side: int) -> dict:
    """The seconds and values of a side's waveform that is drawn."""
    return page.evaluate(
        """(axis) => {
          const plot = document.querySelector("#timeline .js-plotly-plot");
          const { x, y } = plot.data.find((trace) => trace.yaxis === axis);
          return { x: Array.from(x), y: Array.from(y) };
        }""",
        f"y{side + 2}",
    )


def shown(page: Page) -> tuple[float, float]:
    return tuple(page.evaluate("[barge.timeline.from, barge.timeline.to]"))


def mark_place(page: Page, kind: str) -> tuple[float, float]:
    """Where on the page a mark is drawn."""
    return tuple(
        page.evaluate(
            """(symbol) => {
              const plot = document.querySelector("#timeline .js-plotly-plot");
              const trace = plot.data.find(({ mode }) => mode === "markers");
              const number = trace.marker.symbol.indexOf(symbol);
              const point = plot.querySelectorAll(".scatterlayer .points path")[number];
              const { x, y, width, height } = point.getBoundingClientRect();
              return [x + width / 2, y + height / 2];
            }""",
            kind,
        )
    )


class TestTimeline:
    def test_shades_both_clocks_where_they_were_measured(self, page):
        detection, cancellation = shapes(page)
        assert detection == pytest.approx((ONSET_S, DECISION_S), abs=TOLERANCE_S)
        assert cancellation == pytest.approx((DECISION_S, SILENT_S), abs=TOLERANCE_S)

    def test_draws_each_side_where_it_is_audible(self, page):
        for side, first_s in ((0, ONSET_S), (1, 1.0)):
            drawn = waveform(page, side)
            loud = [x for x, y in zip(drawn["x"], drawn["y"], strict=True) if abs(y) > 0.02]
            assert min(loud) == pytest.approx(first_s, abs=0.05)

    def test_zooms_from_the_whole_call_to_10_ms_of_fine_bins(self, page):
        assert shown(page) == (0, 10)
        page.locator("#timeline").hover(position={"x": 500, "y": 100})
        page.keyboard.down("Control")
        for _ in range(30):
            page.mouse.wheel(0, -150)
        page.keyboard.up("Control")
        page.wait_for_function("barge.timeline.to - barge.timeline.from < 0.010001")
        page.wait_for_function(
            """() => {
              const { x } = document.querySelector("#timeline .js-plotly-plot").data.at(-1);
              return Math.abs(x[1] - x[0] - 0.00025) < 1e-9;
            }"""
        )

    def test_a_drag_moves_the_stretch_that_is_shown(self, page):
        page.evaluate("barge.timeline.show(4, 6)")
        box = page.locator("#timeline").bounding_box()
        page.mouse.move(box["x"] + 600, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(box["x"] + 400, box["y"] + 100, steps=4)
        page.mouse.up()
        begin, end = shown(page)
        assert end - begin == pytest.approx(2)
        per_pixel = 2 / page.evaluate("barge.timeline.box.width")
        assert begin == pytest.approx(4 + 200 * per_pixel, abs=0.02)

    def test_the_overview_takes_one_to_where_one_clicks(self, page):
        page.evaluate("barge.timeline.show(0, 1)")
        box = page.evaluate("barge.timeline.box")
        page.locator("#overview").click(position={"x": 74 + box["width"] / 2, "y": 20})
        assert shown(page) == pytest.approx((4.5, 5.5), abs=0.02)

    def test_what_it_shows_stands_in_tables_as_well(self, page):
        page.get_by_text("The timeline as a table").click()
        rows = page.locator("#events-table tbody tr").all_inner_texts()
        assert rows[:2] == [
            "3.75 s\toutput paused",
            "3.75 s\tdecision to pause, by vad, 1000 ms queued",
        ]


class TestAudio:
    def test_plays_both_sides_in_step(self, page):
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            """() => {
              const [caller, agent] = barge.player.places;
              return caller > 0.3 && Math.abs(caller - agent) < 0.03;
            }"""
        )
        expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")

    def test_either_side_can_be_heard_alone(self, page):
        heard = {}
        for side in ("caller", "agent", "both"):
            page.get_by_role("radio", name=side).check()
            heard[side] = page.evaluate("barge.player.heard")
        assert heard == {"caller": [True, False], "agent": [False, True], "both": [True, True]}

    def test_a_click_on_a_mark_plays_from_a_second_before(self, page):
        page.mouse.click(*mark_place(page, "diamond"))
        page.wait_for_function("barge.player.playing")
        begun = page.evaluate("barge.player.at")
        assert DECISION_S - 1.0 - TOLERANCE_S <= begun < DECISION_S
        assert "decision to pause" in page.locator("#now").inner_text()

    def test_a_barge_in_is_heard_by_its_button(self, page):
        page.locator("#overlap-1 .hear").first.click()
        page.wait_for_function("barge.player.playing")
        assert ONSET_S - 1.0 - TOLERANCE_S <= page.evaluate("barge.player.at") < ONSET_S
        expect(page.locator("#overlap-1")).to_have_class("overlap chosen")


class TestKeyboard:
    def test_arrows_go_to_the_next_event_and_back(self, page):
        told = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
            told.append(page.locator("#now").inner_text())
        assert told[0].startswith("Barge-in 1 of 1 at 0:03.20: yielded")
        assert told[1] not in (told[0], "")
        assert told[2] == told[0]

    def test_zoom_and_who_is_heard_have_keys(self, page):
        page.keyboard.press("+")
        assert shown(page)[1] - shown(page)[0] == pytest.approx(5)
        page.keyboard.press("0")
        assert shown(page) == (0, 10)
        page.keyboard.press("2")
        assert page.evaluate("barge.player.heard") == [True, False]

    def test_everything_is_reached_with_the_tab_key(self, page):
        page.locator(".skip").focus()
        reached = set()
        for _ in range(24):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.name"))
        assert {"play", "position", "solo", "rate", "timeline"} <= reached


class TestText:
    def test_what_a_caller_said_stays_text(self, page):
        assert page.locator(".turns td.said", has_text=WORDS).count() == 1
        assert page.evaluate("window.hacked") is None
        assert page.locator("main img").count() == 0

    def test_so_it_does_in_a_finding_and_in_the_plot(self, page):
        expect(page.locator("#overlap-1 .finding li").first).to_contain_text(WORDS)
        page.evaluate("barge.timeline.show(3, 4)")
        expect(page.locator("#timeline .bartext", has_text="<img src=x").first).to_be_visible()


LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("reader", LOOKS.values(), ids=LOOKS, indirect=True)
def test_nothing_is_wider_than_the_screen(reader, report):
    page = reader.open(report)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("reader", [LOOKS["light"]], indirect=True)
def test_it_turns_dark_with_the_reader_s_preference(reader, report):
    page = reader.open(report)
    light = page.evaluate("document.querySelector('#timeline .js-plotly-plot').layout.font.color")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "(was) => document.querySelector('#timeline .js-plotly-plot').layout.font.color !== was",
        arg=light,
    )


@pytest.fixture(scope="module")
def redacted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("redacted")
    return write_report(folder / "report", call_folder(folder / "made"), redact=True)


class TestRedacted:
    def test_no_file_holds_a_word_or_a_sample(self, redacted):
        root = redacted.parent.parent
        files = [file for file in root.rglob("*") if file.is_file() and file.name != "plotly.js"]
        assert not [file for file in files if "hacked" in file.read_text(encoding="utf-8")]
        assert {file.suffix for file in files} == {".html", ".js", ".css"}
        assert not list(root.rglob("tile-*"))

    def test_the_page_is_read_without_them(self, reader, redacted):
        page = reader.open(redacted)
        assert len(shapes(page)) == 2
        assert page.locator("#play").count() == 0
        page.keyboard.press("ArrowRight")
        expect(page.locator("#now")).to_contain_text("yielded")
