"""A search for a terminal."""

from __future__ import annotations

from rich.console import Console

from livekit_barge.report.terminal.search_tables import render_search
from livekit_barge.search.axes import Setting
from livekit_barge.search.budget import Budget
from livekit_barge.search.search import Found
from tests.search.made import point

BUDGET = Budget.parse("missed<=1%")
BASE = point(0.9, 0)


def printed(found: Found, budget: Budget = BUDGET) -> str:
    console = Console(width=80)
    with console.capture() as shown:
        console.print(*render_search(found, [], budget, []), sep="\n")
    return shown.get()


def words(number: int) -> Setting:
    return Setting((("min_interruption_words", number),))


def test_the_choice_is_marked_on_the_front_or_below_it():
    front = (point(0.2, 2, words(1)), point(0.3, 1, words(2)))
    beaten = point(0.4, 3, words(3))
    for chosen, named in (
        (front[0], ["base", "chosen", "2"]),
        (front[1], ["base", "1", "chosen"]),
        (beaten, ["base", "1", "2", "chosen"]),
    ):
        found = Found(chosen, BASE, front, (BASE, *front, beaten), within_budget=True)
        rows = [line.split()[0] for line in printed(found).splitlines() if "10/10" in line]
        assert rows == named


def test_a_limit_that_judged_nothing_is_told():
    found = Found(BASE, BASE, (BASE,), (BASE,), within_budget=True)
    assert "broken: nothing to judge" in printed(found, Budget.parse("broken<=1%"))
