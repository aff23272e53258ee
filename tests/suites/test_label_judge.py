"""Events by their labels: a label wins over what the ruler guesses.

::

    0    1    2    3    4    5    6    7    8    9   10
    agent     ====================================             from 1 to 8
    caller              ####                                   the line, from 3 to 4
"""

import dataclasses

import pytest

from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.script.director import PlacedLine
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.stage.voices import SAMPLE_RATE, Speech
from livekit_barge.suites.label_judge import judge_events

LIMITS = Limits.load()
STOPPED = {
    "onset_s": 3.0,
    "decision_s": 3.5,
    "silent_s": 3.6,
    "detection_s": 0.5,
    "cancellation_s": 0.1,
    "time_to_yield_s": 0.6,
    "caller_end_s": 4.0,
    "talked_on": False,
}
WENT_ON = {"onset_s": 3.0, "caller_end_s": 4.0}


def judged(
    expect,
    outcome=None,
    *,
    at_s=3.0,
    next_at_s=None,
    conditions=None,
    agent=(1.0, 8.0),
    again=True,
    **overlap,
):
    """The events of a call with one line, or two, and an overlap if there is an outcome.

    The agent speaks ``again`` at 9 s; the call ends at 12 s.
    """
    import numpy as np

    line = {"say": "Wait!", "at": "in mid-word", "expect": expect}
    begin_s = [at for at in (at_s, next_at_s) if at is not None]
    lines = [line] * len(begin_s)
    content = {"agent": ["Hello."], "caller": lines, "conditions": conditions or {}}
    script = Script.parse(content, name="call")
    speech = Speech(np.ones(SAMPLE_RATE, np.int16), ())
    placed = tuple(
        PlacedLine(said, round(at * SAMPLE_RATE), speech)
        for said, at in zip(script.caller, begin_s, strict=True)
    )
    overlaps = (Overlap(talk_over_s=0.0, outcome=outcome, **overlap),) if outcome else ()
    turns = [Turn(speaker="agent", started_s=agent[0], ended_s=agent[1], overlaps=overlaps)]
    if again:
        turns.append(Turn(speaker="agent", started_s=9.0, ended_s=10.0))
    played = PlayedCall(tuple(turns), placed, (), 12.0, None)
    return judge_events("call", script, played, LIMITS)


class TestALineToYieldTo:
    @pytest.mark.parametrize("outcome", ["yielded", "false_stop"])
    def test_is_yielded_to_if_the_agent_stopped_in_time_whatever_the_words_were(self, outcome):
        (event,) = judged("yield", outcome, **STOPPED)
        assert (event.outcome, event.yielded, event.time_to_yield_s) == ("yielded", True, 0.6)
        assert event.unlabelled == outcome

    def test_is_missed_where_the_ruler_took_it_for_a_backchannel(self):
        (event,) = judged("yield", "held", **WENT_ON)
        assert (event.outcome, event.yielded) == ("missed", False)

    def test_that_was_taken_back_says_so(self):
        (event,) = judged("yield", "false_stop", resumed=True, **STOPPED)
        assert (event.outcome, event.resumed) == ("yielded", True)

    def test_is_missed_where_the_ruler_saw_nobody_and_the_agent_went_on(self):
        assert judged("yield")[0].outcome == "missed"

    def test_is_dated_from_its_place_where_the_ruler_saw_no_onset(self):
        (event,) = judged("yield", "false_stop", **STOPPED | {"onset_s": None, "detection_s": None})
        assert (event.outcome, event.detection_s, event.time_to_yield_s) == ("yielded", 0.5, 0.6)

    def test_is_unmeasurable_where_the_agent_was_silent(self):
        assert judged("yield", at_s=8.5)[0].outcome == "unmeasurable"


class TestALineToHoldThrough:
    @pytest.mark.parametrize("expect", ["hold", "protected"])
    @pytest.mark.parametrize("outcome", ["yielded", "late", "false_stop"])
    def test_is_a_false_stop_if_the_agent_stopped(self, expect, outcome):
        (event,) = judged(expect, outcome, **STOPPED)
        assert event.outcome == "false_stop"

    @pytest.mark.parametrize("outcome", ["held", "missed", "natural_end"])
    def test_is_held_if_the_agent_went_on_however_long_it_was(self, outcome):
        assert judged("hold", outcome, **WENT_ON)[0].outcome == "held"

    def test_is_held_where_the_ruler_saw_nobody(self):
        assert judged("hold")[0].outcome == "held"

    def test_is_held_if_the_agent_stopped_for_the_callers_next_line(self):
        # The next line begins at 3.5 s, the agent is silent at 3.6 s.
        late = WENT_ON | {"silent_s": 3.6, "time_to_yield_s": 0.6}
        event, _ = judged("hold", "late", next_at_s=3.5, **late)
        assert (event.outcome, event.time_to_yield_s) == ("held", None)

    def test_is_a_false_stop_if_the_agent_stopped_before_the_callers_next_line(self):
        event, _ = judged("hold", "late", next_at_s=3.7, **STOPPED)
        assert event.outcome == "false_stop"

    def test_costs_the_silence_until_the_agent_speaks_again(self):
        (event,) = judged("hold", "yielded", **STOPPED, agent=(1.0, 3.6))
        assert (event.dead_air_s, event.dead_air_lower_bound) == (5.4, False)

    def test_costs_the_silence_until_the_call_ends_where_the_agent_never_speaks_again(self):
        (event,) = judged("hold", "yielded", **STOPPED, agent=(1.0, 3.6), again=False)
        assert (event.dead_air_s, event.dead_air_lower_bound) == (8.4, True)


NOISY = {"noise": {"snr_db": 10}}


class TestNoise:
    def test_makes_each_speech_of_the_agent_s_an_event_to_hold_through(self):
        of_line, *others = judged("yield", "yielded", conditions=NOISY, **STOPPED)
        assert of_line.outcome == "yielded"
        assert [(e.line, e.kind, e.outcome) for e in others] == [(None, "noise", "held")] * 2

    def test_that_stops_the_agent_where_no_line_was_is_a_false_stop(self):
        of_line, first, _ = judged("hold", "yielded", at_s=7.0, conditions=NOISY, **STOPPED)
        assert (of_line.outcome, first.outcome) == ("held", "false_stop")


def test_two_lines_of_one_episode_are_not_judged_twice():
    (first,) = judged("yield", "missed", **WENT_ON | {"caller_end_s": 7.0})
    assert first.outcome == "missed"
    second = judged("yield", "missed", at_s=6.0, **WENT_ON | {"caller_end_s": 7.0})[0]
    assert second.outcome == "unmeasurable"
    assert "one episode" in second.reason


def test_an_event_is_a_plain_value():
    (event,) = judged("hold")
    assert dataclasses.asdict(event)["said"] == "Wait!"
