"""A budget: how it is written, and whether it holds."""

from __future__ import annotations

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.search.budget import Budget
from tests.search.made import tally


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("false_stop<=20%", True),
        ("false_stop<=10%", False),
        ("false_stop <= 0.2, missed<=0%", True),
        ("time_to_yield_p50<=300ms", True),
        ("time_to_yield_p50<=0.25s", False),
        ("dead_air_p90<=0.2", True),
    ],
)
def test_it_holds_or_not(text, holds):
    spent = tally(yields_s=[0.3] * 10, false_stops=2)
    assert Budget.parse(text).holds(spent) is holds


def test_a_miss_counts_against_it():
    spent = tally(yields_s=[0.3] * 9, missed=1)
    assert Budget.parse("missed<=1%").excesses(spent) == (pytest.approx(0.09),)


def test_a_limit_that_is_met_exactly_holds():
    spent = tally(yields_s=[], holds=125, false_stops=7)
    assert Budget.parse("false_stop<=5.6%").holds(spent)
    assert not Budget.parse("false_stop<=5.5999%").holds(spent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("false_stop<=0.01%", "false_stop ≤ 0.01 %"),
        ("missed<=0.2", "missed ≤ 20 %"),
        ("false_stop<=100%", "false_stop ≤ 100 %"),
        ("time_to_yield_p50<=201ms", "time_to_yield_p50 ≤ 201 ms"),
        ("time_to_yield_p50<=1.25s", "time_to_yield_p50 ≤ 1.25 s"),
    ],
)
def test_it_says_what_was_asked(text, said):
    assert str(Budget.parse(text)) == said


@pytest.mark.parametrize(
    ("text", "spent", "unjudged"),
    [
        ("false_stop<=5%", tally(yields_s=[0.3], holds=0), ["false_stop"]),
        ("dead_air_p50<=1s", tally(yields_s=[0.3], holds=0), ["dead_air_p50"]),
        ("dead_air_p50<=1s", tally(yields_s=[0.3], holds=1), []),
        ("missed<=5%, time_to_yield_p90<=1s", tally(yields_s=[]), ["missed", "time_to_yield_p90"]),
        ("broken<=5%, missed<=5%", tally(yields_s=[0.3]), ["broken"]),
    ],
)
def test_a_limit_without_an_event_of_its_kind_had_nothing_to_judge(text, spent, unjudged):
    assert Budget.parse(text).unjudged(spent) == [f"{name}: nothing to judge" for name in unjudged]


def test_of_nothing_it_holds():
    assert Budget.parse("false_stop<=0%").holds(tally(yields_s=[0.3], holds=0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("false_stop", "is not a limit"),
        ("false_stops<=5%", "did you mean false_stop?"),
        ("false_stop<=5", "did you mean 5%?"),
        ("false_stop<=5ms", "give a share"),
        ("dead_air_p50<=5%", "give seconds"),
        ("missed<=1.2.3%", "is not a number"),
        ("", "no limit – such as"),
        (" , ", "no limit – such as"),
        ("false_stop<=1", "did you mean 1%?"),
        ("false_stop<=500", "give at most 100 %"),
        ("false_stop<=500%", "false_stop is 500% – give at most 100 %"),
        ("time_to_yield_p50<=400", "did you mean 400ms?"),
        ("time_to_yield_p50<=400s", "did you mean 400ms?"),
        ("dead_air_p90<=100000", "give at most 60 s"),
        ("dead_air_p90<=100000ms", "give at most 60 s"),
    ],
)
def test_what_is_no_budget_is_one_line(text, said):
    with pytest.raises(SettingsError) as caught:
        Budget.parse(text)
    assert said in str(caught.value)
