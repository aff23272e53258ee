"""The scorecard: its totals, the limits that it meets, and its document."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livekit_barge.call.events import OverlappingSpeech
from livekit_barge.errors import SettingsError
from livekit_barge.measure.limits import Limits, ScoreLimits
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Caveat, Channels, Scorecard, without_overlaps
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


class TestLimits:
    def test_a_file_of_ones_own_changes_one_and_keeps_the_others(self, tmp_path):
        (tmp_path / "own.toml").write_text("[scorecard]\nhold_rate_min = 0.75\n")
        shipped, own = Limits.load(), Limits.load(tmp_path / "own.toml")
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
            Limits.load(tmp_path / "own.toml")


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
        verdict = OverlappingSpeech(at_s=2.2, is_interruption=True, probability=0.9, requests=2)
        measured = turns(caller, said, also=[verdict])
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
