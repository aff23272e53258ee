"""Bursts and decisions that make one story, and its onset."""

from __future__ import annotations

from livekit_barge.call.events import ProtectedEnded, ProtectedStarted
from tests.measure.timeline import Said, overlaps, turns


def test_bursts_less_than_a_second_apart_are_one_episode():
    caller = "....................####.......####..........."
    agent = "..........####################################"
    [overlap] = overlaps(caller, Said(agent))
    assert overlap.onset_s == 2.0


def test_a_burst_after_a_second_of_one_party_alone_is_another_episode():
    caller = "....................####..........####........"
    agent = "..........####################################"
    first, second = overlaps(caller, Said(agent))
    assert (first.onset_s, second.onset_s) == (2.0, 3.4)


def test_back_to_back_barge_ins_keep_their_own_decisions():
    #          0         1         2         3         4         5         6
    caller = "....................####..............................#####......."
    agent = "..........#############..........########################.........."
    said = Said(
        agent,
        decisions=[(2.2, "pause", "vad"), (5.6, "pause", "vad")],
        held=[(2.2, 3.3), (5.6, 7.0)],
        unplayed_s=1.0,
        interrupted_s=7.0,
    )
    first, second = overlaps(caller, said)
    assert (first.outcome, first.decision_s) == ("false_stop", 2.2)
    assert (second.outcome, second.decision_s, second.silent_s) == ("yielded", 5.6, 5.7)


def test_a_turn_committed_seconds_later_still_belongs_to_its_episode():
    caller = "....................####..................................."
    agent = "..........################################################"
    said = Said(
        agent, decisions=[(5.4, "interrupt", "turn_commit")], unplayed_s=1.0, interrupted_s=5.4
    )
    [overlap] = overlaps(caller, said)
    assert (overlap.detection_s, overlap.cause) == (3.4, "turn_commit")


def test_a_decision_long_after_an_episode_is_a_story_of_its_own():
    caller = "....................####" + "." * 70
    agent = "..........##############" + "#" * 70
    said = Said(agent, decisions=[(8.0, "pause", "vad")], held=[(8.0, 20.0)], unplayed_s=1.0)
    first, second = overlaps(caller, said)
    assert (first.decision_s, first.outcome) == (None, "held")
    assert (second.onset_s, second.decision_s) == (None, 8.0)


def test_an_agent_that_begins_over_a_caller_is_told_apart():
    caller = "..........##########...................."
    agent = "...............#########################"
    [overlap] = overlaps(caller, Said(agent))
    assert overlap.agent_over_caller
    assert overlap.onset_s == 1.5


def test_an_agent_audible_for_a_fifth_of_a_second_is_interrupted():
    caller = "................############............"
    agent = "..............##########################"
    [overlap] = overlaps(caller, Said(agent))
    assert not overlap.agent_over_caller


def test_a_caller_between_two_sentences_overlaps_the_speech_all_the_same():
    caller = ".......................####............."
    agent = "..........############-----#####........"
    [overlap] = overlaps(caller, Said(agent))
    assert overlap.onset_s == 2.3
    assert overlap.talk_over_s == 0.0


def test_a_later_speech_is_a_new_matter():
    caller = "....................##########.................."
    first = Said("..........##############...", unplayed_s=1.0, interrupted_s=2.4)
    second = Said("...........................################", speech_id="s2")
    told = turns(caller, first, second)
    agent = [turn for turn in told if turn.speaker == "agent"]
    assert [(turn.speech_id, len(turn.overlaps)) for turn in agent] == [("s1", 1), ("s2", 1)]
    assert agent[0].overlaps[0].silent_s == 2.4
    assert agent[1].overlaps[0].agent_over_caller


def test_a_pause_before_anything_was_audible_delays_the_start():
    caller = "........######......................"
    agent = "...............#############........"
    said = Said(agent, held=[(0.9, 1.5)], decisions=[(0.9, "pause", "vad")])
    agent_turn = next(turn for turn in turns(caller, said) if turn.speaker == "agent")
    assert agent_turn.start_delayed_s == 0.6
    assert agent_turn.overlaps == ()


def test_a_protection_that_covers_the_onset_is_flagged():
    caller = "....................####......................"
    agent = "..........####################################"
    warmup = [
        ProtectedStarted(at_s=1.0, reason="aec_warmup"),
        ProtectedEnded(at_s=2.1, reason="aec_warmup"),
    ]
    [overlap] = overlaps(caller, Said(agent), also=warmup)
    assert overlap.protected == ("aec_warmup",)


def test_a_protection_that_is_over_is_not():
    caller = "....................####......................"
    agent = "..........####################################"
    warmup = [
        ProtectedStarted(at_s=1.0, reason="aec_warmup"),
        ProtectedEnded(at_s=2.0, reason="aec_warmup"),
    ]
    [overlap] = overlaps(caller, Said(agent), also=warmup)
    assert overlap.protected == ()


class TestOneStopOneStory:
    """A stop belongs to the overlap whose caller it answers, and to no other."""

    YEAH = "....................###........"
    AGENT = "..........#####################"

    def stopped_later(self, cause: str, **more) -> tuple[str, Said]:
        """A caller's short sound at 2.0 s, a second burst at 8.0 s, and a stop at 8.5 s."""
        #                                  3.1        ...       8.0       9.0
        caller = self.YEAH + "." * 49 + "##########"
        agent = self.AGENT + "#" * 54
        said = Said(
            agent,
            decisions=[(8.4, "interrupt", cause)],
            unplayed_s=3.0,
            interrupted_s=8.4,
            **more,
        )
        return caller, said

    def test_a_barge_in_seconds_later_leaves_a_held_backchannel_held(self):
        caller, said = self.stopped_later("vad")
        first, second = overlaps(caller, said, words=[(2.6, "yeah"), (9.4, "no, wait")])
        assert (first.outcome, first.silent_s, first.cause) == ("held", None, None)
        assert (second.outcome, second.cause, second.time_to_yield_s) == ("yielded", "vad", 0.5)

    def test_a_wordless_sound_before_it_is_held_by_its_length(self):
        caller, said = self.stopped_later("vad")
        first, _ = overlaps(caller, said, words=[(9.4, "no, wait")])
        assert (first.outcome, first.reason) == ("held", "a backchannel by its length")

    def test_an_adaptive_decision_leaves_it_held_too(self):
        caller, said = self.stopped_later("adaptive")
        first, second = overlaps(caller, said)
        assert (first.outcome, second.outcome) == ("held", "yielded")

    def test_words_that_the_agent_ignored_are_missed_however_soon_it_stops_for_others(self):
        caller = "....................####..............####......"
        agent = "..........################################......"
        said = Said(
            agent, decisions=[(4.1, "pause", "stt_final")], unplayed_s=3.0, interrupted_s=4.1
        )
        first, second = overlaps(caller, said, words=[(2.9, "no"), (4.1, "look")])
        assert (first.outcome, first.time_to_yield_s, first.lower_bound) == ("missed", 2.2, True)
        assert (second.outcome, second.cause) == ("yielded", "stt_final")

    def test_words_that_add_up_are_one_false_stop_for_the_last_of_them(self):
        #                             yeah           okay           right
        caller = "....................##.............##.............##........"
        agent = "..........##########################################........"
        said = Said(
            agent,
            decisions=[(5.2, "interrupt", "stt_final")],
            unplayed_s=3.0,
            interrupted_s=5.2,
        )
        heard = [(2.5, "yeah"), (4.0, "okay"), (5.2, "right")]
        found = overlaps(caller, said, words=heard)
        assert [overlap.outcome for overlap in found] == ["held", "held", "false_stop"]
        assert [overlap.words for overlap in found] == ["yeah", "okay", "right"]

    def test_a_programs_own_interrupt_long_after_leaves_it_held(self):
        caller = self.YEAH + "." * 60
        said = Said(
            self.AGENT + "#" * 5,
            decisions=[(3.6, "interrupt", "programmatic")],
            unplayed_s=3.0,
            interrupted_s=3.6,
        )
        [overlap] = overlaps(caller, said, words=[(2.6, "yeah")])
        assert (overlap.outcome, overlap.silent_s, overlap.cause) == ("held", None, None)
        assert [made.cause for made in overlap.decisions] == ["programmatic"]

    def test_a_programs_own_interrupt_right_after_it_says_nothing_of_the_caller(self):
        said = Said(
            "..........##############.......",
            decisions=[(2.4, "interrupt", "programmatic")],
            unplayed_s=3.0,
            interrupted_s=2.4,
        )
        [overlap] = overlaps(self.YEAH, said, words=[(2.6, "yeah")])
        assert (overlap.outcome, overlap.yielded) == ("unmeasurable", None)
        assert overlap.reason == "the program itself stopped the agent"

    def test_a_vad_does_not_answer_a_caller_whose_turn_was_long_over(self):
        # something inaudible set it off at 5.0 s: the caller had been quiet for 2.7 s
        said = Said(
            self.AGENT + "#" * 19, decisions=[(5.0, "pause", "vad")], held=[(5.0, 9.0)],
            unplayed_s=3.0,
        )  # fmt: skip
        first, second = overlaps(self.YEAH + "." * 60, said)
        assert (first.outcome, first.decision_s) == ("held", None)
        assert (second.onset_s, second.decision_s, second.reason) == (None, 5.0, "nobody spoke")

    def test_a_decision_quicker_than_any_reaction_answers_the_overlap_before(self):
        # the final of the first sound comes 0.05 s into the second
        caller = "....................####..........####..........."
        agent = "..........#########################.............."
        said = Said(
            agent, decisions=[(3.45, "interrupt", "stt_final")], unplayed_s=3.0, interrupted_s=3.45
        )
        first, second = overlaps(caller, said, words=[(3.45, "stop")])
        assert (first.decision_s, first.outcome) == (3.45, "late")
        assert (second.decision_s, second.cause) == (None, None)

    def test_an_interruption_that_was_not_stamped_as_a_decision_is_the_last_overlaps(self):
        caller = self.YEAH + "." * 49 + "##########"
        said = Said(self.AGENT + "#" * 54, unplayed_s=3.0, interrupted_s=8.4)
        first, second = overlaps(caller, said)
        assert (first.outcome, first.cause) == ("held", None)
        assert (second.outcome, second.cause) == ("yielded", "unknown")


class TestHoles:
    """An agent that is silent in mid-speech for seconds has lost the floor."""

    def test_a_caller_in_a_hole_overlaps_nothing(self):
        caller = ".............................######..................."
        agent = "..........########.........................########.."
        assert overlaps(caller, Said(agent)) == []

    def test_nor_if_they_end_the_hole(self):
        caller = ".......................................########......."
        agent = "..........########---................................"
        said = Said(
            agent, decisions=[(4.5, "pause", "vad")], held=[(4.5, 5.5)], unplayed_s=3.0,
            interrupted_s=5.5,
        )  # fmt: skip
        assert overlaps(caller, said, words=[(5.0, "hello, are you there?")]) == []

    def test_a_voice_that_comes_back_over_the_caller_came_in_on_them(self):
        caller = ".................................############........."
        agent = "..........########......................##########..."
        [overlap] = overlaps(caller, Said(agent))
        assert overlap.agent_over_caller
        assert overlap.onset_s == 4.0

    def test_a_stop_between_two_sentences_is_a_stop_of_the_agent_that_has_the_floor(self):
        caller = "...................######........................"
        agent = "..........########---............................"
        said = Said(
            agent, decisions=[(2.1, "pause", "vad")], held=[(2.1, 4.0)], unplayed_s=3.0,
            interrupted_s=4.0,
        )  # fmt: skip
        [overlap] = overlaps(caller, said)
        assert (overlap.onset_s, overlap.outcome, overlap.detection_s) == (1.9, "yielded", 0.2)
        assert overlap.quiet_at_decision

    def test_what_a_caller_says_after_the_stop_is_no_overlap_of_its_own(self):
        caller = "....................####..............######....."
        agent = "..........#############.........................."
        said = Said(
            agent,
            decisions=[(2.2, "pause", "vad"), (3.6, "interrupt", "turn_commit")],
            held=[(2.2, 3.6)],
            unplayed_s=3.0,
            interrupted_s=3.6,
        )
        [overlap] = overlaps(caller, said)
        assert overlap.onset_s == 2.0
