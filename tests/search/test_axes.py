"""The axes of a sweep, and how they are written."""

from __future__ import annotations

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.search.axes import BASE, Axis, Setting, check_axes, grid, one_at_a_time
from livekit_barge.suites.suite import Suite


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("min_interruption_duration=0.1:0.6:0.1", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
        ("min_interruption_words=0,1,2", (0, 1, 2)),
        ("false_interruption_timeout=off,1", (None, 1.0)),
        ("queue_s=0.2", (0.2,)),
        ("tts_chunk_s=0.1, 1", (0.1, 1.0)),
    ],
)
def test_an_axis_is_read(text, values):
    assert Axis.parse(text).values == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_interruption_duration", "has no values"),
        ("min_interuption_duration=1", "did you mean min_interruption_duration?"),
        ("min_interruption_duration=0.1:0.6", "is not a range"),
        ("min_interruption_duration=0.6:0.1:0.1", "from the lowest up"),
        ("min_interruption_duration=500", "did you mean 0.5?"),
        ("queue_s=much", "give a number"),
    ],
)
def test_what_is_no_axis_is_one_line(text, said):
    with pytest.raises(SettingsError) as caught:
        Axis.parse(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("--vary: ")


AXES = [Axis("min_interruption_words", (0, 1)), Axis("queue_s", (0.2, 1.0))]


def test_one_at_a_time_changes_one():
    names = [setting.name for setting in one_at_a_time(AXES)]
    assert names == [
        "base",
        "min_interruption_words=0",
        "min_interruption_words=1",
        "queue_s=0.2",
        "queue_s=1.0",
    ]


def test_a_grid_has_every_combination():
    assert [setting.changes for setting in grid(AXES)][1:] == [
        (("min_interruption_words", w), ("queue_s", q)) for w in (0, 1) for q in (0.2, 1.0)
    ]


def test_a_grid_that_no_one_can_wait_for_is_refused():
    axes = [Axis(name, tuple(range(100))) for name in ("a", "b", "c")]
    with pytest.raises(SettingsError, match="1000000 combinations"):
        grid(axes)


def test_an_axis_given_twice_is_refused():
    with pytest.raises(SettingsError, match="given twice"):
        check_axes([AXES[0], AXES[0]])


class TestCase:
    case = Suite.load("classic").cases(seed=1)[0]

    def test_a_knob_is_put_over_the_presets(self):
        changed = Setting((("min_interruption_words", 2),)).of(self.case)
        assert changed.chosen().knobs["min_interruption_words"] == 2

    def test_the_line_and_the_models_can_be_changed(self):
        changed = Setting((("queue_s", 1.0), ("tts_chunk_s", 0.5))).of(self.case)
        assert (changed.conditions.queue_s, changed.timing.tts_chunk_s) == (1.0, 0.5)

    def test_the_call_stays_the_same(self):
        changed = Setting((("queue_s", 1.0),)).of(self.case)
        assert changed.script == self.case.script

    def test_every_setting_of_a_call_has_its_own_name(self):
        names = {setting.of(self.case).case_id for setting in (BASE, *one_at_a_time(AXES))}
        assert len(names) == 5
