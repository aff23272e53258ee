import io

import pytest
from rich.console import Console

from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.report.terminal.turn_table import (
    ComparedLine,
    as_ms,
    clocks,
    comparison_table,
    turn_table,
)

YIELDED = Overlap(
    onset_s=8.9586,
    detection_s=0.2014,
    cancellation_s=0.0055,
    time_to_yield_s=0.2069,
    talk_over_s=0.2069,
    cause="vad",
    outcome="yielded",
    words="Wait [bold]please",
)
MISSED = Overlap(
    onset_s=1.0, time_to_yield_s=3.4, lower_bound=True, talk_over_s=3.0, outcome="missed"
)


def rendered(table, width=100):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return console.file.getvalue()


class TestMilliseconds:
    def test_whole_ones(self):
        assert as_ms(0.4124) == "412 ms"

    def test_nothing_known_is_a_dash_and_zero_is_zero(self):
        assert as_ms(None) == "–"
        assert as_ms(0.0) == "0 ms"

    @pytest.mark.parametrize(("seconds", "text"), [(3.0, "≥ 3.0 s"), (3.09, "≥ 3.0 s")])
    def test_a_lower_bound_is_in_seconds_and_never_rounded_up(self, seconds, text):
        assert as_ms(seconds, lower_bound=True) == text

    def test_both_clocks_stand_with_their_sum(self):
        assert clocks(YIELDED) == "201 + 6 = 207 ms"

    def test_without_a_decision_the_sum_stands_alone(self):
        assert clocks(MISSED) == "≥ 3.4 s"


class TestTurns:
    TURN = Turn(speaker="agent", started_s=7.76, ended_s=9.2, words=None, overlaps=(YIELDED,))

    def test_an_overlap_stands_below_its_turn(self):
        lines = [line.split() for line in rendered(turn_table([self.TURN])).splitlines()]
        (turn,) = (n for n, words in enumerate(lines) if "agent" in words)
        assert lines[turn] == ["7.76", "s", "agent", "–", "–"]
        assert lines[turn + 1][:3] == ["8.96", "s", "overlap"]
        assert "yielded" in lines[turn + 1]

    def test_what_a_caller_said_is_not_taken_for_markup(self):
        assert "Wait [bold]please" in rendered(turn_table([self.TURN]))

    @pytest.mark.parametrize(
        "table", [turn_table([TURN], title="[/a]"), comparison_table([], title="[/a]")]
    )
    def test_nor_is_a_call_s_name(self, table):
        assert "[/a]" in rendered(table)

    def test_on_a_narrow_terminal_only_what_was_said_is_cut(self):
        assert "201 + 6 = 207 ms" in rendered(turn_table([self.TURN]), width=80)


class TestComparison:
    ROW = ComparedLine("Wait", "in mid-word; it should yield", {"slow": MISSED, "quick": YIELDED})

    def test_each_preset_has_its_column(self):
        text = rendered(comparison_table([self.ROW]))
        outcomes = next(line for line in text.splitlines() if "missed" in line)
        assert outcomes.index("missed") < outcomes.index("yielded")
        assert text.index("slow") < text.index("quick")

    def test_a_line_that_fell_on_no_speech_is_a_dash(self):
        text = rendered(comparison_table([ComparedLine("Wait", "in mid-word", {"slow": None})]))
        assert "│ –" in text

    def test_a_stop_that_was_taken_back_says_what_it_cost(self):
        stop = Overlap(onset_s=1.0, talk_over_s=0.2, outcome="false_stop", dead_air_s=1.25)
        assert "then 1250 ms of silence" in rendered(
            comparison_table([ComparedLine("", "", {"a": stop})])
        )
