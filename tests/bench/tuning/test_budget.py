"""A budget: how it is written, and whether it holds."""

from __future__ import annotations

import pytest

from livekit_barge.bench.tuning.budget import Budget
from livekit_barge.errors import SettingsError
from tests.bench.tuning.made import tally


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("false_stop<=20%", True),
        ("false_stop<=10%", False),
        ("false_stop <= 0.2, missed<=0%", True),
        ("time_to_yield_p50<=300ms", True),
        ("time_to_yield_p50<=0.25s", False),
        ("dead_air_p90<=0.2", True),
        ("", True),
    ],
)
def test_it_holds_or_not(text, holds):
    spent = tally(yields_s=[0.3] * 10, false_stops=2)
    assert Budget.parse(text).holds(spent) is holds


def test_a_miss_counts_against_it():
    spent = tally(yields_s=[0.3] * 9, missed=1)
    assert Budget.parse("missed<=1%").excesses(spent) == (pytest.approx(0.09),)


def test_of_nothing_it_holds():
    assert Budget.parse("false_stop<=0%").holds(tally(yields_s=[0.3], holds=0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("false_stop", "is no limit"),
        ("false_stops<=5%", "did you mean false_stop?"),
        ("false_stop<=5", "did you mean 5%?"),
        ("false_stop<=5ms", "give a share"),
        ("dead_air_p50<=5%", "give seconds"),
        ("missed<=1.2.3%", "is no number"),
    ],
)
def test_what_is_no_budget_is_one_line(text, said):
    with pytest.raises(SettingsError) as caught:
        Budget.parse(text)
    assert said in str(caught.value)
