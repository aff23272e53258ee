"""What overlaps add up to, which limits that meets, and the document that says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import (
    Caveat,
    Channels,
    Scorecard,
    Summary,
    checks,
    passed,
    without_overlaps,
)
from livekit_barge.measure.statistics import Measured, Rate
from livekit_barge.measure.thresholds import ScoreLimits, Thresholds
from tests.measure.timeline import Said, turns

LIMITS = ScoreLimits(yield_rate_min=0.9, hold_rate_min=0.5, p90_time_to_yield_max_s=1.5)


def overlap(outcome: str, time_to_yield_s: float | None = None, **more) -> Overlap:
    return Overlap(
        onset_s=1.0, outcome=outcome, time_to_yield_s=time_to_yield_s, talk_over_s=0.1, **more
    )


def card(*overlaps: Overlap, **more) -> Scorecard:
    fields = {
        "call_id": "a",
        "source": "vapi",
        "capture_point": "import",
        "file": "a.wav",
        "codec": "wav/pcm_16",
        "sample_rate": 16_000,
        "started_at": None,
        "dated_by": None,
        "preset": None,
        "duration_s": 60.0,
        "channels": Channels(0, 1, "source"),
        "alignment_s": None,
        "edge_blur_s": 0.0,
        "limits": LIMITS,
        "overlaps": overlaps,
    }
    return Scorecard(**fields | more)


class TestRates:
    def test_yields_are_of_the_callers_who_wanted_the_floor(self):
        outcomes = ["yielded", "yielded", "late", "missed", "held", "natural_end", "unmeasurable"]
        assert Summary.of(map(overlap, outcomes)).yield_rate == Rate(2, 4)

    def test_holds_are_of_the_sounds_to_hold_through(self):
        outcomes = ["held", "held", "held", "false_stop", "yielded"]
        assert Summary.of(map(overlap, outcomes)).hold_rate == Rate(3, 4)

    def test_an_agent_that_came_in_on_the_caller_is_counted_apart(self):
        summary = Summary.of([overlap("missed", agent_over_caller=True)])
        assert (summary.yield_rate, summary.agent_over_caller) == (Rate(0, 0), 1)


class TestTimes:
    def test_a_miss_is_a_lower_bound_in_the_percentiles(self):
        found = Summary.of([overlap("yielded", 0.4), overlap("missed", 3.0, lower_bound=True)])
        assert found.time_to_yield.at(90) == Measured(3.0, lower_bound=True)

    def test_a_false_stop_has_no_part_in_them(self):
        found = Summary.of([overlap("yielded", 0.4), overlap("false_stop", 0.1)])
        assert found.time_to_yield.at(50) == Measured(0.4)

    def test_a_cancellation_between_two_sentences_is_none(self):
        found = Summary.of([overlap("yielded", 0.2, cancellation_s=0.0, quiet_at_decision=True)])
        assert (found.cancellation.values, found.quiet_at_decision) == ((), 1)

    def test_summaries_add_up_to_that_of_all(self):
        one = [overlap("yielded", 0.4), overlap("held")]
        other = [overlap("missed", 3.0, lower_bound=True), overlap("false_stop", dead_air_s=0.5)]
        one += [overlap("yielded", 0.2, quiet_at_decision=True), overlap("false_stop")]
        added = Summary.total([Summary.of(one), Summary.of(other)])
        assert added.to_json() == Summary.of(one + other).to_json()


class TestLimits:
    def test_a_rate_below_its_limit_falls_short(self):
        made = checks(Summary.of([overlap("yielded", 0.4), overlap("late", 1.2)]), LIMITS)
        assert [check.passed for check in made] == [False, None, True]
        assert not passed(made)

    def test_a_limit_that_is_met_exactly_holds(self):
        limits = replace(LIMITS, yield_rate_min=0.5, p90_time_to_yield_max_s=1.2)
        made = checks(Summary.of([overlap("yielded", 0.4), overlap("late", 1.2)]), limits)
        assert [check.passed for check in made] == [True, None, True]

    def test_nothing_to_judge_passes(self):
        assert passed(checks(Summary.of([]), LIMITS))

    def test_a_file_of_ones_own_changes_one_and_keeps_the_others(self, tmp_path):
        (tmp_path / "own.toml").write_text("[scorecard]\nhold_rate_min = 0.75\n")
        shipped, own = Thresholds.load(), Thresholds.load(tmp_path / "own.toml")
        assert own == replace(shipped, scorecard=replace(shipped.scorecard, hold_rate_min=0.75))

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("hold_rate_min = 75", "give a share"),
            ("p90_time_to_yield_max_s = 1500", "did you mean 1.5"),
            ("hold_rate = 0.5", "did you mean hold_rate_min"),
        ],
    )
    def test_a_limit_that_cannot_be_is_refused(self, tmp_path, line, told):
        (tmp_path / "own.toml").write_text(f"[scorecard]\n{line}\n")
        with pytest.raises(SettingsError, match=told):
            Thresholds.load(tmp_path / "own.toml")


class TestUncertainty:
    def test_is_of_both_edges_the_codec_on_each_and_the_alignment(self):
        measured = overlap("yielded", 0.4, onset_uncertainty_s=0.002, silent_uncertainty_s=0.004)
        made = card(measured, edge_blur_s=0.004, alignment_s=0.028)
        # √(2² + 4² + 4² + 4² + 28²) = √836
        assert made.uncertainty_s(measured) == pytest.approx(0.028914)

    def test_a_lower_bound_has_none(self):
        measured = overlap("missed", 3.0, lower_bound=True, onset_uncertainty_s=0.002)
        assert card(measured).uncertainty_s(measured) is None


class TestDocument:
    def test_reads_back_as_the_same_scorecard(self):
        caller = "....................#########......"
        said = Said(
            "..........#############............",
            decisions=[(2.2, "pause", "vad")],
            held=[(2.2, 4.2)],
            unplayed_s=3.0,
            interrupted_s=4.2,
        )
        measured = turns(caller, said)
        made = card(
            *(overlap for turn in measured for overlap in turn.overlaps),
            warnings=(Caveat("one_clock", "no events"),),
            turns=without_overlaps(measured),
        )
        assert Scorecard.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_an_end_may_be_blurred_more_than_an_onset():
    measured = overlap("yielded", 0.4, onset_uncertainty_s=0.0, silent_uncertainty_s=0.0)
    made = card(measured, edge_blur_s=0.003, end_blur_s=0.004)
    assert made.uncertainty_s(measured) == pytest.approx(0.005)
