"""Outcomes where nothing was stamped, on calls drawn a tenth of a second a character."""

from __future__ import annotations

from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.pauses import longest_pause_s, own_pauses_s
from tests.measure.timeline import LIMITS, bursts


def heard(caller: str, agent: str, *, ended_s: float = 60.0) -> list[Overlap]:
    turns = measure_turns(bursts(caller), bursts(agent), [], LIMITS, ended_s=ended_s)
    return [overlap for turn in turns for overlap in turn.overlaps]


class TestStop:
    def test_a_silence_that_the_caller_talks_through_to_the_agents_return_is_none(self):
        #          0         1         2         3         4
        caller = "....................####################" + "." * 30
        agent = "..........##############........######################################"
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.agent_over_caller) == ("missed", False)

    def test_an_agent_that_comes_back_over_them_a_second_later_had_stopped(self):
        #          0         1         2         3         4
        caller = "....................####################" + "." * 30
        agent = "..........##############...........###################################"
        stop, again = heard(caller, agent)
        assert (stop.outcome, stop.time_to_yield_s) == ("yielded", 0.4)
        assert again.agent_over_caller

    def test_an_agent_that_falls_silent_has_yielded(self):
        #          0         1         2         3
        caller = "....................###############"
        agent = "..........##############..........."
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.time_to_yield_s, overlap.silent_s) == ("yielded", 0.4, 2.4)
        assert (overlap.decision_s, overlap.detection_s, overlap.cause) == (None, None, None)

    def test_sooner_than_anyone_reacts_it_is_a_natural_end(self):
        [caller] = bursts("....................###############")
        agent = Burst(1.0, caller.onset_s + 0.09, -20.0)
        [turn, _] = measure_turns([caller], [agent], [], LIMITS, ended_s=60.0)
        [overlap] = turn.overlaps
        assert (overlap.outcome, overlap.time_to_yield_s) == ("natural_end", None)

    def test_a_stop_long_after_is_late(self):
        caller = "....................####################"
        agent = "..........##########################...."
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("late", 1.6)

    def test_an_agent_that_goes_on_has_missed_and_the_figure_is_a_bound(self):
        caller = "....................####################" + "." * 30
        agent = "..........######################################################"
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.time_to_yield_s, overlap.lower_bound) == (
            "missed",
            3.0,
            True,
        )

    def test_a_silence_no_longer_than_its_own_pauses_is_no_stop(self):
        sentences = "####.........".join([""] * 10) + "####"
        caller = "." * (len(sentences) - 2) + "#" * 10 + "." * 40
        [overlap] = heard(caller, sentences + "." * 9 + "#" * 40)
        assert (overlap.outcome, overlap.lower_bound) == ("missed", True)

    def test_a_silence_longer_than_its_own_pauses_is_a_stop(self):
        sentences = "####....".join([""] * 10) + "####"
        caller = "." * (len(sentences) - 2) + "#" * 6 + "." * 40
        [overlap] = heard(caller + "#" * 4, sentences + "." * 5 + "#" * 20)
        assert (overlap.outcome, overlap.pause_s) == ("false_stop", 0.5)


class TestBackchannel:
    def test_a_short_sound_that_the_agent_talks_through_is_held(self):
        caller = "....................####......................" + "." * 20
        agent = "..........##############################################"
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.reason) == ("held", "a backchannel by its length")

    def test_an_end_long_after_it_is_not_its_doing(self):
        caller = "....................####......................" + "." * 20
        agent = "..........#########################...................."
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("held", None)

    def test_stopping_for_it_and_speaking_on_is_a_false_stop(self):
        caller = "....................####........................"
        agent = "..........#############..........###########...."
        [overlap] = heard(caller, agent)
        assert (overlap.outcome, overlap.resumed) == ("false_stop", True)
        assert (overlap.pause_s, overlap.dead_air_s) == (1.0, 0.9)
        assert overlap.reason == "a backchannel by its length"

    def test_a_caller_who_speaks_on_had_asked_for_the_floor(self):
        caller = "....................####..........########......"
        agent = "..........#############......................####"
        assert [overlap.outcome for overlap in heard(caller, agent)] == ["yielded"]


class TestEndOfFile:
    def test_a_silence_that_the_end_cuts_short_is_no_stop_yet(self):
        caller = "....................#########"
        agent = "..........##############"
        [overlap] = heard(caller, agent, ended_s=2.9)
        assert (overlap.outcome, overlap.reason) == (
            "unmeasurable",
            "the recording ended before the agent did",
        )
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (0.4, True)

    def test_three_seconds_before_it_are_enough_for_a_miss(self):
        caller = "....................##############################"
        agent = "..........########################################"
        [overlap] = heard(caller, agent, ended_s=5.0)
        assert (overlap.outcome, overlap.time_to_yield_s, overlap.lower_bound) == (
            "missed",
            3.0,
            True,
        )


class TestPauses:
    def test_a_pause_in_which_the_caller_spoke_is_not_the_agents_own(self):
        agent = bursts("######....######.....######")
        caller = bursts(".......#...................")
        assert own_pauses_s([], agent, LIMITS) == [
            agent[1].onset_s - agent[0].end_s,
            agent[2].onset_s - agent[1].end_s,
        ]
        assert own_pauses_s(caller, agent, LIMITS) == []

    def test_the_end_of_a_turn_is_no_pause(self):
        assert own_pauses_s([], bursts("######................######"), LIMITS) == []

    def test_too_few_leave_the_limit_of_the_thresholds(self):
        agent = bursts("###...###...###")
        assert longest_pause_s([], agent, LIMITS) == LIMITS.stop_min_s


def test_a_long_call_is_measured_like_a_short_one():
    # 59 s three times over: the second and the third barge-in lie across a step of the measuring
    caller = "....................###############".ljust(590, ".")
    agent = "..........##############".ljust(590, ".")
    alone = heard(caller, agent, ended_s=59.0)
    thrice = heard(caller * 3, agent * 3, ended_s=177.0)
    assert [o.outcome for o in thrice] == ["yielded"] * 3
    assert [o.time_to_yield_s for o in thrice] == [o.time_to_yield_s for o in alone] * 3
