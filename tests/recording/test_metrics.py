"""Live metrics: what a turn adds to the registry."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY

from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.metrics import CallMetrics, preset_label

_NOT_LOOKED_AT = ("_bucket", "_created")


def added(*overlaps: Overlap, preset: str = "snappy", **turn: Any) -> dict[str, float]:
    """Return what a turn with these overlaps adds, by sample and labels."""
    before = _samples()
    fields = {"speaker": "agent", "started_s": 1.0, "ended_s": 3.0} | turn
    CallMetrics(preset).turn(Turn(**fields, overlaps=overlaps))
    return {
        name: round(value - before.get(name, 0.0), 6)
        for name, value in _samples().items()
        if value != before.get(name, 0.0)
    }


def _samples() -> dict[str, float]:
    found = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name.startswith("livekit_barge") and not sample.name.endswith(_NOT_LOOKED_AT):
                name = sample.name.removeprefix("livekit_barge_")
                found[" ".join([name, *sample.labels.values()])] = sample.value
    return found


def overlap(**fields: Any) -> Overlap:
    default = {
        "onset_s": 1.0,
        "talk_over_s": 0.3,
        "outcome": "yielded",
        "cause": "vad",
        "detection_s": 0.25,
        "cancellation_s": 0.05,
        "time_to_yield_s": 0.3,
    }
    return Overlap(**(default | fields))


def test_a_yield_adds_to_both_clocks_and_to_their_sum():
    assert added(overlap()) == {
        "overlaps_total snappy vad yielded": 1,
        "detection_seconds_count snappy vad yielded": 1,
        "detection_seconds_sum snappy vad yielded": 0.25,
        "cancellation_seconds_count snappy vad yielded": 1,
        "cancellation_seconds_sum snappy vad yielded": 0.05,
        "time_to_yield_seconds_count snappy vad yielded": 1,
        "time_to_yield_seconds_sum snappy vad yielded": 0.3,
    }


def test_a_decision_between_two_sentences_has_no_cancellation():
    assert "cancellation_seconds_count snappy vad yielded" not in added(
        overlap(quiet_at_decision=True)
    )


def test_an_agent_that_came_in_on_the_caller_is_counted_and_not_timed():
    assert added(overlap(agent_over_caller=True)) == {"overlaps_total snappy vad yielded": 1}


def test_a_miss_adds_its_lower_bound():
    missed = overlap(
        outcome="missed", cause=None, detection_s=None, cancellation_s=None, time_to_yield_s=3.0
    )
    assert added(missed) == {
        "overlaps_total snappy none missed": 1,
        "time_to_yield_seconds_count snappy none missed": 1,
        "time_to_yield_seconds_sum snappy none missed": 3.0,
    }


def test_a_clock_that_was_due_and_is_not_known_is_counted_as_unmeasured():
    assert added(overlap(detection_s=None))["unmeasured_total snappy detection"] == 1


def test_a_stop_for_nothing_adds_its_dead_air():
    found = added(overlap(outcome="false_stop", dead_air_s=2.5))
    assert found["dead_air_seconds_sum snappy vad false_stop"] == 2.5
    assert "time_to_yield_seconds_count snappy vad false_stop" not in found


def test_an_answer_adds_its_gap():
    assert added(response_gap_s=0.75)["response_gap_seconds_sum snappy"] == 0.75


@pytest.mark.parametrize(
    ("preset", "label"),
    [(None, "none"), ("snappy", "snappy"), ("/home/me/mine.toml", "file"), ("mine.toml", "file")],
)
def test_a_label_never_holds_a_path(preset, label):
    assert preset_label(preset) == label
