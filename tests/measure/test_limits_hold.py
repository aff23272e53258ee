"""The limits by which an overlap is judged and a conversation forgets: just kept, and just over."""

from __future__ import annotations

import pickle

import pytest

from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.conversation import Conversation
from livekit_barge.measure.offline_turns import measure_turns
from tests.measure.timeline import LIMITS, STEP_S, Said, bursts, overlaps, turns


def line(*parts: tuple[str, float]) -> str:
    """``line((".", 1.0), ("#", 2.0))``: a second of silence, then two of sound."""
    return "".join(mark * round(seconds / STEP_S) for mark, seconds in parts)


class TestLowerBoundOfAMiss:
    # caller       |-- spoke_s --|
    # agent   |------------------------| the call ends in mid-speech
    @staticmethod
    def of(spoke_s: float) -> tuple[str, bool, float | None]:
        agent = Said(line((".", 1.0), ("#", 19.0)), done=False)
        (overlap,) = overlaps(line((".", 2.0), ("#", spoke_s)), agent, ended_s=20.0)
        return overlap.outcome, overlap.lower_bound, overlap.time_to_yield_s

    @pytest.mark.parametrize("spoke_s", [4.0, 6.5])
    def test_it_is_as_long_as_the_caller_spoke_over_the_agent(self, spoke_s):
        assert self.of(spoke_s) == ("missed", True, spoke_s)

    def test_it_is_the_limit_of_a_miss_if_the_caller_spoke_for_less(self):
        assert self.of(1.5) == ("missed", True, 3.0)


class TestAnAgentThatSpeaksOnAfterABackchannel:
    # caller       |0.4|
    # agent   |------|   pause_s   |----------|    nothing is stamped
    @staticmethod
    def outcome(pause_s: float) -> str:
        agent = line((".", 1.0), ("#", 2.0), (".", pause_s), ("#", 2.0))
        caller = line((".", 2.4), ("#", 0.4))
        found = measure_turns(bursts(caller), bursts(agent), [], LIMITS, ended_s=60.0)
        (overlap,) = [overlap for turn in found for overlap in turn.overlaps]
        return overlap.outcome

    def test_it_had_stopped_for_nothing_if_it_comes_back_within_a_decision_s_reach(self):
        assert self.outcome(3.7) == "false_stop"

    def test_it_had_yielded_if_it_comes_back_later(self):
        assert self.outcome(4.3) == "yielded"


class TestEndOfTheCall:
    @staticmethod
    def outcome(silence_s: float) -> str:
        # caller      |------ 2.0 ---
        # agent   |-------| 2.5         the call ends silence_s later
        agent = Said(
            line((".", 1.0), ("#", 1.5)),
            decisions=[(2.4, "pause", "vad")],
            unplayed_s=5.0,
            done=False,
        )
        caller = line((".", 2.0), ("#", 2.0))
        (overlap,) = overlaps(caller, agent, ended_s=2.5 + silence_s)
        return overlap.outcome

    def test_a_silence_of_a_fifth_of_a_second_before_it_is_a_stop(self):
        assert self.outcome(0.2) == "yielded"

    def test_a_shorter_silence_before_it_shows_nothing(self):
        assert self.outcome(0.15) == "unmeasurable"


class TestReachOfADecision:
    """A final transcript and a committed turn belong to what the caller said just before."""

    @staticmethod
    def words(after_s: float) -> str | None:
        (turn,) = turns(line((".", 1.0), ("#", 1.0)), words=[(2.0 + after_s, "hello")])
        return turn.words

    def test_words_that_come_within_four_seconds_are_the_turn_s(self):
        assert self.words(3.9) == "hello"

    def test_words_that_come_later_are_not(self):
        assert self.words(4.1) is None


def conversation_after(exchanges: int) -> Conversation:
    """A call in which agent and caller take turns of a second, measured as it runs.

    ::

        agent    |- 1.0 -|                 |- 1.0 -|
        caller              |- 1.0 -|                 |- 1.0 -|
    """
    talk = Conversation(LIMITS)
    given = 0
    for number in range(exchanges):
        begin_s = 4.0 * number
        talk.agent([Burst(begin_s, begin_s + 1.0, -20.0)])
        talk.caller([Burst(begin_s + 2.0, begin_s + 3.0, -20.0)])
        given += len(list(talk.settled(begin_s + 3.5)))
    assert given >= 2 * exchanges - 10
    return talk


def test_an_hour_long_conversation_is_no_larger_in_memory_than_a_minute_long_one():
    minute, hour = (len(pickle.dumps(conversation_after(count))) for count in (15, 900))
    assert hour <= minute + 32  # larger numbers may take some bytes more
