"""The search, on settings whose calls are reckoned instead of played."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.errors import BargeError, ScriptError
from livekit_barge.frameworks.livekit.presets.preset import Preset, preset_names
from livekit_barge.frameworks.livekit.resolve import resolve_knobs
from livekit_barge.measure.totals import Tally
from livekit_barge.search.axes import BASE, Setting
from livekit_barge.search.budget import Budget
from livekit_barge.search.explain import binding, explain, pruned
from livekit_barge.search.search import search
from livekit_barge.search.setting_judge import Judge, is_better, race, rungs
from livekit_barge.search.space import SPACE
from livekit_barge.search.sweep import Point
from livekit_barge.suites.play_cases import NoEnvironment
from tests.search.made import tally

BUDGET = Budget.parse("false_stop<=20%")


class Reckoning(Judge):
    """A world where a longer min_interruption_duration yields later and stops less for nothing,
    a words gate costs time for nothing, and the rest does nothing at all."""

    played: int = 0
    calls: int = 1
    base_knobs = Preset.load("livekit-defaults").knobs

    @property
    def rungs(self):
        return rungs(self.calls)

    def play(self, settings, first, last):
        self.played += len(settings) * (last - first)
        return [self.point(setting, first, last) for setting in settings]

    def point(self, setting, first, last):
        each = [self.reckon(setting) for _ in range(first, last)]
        return Point(setting, Tally.total(each))

    def reckon(self, setting: Setting):
        knobs = {"min_interruption_duration": 0.5, "min_interruption_words": 0} | setting.knobs
        duration_s = knobs["min_interruption_duration"]
        time_s = duration_s + 0.05 + 0.3 * knobs["min_interruption_words"]
        false_stops = max(round(10 - 20 * duration_s), 0)
        return tally(yields_s=[round(time_s, 3)] * 10, false_stops=false_stops)


@pytest.fixture
def judge() -> Reckoning:
    return Reckoning([], Path())


def chosen(judge: Reckoning, seed: int = 0) -> Point:
    found = search(judge, BUDGET, trials=8, seed=seed)
    return pruned(judge, BUDGET, found.chosen)


def test_it_finds_the_soonest_within_the_budget(judge):
    assert chosen(judge).setting.knobs["min_interruption_duration"] == 0.4


def test_what_makes_no_difference_is_left_out(judge):
    assert chosen(judge).setting.name == "min_interruption_duration=0.4"


def test_what_gains_less_than_anyone_hears_is_left_out():
    class Slightly(Reckoning):
        """A lower threshold is 3 ms sooner."""

        def reckon(self, setting):
            found = super().reckon(setting)
            sooner_s = 0.003 if setting.knobs.get("activation_threshold") == 0.3 else 0.0
            times_s = [value.seconds - sooner_s for value in found.time_to_yield.values]
            return tally(yields_s=times_s, false_stops=found.false_stop_rate.count)

    assert chosen(Slightly([], Path())).setting.name == "min_interruption_duration=0.4"


def test_a_seed_gives_the_same_search(judge):
    again = Reckoning([], Path())
    assert chosen(judge) == chosen(again)
    assert list(judge.points) == list(again.points)


class Refusing(Reckoning):
    """The quickest settings cannot be played at all, and so have no false stop."""

    def point(self, setting, first, last):
        if setting.knobs.get("min_interruption_duration", 0.5) < 0.5:
            return Point(setting, tally(yields_s=[], holds=0), failed=("refused",))
        return super().point(setting, first, last)


def test_a_setting_whose_calls_cannot_be_played_is_not_chosen():
    found = search(Refusing([], Path()), BUDGET, trials=8)
    assert not found.chosen.failed
    assert not any(point.failed for point in found.front)


def test_a_suite_that_cannot_be_played_under_the_base_is_refused():
    class Broken(Reckoning):
        def point(self, setting, first, last):  # noqa: ARG002
            return Point(setting, tally(yields_s=[]), failed=("no voice",))

    with pytest.raises(BargeError, match="no voice"):
        search(Broken([], Path()), BUDGET, trials=8)


def test_a_suite_with_nothing_to_yield_to_is_refused_after_the_base():
    class Silent(Reckoning):
        def reckon(self, setting):  # noqa: ARG002
            return tally(yields_s=[])

    judge = Silent([], Path())
    with pytest.raises(ScriptError, match="no event to yield to"):
        search(judge, BUDGET, trials=8)
    assert list(judge.points) == [BASE]


def test_of_two_without_a_barge_in_neither_is_better():
    one = Point(BASE, tally(yields_s=[]))
    assert not is_better(one, one, BUDGET)


@pytest.mark.parametrize("name", preset_names())
def test_a_shipped_preset_takes_every_value_of_the_space(name):
    for axis in SPACE:
        for value in axis.values:
            preset = Preset(name, **Preset.load(name).knobs | {axis.name: value})
            resolve_knobs(preset, {}, NoEnvironment()).session_arguments({})


def test_no_setting_is_played_twice(judge):
    chosen(judge)
    assert judge.played == len(judge.points)


def test_no_call_is_played_twice_under_a_setting():
    class Noting(Reckoning):
        calls = 8

        def play(self, settings, first, last):
            met.extend((setting, call) for setting in settings for call in range(first, last))
            return super().play(settings, first, last)

    met: list[tuple[Setting, int]] = []
    chosen(Noting([], Path()))
    assert len(met) == len(set(met))


def test_each_change_says_what_it_bought(judge):
    (change,) = explain(judge, chosen(judge))
    assert "0.10 s less time to yield" in str(change)
    assert "2 more false stops of 10" in str(change)


def test_a_budget_that_cannot_be_met_says_which_limit_binds_and_by_how_much(judge):
    budget = Budget.parse("time_to_yield_p50<=0.05s, false_stop<=0%")
    found = search(judge, budget, trials=8)
    assert not found.within_budget
    assert binding(budget, found.points) == [
        "time_to_yield_p50 ≤ 50 ms cannot be met: the best is 100 ms, 50 ms over"
    ]


def test_limits_that_only_fail_together_are_told_so(judge):
    budget = Budget.parse("time_to_yield_p50<=0.3s, false_stop<=0%")
    found = search(judge, budget, trials=8)
    assert "each limit can be met, not all at once" in binding(budget, found.points)[0]


class Long(Reckoning):
    """The same world, judged by eight calls."""

    calls = 8


def test_a_setting_that_falls_behind_on_the_first_calls_meets_no_more():
    judge = Long([], Path())
    base = judge.judge([BASE])[0]
    judge.played = 0
    slower = Setting((("min_interruption_duration", 0.8),))
    assert race(judge, BUDGET, [slower], base) == []
    assert judge.played == 2


def test_a_setting_that_stays_ahead_meets_every_call_once():
    judge = Long([], Path())
    base = judge.judge([BASE])[0]
    judge.played = 0
    sooner = Setting((("min_interruption_duration", 0.4),))
    (point,) = race(judge, BUDGET, [sooner], base)
    assert judge.played == 8
    assert point == Long([], Path()).judge([sooner])[0]


def test_a_setting_is_dropped_once_it_is_certain_to_break_the_budget():
    judge = Long([], Path())
    base = judge.judge([BASE])[0]
    judge.played = 0
    quick = Setting((("min_interruption_duration", 0.05),))
    assert race(judge, Budget.parse("false_stop<=20%"), [quick], base) == []
    assert judge.played == 2


def test_racing_on_eight_calls_chooses_what_judging_all_of_them_would():
    judge = Long([], Path())
    assert chosen(judge).setting.name == "min_interruption_duration=0.4"


def test_a_change_to_the_value_of_the_base_is_not_played_again(judge):
    judge.judge([BASE])
    judge.judge([Setting((("min_interruption_duration", 0.5),))])
    assert judge.played == 1
