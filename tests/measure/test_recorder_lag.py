"""Figures where the caller's recorder was late."""

import dataclasses

from livekit_barge.call.events import AgentAnchored, CallerAnchored
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.recorder_lag import Lag, lags, withheld
from livekit_barge.measure.turns import Turn

RATES = {"caller": 1_000, "agent": 1_000}
OVERLAP = Overlap(
    onset_s=3.0, silent_s=3.6, time_to_yield_s=0.6, talk_over_s=0.5, outcome="yielded", yielded=True
)


def measured(*found: Lag, overlap: Overlap = OVERLAP) -> Overlap:
    turn = Turn(speaker="agent", started_s=1.0, ended_s=3.6, overlaps=(overlap,))
    [turn] = withheld([turn], found, missed_after_s=3.0)
    return turn.overlaps[0]


def test_a_lag_is_the_step_from_what_was_counted():
    events = [
        CallerAnchored(at_s=0.1, sample=0, reason="first"),
        AgentAnchored(at_s=0.5, sample=0, reason="first"),
        CallerAnchored(at_s=2.13, sample=2_000, reason="gap"),
        AgentAnchored(at_s=3.52, sample=3_000, reason="gap"),
    ]
    assert lags(events, RATES) == [Lag(2.13, 0.03), Lag(3.52, 0.02)]


def test_a_lag_between_onset_and_silence_makes_the_figure_unmeasurable():
    overlap = measured(Lag(3.2, 0.011))
    assert (overlap.outcome, overlap.reason) == (
        "unmeasurable",
        "the recorder lagged by 0.011 s",
    )
    assert (overlap.silent_s, overlap.time_to_yield_s, overlap.yielded) == (None, None, None)


def test_ten_milliseconds_are_borne():
    assert measured(Lag(3.2, 0.010)) == OVERLAP


def test_a_lag_before_or_after_does_no_harm():
    assert measured(Lag(2.9, 0.5), Lag(3.7, 0.05)) == OVERLAP


def test_where_the_agent_went_on_it_counts_until_the_agent_is_taken_to_have_missed_it():
    missed = dataclasses.replace(OVERLAP, silent_s=None, outcome="missed")
    assert measured(Lag(5.9, 0.02), overlap=missed).outcome == "unmeasurable"
    assert measured(Lag(6.1, 0.02), overlap=missed).outcome == "missed"
