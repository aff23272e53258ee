"""A sweep's file, and its front."""

from __future__ import annotations

import json

import pytest

from livekit_barge.call.formats import SWEEP_SCHEMA
from livekit_barge.errors import CallError
from livekit_barge.measure.statistics import Rate
from livekit_barge.suites.sweep_file import read_sweep


def written(folder, points, **more):
    file = folder / "sweep.json"
    file.write_text(json.dumps({"schema": SWEEP_SCHEMA, "points": points} | more))
    return file


def point(name, time_s, stops, **more):
    return {
        "name": name,
        "knobs": {"min_interruption_duration": 0.2},
        "time_to_yield_p50_s": time_s,
        "false_stop_rate": stops,
        **more,
    }


def test_the_front_is_what_no_other_beats_in_both(tmp_path):
    points = [
        point("calm", 0.6, 0.05),
        point("beaten", 0.7, 0.05),
        point("quick", 0.2, 0.4),
        point("its twin", 0.2, 0.4),
        point("beaten too", 0.3, 0.4),
    ]
    sweep = read_sweep(written(tmp_path, points))
    assert [each.name for each in sweep.front] == ["quick", "its twin", "calm"]


def test_a_point_without_a_figure_is_listed_and_not_on_the_front(tmp_path):
    sweep = read_sweep(written(tmp_path, [point("blind", None, 0.0), point("seen", 0.5, 0.1)]))
    assert [each.name for each in sweep.points] == ["blind", "seen"]
    assert [each.name for each in sweep.front] == ["seen"]


def test_rates_come_with_their_denominators(tmp_path):
    stops = {"count": 2, "of": 50}
    sweep = read_sweep(written(tmp_path, [point("a", 0.2, 0.04, false_stops=stops)]))
    assert sweep.points[0].false_stops == Rate(2, 50)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no sweep"),
        ("[]", "not of the schema"),
        ('{"schema": "other"}', "not of the schema"),
        (json.dumps({"schema": SWEEP_SCHEMA}), "points is not a list"),
        (json.dumps({"schema": SWEEP_SCHEMA, "points": [{}]}), r"points\[0\] has no knobs"),
        (
            json.dumps({"schema": SWEEP_SCHEMA, "points": [point("a", "fast", 0.1)]}),
            r"points\[0\].time_to_yield_p50_s is 'fast'",
        ),
        (
            json.dumps({"schema": SWEEP_SCHEMA, "points": [point("a", 0.1, float("nan"))]}),
            r"points\[0\].false_stop_rate is nan",
        ),
    ],
)
def test_a_file_that_is_none_says_where(tmp_path, text, told):
    file = tmp_path / "sweep.json"
    file.write_text(text)
    with pytest.raises(CallError, match=told) as raised:
        read_sweep(file)
    assert str(file) in str(raised.value)
