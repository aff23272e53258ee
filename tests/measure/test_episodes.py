"""Which bursts and decisions make one story, and whose onset it has."""

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
