"""A call whose clocks are known beforehand is measured within 10 ms of them."""

from __future__ import annotations

import pytest

from livekit_barge.measure.measure_call import measure_call
from tests.measure.known import AGENT_S, DECISION_S, ONSET_S, SILENT_S, write_call


@pytest.fixture(params=[None, -60.0, -50.0], ids=["clean", "noise at -60", "noise at -50"])
def turns(request, tmp_path):
    return measure_call(write_call(tmp_path / "call", noise_dbfs=request.param))


def test_the_detection_clock(turns):
    [overlap] = turns[0].overlaps
    assert overlap.onset_s == pytest.approx(ONSET_S, abs=0.010)
    assert overlap.detection_s == pytest.approx(DECISION_S - ONSET_S, abs=0.010)


def test_the_cancellation_clock(turns):
    [overlap] = turns[0].overlaps
    assert overlap.silent_s == pytest.approx(SILENT_S, abs=0.010)
    assert overlap.cancellation_s == pytest.approx(SILENT_S - DECISION_S, abs=0.010)


def test_the_time_to_yield_is_their_sum(turns):
    [overlap] = turns[0].overlaps
    assert overlap.time_to_yield_s == pytest.approx(SILENT_S - ONSET_S, abs=0.010)
    assert overlap.outcome == "yielded"


def test_the_agents_turn_begins_with_its_first_sample(turns):
    assert turns[0].started_s == pytest.approx(AGENT_S, abs=0.010)


def test_the_truth_lies_within_the_stated_uncertainty(turns):
    [overlap] = turns[0].overlaps
    assert abs(overlap.onset_s - ONSET_S) <= overlap.onset_uncertainty_s
    assert abs(overlap.silent_s - SILENT_S) <= overlap.silent_uncertainty_s
