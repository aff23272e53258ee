"""A call, measured, and what is left of it when it is redacted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from livekit_barge.call.events import Transcript
from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import RuleLimits
from livekit_barge.errors import CallError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import without_overlaps
from livekit_barge.measure.turns import Turn
from livekit_barge.report.html.call_data import open_subject, redacted, turns_of
from tests.report.html.made import WORDS, call_folder, card, finding


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return call_folder(tmp_path_factory.mktemp("calls") / "made")


class TestTurns:
    def test_are_those_that_were_measured(self, folder):
        made = open_subject(folder, ScoreOptions())
        assert list(made.turns) == measure_call(Call.open(folder))

    def test_get_their_overlaps_back_from_a_card(self):
        def overlap(onset_s: float | None, decision_s: float | None = None) -> Overlap:
            return Overlap(
                onset_s=onset_s, decision_s=decision_s, talk_over_s=0.1, outcome="yielded"
            )

        agent = Turn(
            speaker="agent", started_s=1.0, ended_s=4.0, overlaps=(overlap(2.0), overlap(3.0))
        )
        caller = Turn(speaker="caller", started_s=2.0, ended_s=5.0)
        later = Turn(speaker="agent", started_s=6.0, ended_s=9.0, overlaps=(overlap(None, 7.0),))
        turns = (agent, caller, later)
        overlaps = [overlap for turn in turns for overlap in turn.overlaps]
        assert turns_of(card("a", *overlaps, turns=without_overlaps(turns))) == turns


def test_is_diagnosed_by_the_limits_that_were_given(folder):
    strict = replace(RuleLimits.load(), leak_min_s=0.05)  # it leaks 0.08 s
    assert open_subject(folder, ScoreOptions()).findings == ()
    found = open_subject(folder, ScoreOptions(), strict).findings
    assert [finding.code for finding in found] == ["buffered-ahead"]


class TestWithoutAudio:
    @pytest.fixture
    def unheard(self, tmp_path, folder) -> Path:
        """The same call, whose audio was not kept."""
        shutil.copytree(folder, tmp_path / "unheard")
        kept = [json.dumps(turn.to_json()) for turn in measure_call(Call.open(folder))]
        (tmp_path / "unheard/turns.jsonl").write_text("\n".join(kept))
        meta = tmp_path / "unheard/call.json"
        said = json.loads(meta.read_text()) | {"audio_recorded": False}
        meta.write_text(json.dumps(said))
        (tmp_path / "unheard/audio.flac").unlink()
        return tmp_path / "unheard"

    def test_the_turns_are_those_that_were_kept(self, unheard, folder):
        made = open_subject(unheard, ScoreOptions())
        assert made.audio is None
        assert made.turns == open_subject(folder, ScoreOptions()).turns

    def test_turns_that_are_damaged_are_one_line(self, unheard):
        (unheard / "turns.jsonl").write_text('{"speaker": "agent"}')
        with pytest.raises(CallError, match=r"turns\.jsonl: no turns to report"):
            open_subject(unheard, ScoreOptions())


class TestRedacted:
    def test_nothing_that_was_said_is_left(self, folder):
        made = replace(open_subject(folder, ScoreOptions()), findings=(finding(),))
        left = redacted(made)
        assert "Wait" in repr(made.turns) + repr(made.events)
        for part in (left.card, left.turns, left.events, left.findings):
            assert "Wait" not in repr(part)
        assert any(isinstance(event, Transcript) for event in left.events)

    def test_figures_stay(self, folder):
        made = open_subject(folder, ScoreOptions())
        assert redacted(made).card.tally.to_json() == made.card.tally.to_json()

    def test_quoted_and_known_words_leave_a_finding_its_figures_stay(self, folder):
        lines = (f"80 ms after “no idea”, over {WORDS}", "the queue held 80 ms")
        made = replace(open_subject(folder, ScoreOptions()), findings=(finding(evidence=lines),))
        assert redacted(made).findings[0].evidence == (
            "80 ms after “…”, over …",
            "the queue held 80 ms",
        )
