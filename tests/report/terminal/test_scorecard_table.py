"""The terminal's words, and the pages on scorecards against the code."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from livekit_barge.call.formats import SCORECARD_SCHEMA
from livekit_barge.intake.sources import SOURCES
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.scorecard import Caveat, Check
from livekit_barge.measure.statistics import Measured, Percentiles, Rate
from livekit_barge.report.terminal.scorecard_table import as_percentiles, as_rate, render_scorecard
from tests.measure.test_scorecard import card, overlap

PAGES = Path(__file__).parents[3] / "docs"
DOCS = (PAGES / "recordings.md").read_text(encoding="utf-8")
REFERENCE = (PAGES / "reference" / "scorecard.md").read_text(encoding="utf-8")


def shown(card) -> str:
    console = Console(width=200, file=StringIO())
    console.print(render_scorecard(card))
    return console.file.getvalue()


class TestDocs:
    def section(self, mark: str) -> str:
        return (DOCS + REFERENCE).split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0]

    def named(self, text: str) -> set[str]:
        """What stands in the first column of a table."""
        firsts = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        return {name for first in firsts for name in re.findall(r"`(\w+)`", first)}

    def test_name_each_field_of_the_document(self):
        document = card(overlap("yielded", 0.4)).to_json()
        cards, overlaps = self.section("fields").split("An overlap:")
        assert self.named(cards) == set(document)
        assert self.named(overlaps) == set(document["overlaps"][0])

    def test_name_each_field_of_the_summary(self):
        row = re.search(r"^\| `summary` \| (.*) \|$", REFERENCE, re.MULTILINE)[1]
        assert re.findall(r"`(\w+)`", row) == list(card().to_json()["summary"])

    def test_name_each_field_of_a_rate_and_of_times(self):
        named = REFERENCE[REFERENCE.index("A rate is `count`") :]
        rate, times = named.split("Times are")
        assert re.findall(r"`(\w+)`", rate) == list(Rate(1, 2).to_json())
        assert re.findall(r"`(\w+)`", times) == list(Percentiles(()).to_json())

    def test_name_the_sources_and_the_schema(self):
        assert re.findall(r"`([\w-]+)`", self.section("sources")) == list(SOURCES)
        assert SCORECARD_SCHEMA in REFERENCE

    def test_state_the_limits_of_the_thresholds(self):
        limits = Limits.load()
        assert f"({limits.stop_min_s:g} s where it made fewer than eight)" in DOCS
        assert f"within {limits.missed_after_s:g} s of the onset" in DOCS
        assert f"of a backchannel within {limits.yield_within_s:g} s" in DOCS
        assert f"Sooner than\n  {limits.reaction_min_s:g} s" in DOCS
        assert f"at most {limits.backchannel_max_s:g} s" in DOCS


class TestWords:
    def test_a_rate_has_its_denominator_and_its_interval(self):
        assert as_rate(Rate(2, 17)) == "2/17 (12 %, 3 to 35)"

    def test_all_but_one_is_never_all(self):
        assert as_rate(Rate(999, 1000)).startswith("999/1000 (99 %")
        assert as_rate(Rate(1, 1000)).startswith("1/1000 (1 %")
        assert as_rate(Rate(1000, 1000)) == "1000/1000 (100 %, 99 to 100)"

    def test_a_rate_of_nothing_is_a_dash(self):
        assert as_rate(Rate(0, 0)) == "–"

    def test_a_cancellation_says_how_many_it_leaves_out(self):
        quiet = overlap("yielded", 0.2, detection_s=0.2, quiet_at_decision=True)
        assert "cancellation – and 1 already quiet" in shown(card(quiet))

    def test_a_lower_bound_is_shown_as_one(self):
        times = Percentiles.of([Measured(0.4), Measured(3.0, lower_bound=True)])
        assert as_percentiles(times) == "p50 400 ms, p90 ≥ 3.0 s, of 2"

    def test_a_name_with_markup_is_shown_as_it_is(self):
        assert "[red]call[/red].wav" in shown(card(file="[red]call[/red].wav"))

    def test_what_a_caller_said_is_no_markup(self):
        assert "“[bold]hi[/bold]”" in shown(card(overlap("held", words="[bold]hi[/bold]")))

    def test_a_warning_comes_with_its_remedy(self):
        made = replace(card(), warnings=(Caveat("clipped", "2 bursts", "lower the level"),))
        assert "clipped: 2 bursts – lower the level" in shown(made)

    def test_each_limit_has_its_words(self):
        text = shown(card(overlap("late", 1.6)))
        assert "yields at least 90 %: missed" in text
        assert "holds at least 50 %: nothing to judge" in text
        assert "p90 time to yield at most 1500 ms: missed" in text
        assert isinstance(card().checks[0], Check)
