"""Figures withheld because of leakage, and the warnings about it."""

from __future__ import annotations

import re
from pathlib import Path

from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import COVERED, Leakage
from livekit_barge.measure.leakage_warnings import caveats
from livekit_barge.measure.leakage_withheld import withheld
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.offline_turns import measure_turns


def turns(caller: Burst, agent: Burst):
    return measure_turns([caller], [agent], [], Limits.load(), ended_s=20.0)


def leakage(**fields) -> Leakage:
    return Leakage(
        **{
            "channel": 0,
            "delay_s": 0.12,
            "drift_s": 0.0,
            "level_db": -20.0,
            "left_db": -30.0,
            "began_s": 2.16,
            "ended_s": 60.0,
        }
        | fields
    )


class TestWithheld:
    agent = Burst(1.0, 4.0, -20.0)

    def test_an_onset_that_does_not_clear_it_cannot_be_measured(self):
        caller = Burst(3.5, 5.0, -40.0, flags=frozenset({COVERED[0]}))
        kept, count = withheld(turns(caller, self.agent), [caller], [self.agent])
        [overlap] = [overlap for turn in kept for overlap in turn.overlaps]
        assert (count, overlap.outcome, overlap.time_to_yield_s) == (1, "unmeasurable", None)
        assert "does not clear" in overlap.reason

    def test_one_that_clears_it_keeps_its_figures(self):
        caller = Burst(3.5, 5.0, -20.0)
        measured = turns(caller, self.agent)
        assert withheld(measured, [caller], [self.agent]) == (measured, 0)

    def test_an_agents_end_in_doubt_is_no_figure(self):
        caller = Burst(3.5, 5.0, -20.0)
        agent = Burst(1.0, 4.0, -20.0, flags=frozenset({COVERED[1]}))
        assert withheld(turns(caller, agent), [caller], [agent])[1] == 1


class TestCaveats:
    def test_an_echo_is_told_with_delay_and_level(self):
        [caveat] = caveats([leakage()], caller=0)
        assert caveat.code == "echo"
        assert "of the agent on the caller's channel at −20 dB, 120 ms late" in caveat.text

    def test_crosstalk_of_the_caller_is_told_as_such(self):
        [caveat] = caveats([leakage(channel=1, delay_s=0.0)], caller=0)
        assert caveat.code == "crosstalk"
        assert "of the caller on the agent's channel" in caveat.text

    def test_a_drift_is_told(self):
        [caveat] = caveats([leakage(drift_s=-0.026)], caller=0)
        assert "drifting by -26 ms" in caveat.text

    def test_what_hides_callers_is_told(self):
        assert [c.code for c in caveats([leakage(left_db=-12)], 0)] == ["echo", "leakage_loud"]

    def test_overlaps_that_it_covers_are_counted(self):
        assert "3 overlaps" in [*caveats([leakage()], 0, withheld=3)][-1].text

    def test_where_it_is_scored_that_is_said(self):
        [caveat] = caveats([leakage(left_db=-12)], 0, scored=True)
        assert "it is scored as it was heard" in caveat.text


def test_the_docs_name_every_warning_of_it():
    page = (Path(__file__).parents[3] / "docs" / "recordings.md").read_text(encoding="utf-8")
    table = page.split("<!-- leakage -->")[1].split("<!-- /leakage -->")[0]
    told = [*caveats([leakage(left_db=-12), leakage(delay_s=0.0)], 0, withheld=1)]
    assert {caveat.code for caveat in told} | {"looks_swapped"} == set(
        re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    )
