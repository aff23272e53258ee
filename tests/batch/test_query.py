"""What DuckDB sums up is what the scorecards say."""

from __future__ import annotations

import json

import pytest

from livekit_barge.errors import IntakeError
from livekit_barge.measure.statistics import Measured, Rate
from livekit_barge.measure.totals import Tally
from tests.measure.test_scorecard import card, overlap

duckdb = pytest.importorskip("duckdb")

MISS = overlap("missed", 3.0, lower_bound=True)


@pytest.fixture
def query(tmp_path):
    """``query(card, …)``: asks a directory of just those results."""
    from livekit_barge.batch.query import Query

    def of(*cards):
        for number, each in enumerate(cards):
            folder = tmp_path / "scores" / f"it's-{number}"
            folder.mkdir(parents=True)
            (folder / "scorecard.json").write_text(json.dumps(each.to_json()))
        return Query(tmp_path / "scores")

    return of


class TestGroups:
    def test_add_up_like_the_scorecards(self, query):
        overlaps = [
            overlap("yielded", 0.4),
            overlap("late", 1.4),
            MISS,
            overlap("held"),
            overlap("false_stop", dead_air_s=0.5),
            overlap("false_stop"),
            overlap("natural_end"),
            overlap("missed", 3.0, agent_over_caller=True),
            overlap("false_stop", dead_air_s=2.0, agent_over_caller=True),
        ]
        [group] = query(card(*overlaps[:3]), card(*overlaps[3:])).groups(["source"])
        tally = Tally.of(overlaps)
        assert (group.values, group.calls, group.duration_s) == (("vapi",), 2, 120.0)
        assert (group.yield_rate, group.hold_rate) == (tally.yield_rate, tally.hold_rate)
        assert group.time_to_yield == tally.time_to_yield
        assert (group.dead_air_s, group.dead_air_unknown) == (0.5, 1)
        assert [each.seconds for each in tally.dead_air.values] == [0.5]

    def test_a_call_without_overlaps_counts_as_a_call(self, query):
        [group] = query(card()).groups(["source"])
        assert (group.calls, group.yield_rate, group.time_to_yield.at(50)) == (1, Rate(0, 0), None)

    def test_a_lower_bound_stays_one(self, query):
        [group] = query(card(MISS)).groups(["source"])
        assert group.time_to_yield.at(50) == Measured(3.0, lower_bound=True)

    def test_weeks_are_iso_weeks_in_utc(self, query):
        sunday = card(started_at="2026-01-04T23:59:59+00:00")
        monday = card(started_at="2026-01-05T00:00:00+00:00")
        groups = query(sunday, monday, card()).groups(["week"])
        assert [group.values for group in groups] == [("2026-W01",), ("2026-W02",), ("–",)]

    def test_keys_combine(self, query):
        groups = query(
            card(preset="snappy", file="may/a.wav"), card(preset="patient", file="june/b.wav")
        ).groups(["preset", "folder"])
        assert [group.values for group in groups] == [("patient", "june"), ("snappy", "may")]

    def test_an_unknown_key_is_refused(self, query):
        with pytest.raises(IntakeError, match="one of source, preset, week, folder"):
            query(card()).groups(["colour"])


class TestWorst:
    def test_the_most_misses_come_first(self, query):
        found = query(
            card(overlap("late", 2.0), file="once.wav"),
            card(MISS, MISS, file="twice.wav"),
            card(overlap("yielded", 0.3), file="fine.wav"),
            card(overlap("false_stop", dead_air_s=2.0), file="stopped.wav"),
        ).worst(10)
        assert [call.file for call in found] == ["twice.wav", "once.wav", "stopped.wav"]

    def test_a_dead_air_that_is_not_known_is_counted(self, query):
        [call] = query(card(overlap("false_stop"), overlap("false_stop", dead_air_s=2.0))).worst(1)
        assert (call.dead_air_s, call.dead_air_unknown) == (2.0, 1)

    def test_no_more_than_asked(self, query):
        assert len(query(card(MISS, file="a"), card(MISS, file="b")).worst(1)) == 1


def test_a_result_that_is_no_json_is_told_in_one_line(query, tmp_path):
    asked = query(card())
    next((tmp_path / "scores").glob("*/scorecard.json")).write_text("{")
    with pytest.raises(IntakeError, match="the results cannot be read"):
        asked.groups(["source"])


@pytest.mark.parametrize("text", ["null", "{}", "[]", "", '{"file": "a", "source": "b"}'])
def test_a_result_that_is_no_scorecard_is_told_in_one_line(query, tmp_path, text):
    query(card(), card(file="other"))
    damaged = next((tmp_path / "scores").glob("*/scorecard.json"))
    damaged.write_text(text)
    with pytest.raises(IntakeError, match="score again") as refused:
        query().groups(["source"])
    assert str(damaged) in str(refused.value) or "Expected OBJECT" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_directory_in_the_place_of_a_scorecard_is_told_in_one_line(query, tmp_path):
    query(card())
    (tmp_path / "scores" / "odd" / "scorecard.json").mkdir(parents=True)
    with pytest.raises(IntakeError, match=r"odd/scorecard\.json: not a scorecard – .* score again"):
        query()


def test_a_directory_whose_name_is_a_pattern_is_itself(query, tmp_path):
    from livekit_barge.batch.query import Query

    query(card(source="vapi"))
    (tmp_path / "scores").rename(tmp_path / "a1")
    query(card(source="retell"))
    (tmp_path / "scores").rename(tmp_path / "a[1]")
    [group] = Query(tmp_path / "a[1]").groups(["source"])
    assert group.values == ("retell",)


def test_a_directory_whose_name_is_no_text_is_told(query, tmp_path):
    from livekit_barge.batch.query import Query

    query(card())
    odd = (tmp_path / "scores").rename(tmp_path / "a\udcff")
    with pytest.raises(IntakeError, match="its name is not UTF-8 – rename it"):
        Query(odd)
