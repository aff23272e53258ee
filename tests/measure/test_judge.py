"""The outcome of an overlap and its clocks, on calls drawn at 0.1 s per character."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import CallerDetached, OverlappingSpeech, SessionClosed
from tests.measure.timeline import Said, overlaps

VAD = "vad"


def cut(line: str, decision_s: float, **more) -> Said:
    """A speech that a pause stopped and a committed turn ended."""
    return Said(
        line,
        decisions=[(decision_s, "pause", VAD)],
        held=[(decision_s, decision_s + 2.0)],
        unplayed_s=3.0,
        interrupted_s=decision_s + 2.0,
        **more,
    )


class TestClocks:
    def test_detection_runs_to_the_decision_and_cancellation_to_the_last_sample(self):
        #          0         1         2         3
        caller = "....................#########......"
        agent = "..........#############............"
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert (overlap.onset_s, overlap.decision_s, overlap.silent_s) == (2.0, 2.2, 2.3)
        assert (overlap.detection_s, overlap.cancellation_s) == (0.2, 0.1)
        assert overlap.time_to_yield_s == 0.3
        assert (overlap.outcome, overlap.cause, overlap.yielded) == ("yielded", "vad", True)

    def test_the_uncertainties_are_the_callers_onset_and_the_agents_end(self):
        caller = "....................#########......"
        agent = "..........#############............"
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert (overlap.onset_uncertainty_s, overlap.silent_uncertainty_s) == (0.001, 0.002)

    def test_trailing_silence_is_not_speech(self):
        caller = "....................#########......"
        agent = "..........#############--------...."
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert overlap.silent_s == 2.3

    def test_an_agent_that_runs_on_past_the_decision_talked_on(self):
        caller = "....................#########......"
        agent = "..........###############.........."
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert overlap.cancellation_s == 0.3
        assert overlap.talked_on

    def test_a_syllable_past_the_decision_is_not_talking_on(self):
        caller = "....................#########......"
        agent = "..........##############..........."
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert overlap.cancellation_s == 0.2
        assert not overlap.talked_on

    def test_an_agent_between_sentences_is_quiet_at_the_decision(self):
        caller = "....................#########......"
        agent = "..........###########---..........."
        [overlap] = overlaps(caller, cut(agent, 2.2))
        assert overlap.quiet_at_decision
        assert (overlap.silent_s, overlap.cancellation_s) == (2.2, 0.0)

    def test_an_agent_that_speaks_its_next_sentence_past_the_decision_was_not_quiet(self):
        caller = "....................###############"
        agent = "..........###########---#######...."
        said = Said(agent, decisions=[(2.2, "interrupt", VAD)], unplayed_s=1.0, interrupted_s=2.2)
        [overlap] = overlaps(caller, said)
        assert not overlap.quiet_at_decision
        assert (overlap.silent_s, overlap.cancellation_s) == (3.1, 0.9)

    def test_talk_over_counts_only_what_both_are_audible_in(self):
        caller = "....................####..###......"
        agent = "..........########----##-####------"
        [overlap] = overlaps(caller, cut(agent, 2.8))
        assert overlap.talk_over_s == pytest.approx(0.5)

    def test_the_interrupt_after_a_pause_is_the_final_decision(self):
        caller = "....................#########......"
        agent = "..........#############............"
        said = cut(agent, 2.2)
        said.decisions.append((4.2, "interrupt", "turn_commit"))
        [overlap] = overlaps(caller, said)
        assert (overlap.decision_s, overlap.final_decision_s) == (2.2, 4.2)
        assert [made.cause for made in overlap.decisions] == ["vad", "turn_commit"]

    def test_a_programs_own_interrupt_is_listed_and_not_detection(self):
        caller = "....................#########......"
        agent = "..........#############............"
        said = Said(
            agent,
            decisions=[(2.3, "interrupt", "programmatic")],
            unplayed_s=1.0,
            interrupted_s=2.3,
        )
        [overlap] = overlaps(caller, said)
        assert overlap.detection_s is None
        assert (overlap.cause, overlap.time_to_yield_s) == ("programmatic", 0.3)

    def test_an_end_that_nothing_explains_has_an_unknown_cause(self):
        caller = "....................#########......"
        agent = "..........#############............"
        [overlap] = overlaps(caller, Said(agent, unplayed_s=1.0, interrupted_s=2.3))
        assert (overlap.cause, overlap.decision_s, overlap.outcome) == ("unknown", None, "yielded")


class TestOutcome:
    def test_later_than_the_limit_is_late(self):
        caller = "....................#################......"
        agent = "..........######################..........."
        [overlap] = overlaps(caller, cut(agent, 3.1))
        assert (overlap.outcome, overlap.time_to_yield_s, overlap.yielded) == ("late", 1.2, False)

    def test_an_agent_that_goes_on_to_its_end_missed_the_caller(self):
        caller = "....................#################......"
        agent = "..........######################..........."
        [overlap] = overlaps(caller, Said(agent))
        assert (overlap.outcome, overlap.yielded, overlap.decision_s) == ("missed", False, None)
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (1.2, True)

    def test_the_bound_of_a_miss_is_not_the_length_of_the_speech(self):
        caller = "....................##########" + "." * 90
        agent = "..........####################" + "#" * 90
        [overlap] = overlaps(caller, Said(agent))
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (3.0, True)

    def test_an_end_that_came_anyway_is_natural(self):
        caller = "....................###########"
        agent = "..........############........."
        [overlap] = overlaps(caller, Said(agent))
        assert (overlap.outcome, overlap.silent_s) == ("natural_end", 2.2)
        assert (overlap.time_to_yield_s, overlap.yielded) == (None, None)

    def test_a_decision_that_cut_nothing_is_a_natural_end(self):
        caller = "....................###########"
        agent = "..........############........."
        said = Said(agent, decisions=[(2.1, "pause", VAD)], held=[(2.1, 4.0)], interrupted_s=4.0)
        [overlap] = overlaps(caller, said)
        assert overlap.outcome == "natural_end"

    def test_a_decision_before_all_was_generated_is_no_natural_end(self):
        caller = "....................###########"
        agent = "..........############........."
        said = Said(
            agent,
            decisions=[(2.1, "pause", VAD)],
            held=[(2.1, 4.0)],
            interrupted_s=4.0,
            flushed_s=4.0,
        )
        [overlap] = overlaps(caller, said)
        assert overlap.outcome == "yielded"

    def test_a_short_sound_that_the_agent_talks_through_is_held(self):
        caller = "....................####......................"
        agent = "..........####################################"
        [overlap] = overlaps(caller, Said(agent))
        assert (overlap.outcome, overlap.reason) == ("held", "a backchannel by its length")
        assert overlap.time_to_yield_s is None

    def test_words_tell_a_short_stop_from_a_backchannel(self):
        caller = "....................####......................"
        agent = "..........####################################"
        [overlap] = overlaps(caller, Said(agent), words=[(2.9, "Stop!")])
        assert (overlap.outcome, overlap.words) == ("missed", "Stop!")

    def test_words_tell_a_long_backchannel_from_a_turn(self):
        caller = "....................###########..............."
        agent = "..........####################################"
        [overlap] = overlaps(caller, Said(agent), words=[(3.5, "Mm-hm, yeah, okay.")])
        assert (overlap.outcome, overlap.reason) == ("held", "a backchannel by its words")

    def test_stopping_for_a_backchannel_is_a_false_stop(self):
        caller = "....................####..........."
        agent = "..........#############............"
        [overlap] = overlaps(caller, cut(agent, 2.2), words=[(2.9, "mm-hm")])
        assert overlap.outcome == "false_stop"
        assert overlap.resumed is False

    def test_a_recording_that_ends_too_soon_shows_nothing(self):
        caller = "....................#########"
        agent = "..........###################"
        [overlap] = overlaps(caller, Said(agent, done=False), ended_s=2.9)
        assert overlap.outcome == "unmeasurable"
        assert overlap.reason == "the recording ended before the agent did"
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (0.9, True)

    def test_a_recording_that_ends_after_three_seconds_shows_a_miss(self):
        caller = "....................##############################"
        agent = "..........########################################"
        [overlap] = overlaps(caller, Said(agent, done=False), ended_s=5.0)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("missed", 3.0)


class TestFalseStop:
    CALLER = "....................####........................"
    AGENT = "..........#############..........###########...."

    def said(self, **more) -> Said:
        return Said(
            self.AGENT, decisions=[(2.2, "pause", VAD)], held=[(2.2, 3.3)], lost_s=0.15, **more
        )

    def test_a_stop_that_is_taken_back_is_false(self):
        [overlap] = overlaps(self.CALLER, self.said())
        assert (overlap.outcome, overlap.resumed) == ("false_stop", True)
        assert (overlap.silent_s, overlap.detection_s) == (2.3, 0.2)

    def test_the_pause_runs_from_the_last_sample_to_the_first_after(self):
        [overlap] = overlaps(self.CALLER, self.said())
        assert overlap.pause_s == 1.0

    def test_dead_air_is_the_part_of_the_pause_in_which_nobody_speaks(self):
        [overlap] = overlaps(self.CALLER, self.said())
        assert overlap.dead_air_s == 0.9

    def test_what_the_queue_lost_is_discarded(self):
        [overlap] = overlaps(self.CALLER, self.said())
        assert overlap.discarded_s == 0.15

    def test_a_resume_order_alone_is_no_resumed_speech(self):
        # as LiveKit does after every cut: the order comes, and nothing is audible again
        agent = "..........#############...................."
        said = Said(
            agent,
            decisions=[(2.2, "pause", VAD)],
            held=[(2.2, 3.3)],
            unplayed_s=2.0,
            interrupted_s=3.3,
        )
        [overlap] = overlaps(self.CALLER, said)
        assert (overlap.outcome, overlap.resumed, overlap.pause_s) == ("yielded", False, None)

    def test_a_pause_of_the_agents_own_is_not_a_stop(self):
        # a decision that never reached the output: its next sentence follows as if nothing were
        caller = "....................#######################"
        agent = "..........#############-----###############"
        said = Said(agent, decisions=[(2.2, "interrupt", VAD)], unplayed_s=1.0, interrupted_s=4.3)
        [overlap] = overlaps(caller, said)
        assert overlap.silent_s == 4.3
        assert overlap.talked_on

    def test_a_stop_for_nothing_audible_has_no_onset(self):
        nobody = "." * 50
        [overlap] = overlaps(nobody, self.said())
        assert (overlap.onset_s, overlap.outcome, overlap.detection_s) == (None, "false_stop", None)
        assert overlap.cancellation_s == pytest.approx(0.1)
        assert overlap.dead_air_s == overlap.pause_s == 1.0
        assert overlap.reason == "nobody spoke"

    def test_a_turn_committed_after_the_agent_began_says_so(self):
        caller = "....######....................."
        agent = ".............######............"
        said = Said(
            agent, decisions=[(1.8, "interrupt", "turn_commit")], unplayed_s=3.0, interrupted_s=1.8
        )
        [overlap] = overlaps(caller, said)
        assert overlap.reason == "the caller had spoken before the agent began"


class TestHangUp:
    """An agent that the end of the call cuts off did not yield."""

    CALLER = "....................####.........."
    AGENT = "..........##############.........."

    def hung_up(
        self, *decisions: tuple[float, str, str], line: str = AGENT, end_s: float = 2.4
    ) -> Said:
        """LiveKit closes the session: it interrupts, and takes the input away a little later."""
        return Said(
            line,
            decisions=[*decisions, (end_s, "interrupt", "programmatic")],
            unplayed_s=3.0,
            interrupted_s=end_s,
            interrupted_by="programmatic",
        )

    CLOSED = (CallerDetached(at_s=2.42), SessionClosed(at_s=4.4, reason="user_initiated"))

    def test_a_session_that_is_shut_down_in_mid_overlap_is_no_yield(self):
        [overlap] = overlaps(self.CALLER, self.hung_up(), also=self.CLOSED, ended_s=4.5)
        assert (overlap.outcome, overlap.yielded) == ("unmeasurable", None)
        assert overlap.reason == "the call ended before the agent did"
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (0.4, True)

    def test_a_backchannel_before_a_hang_up_was_not_held_through(self):
        [overlap] = overlaps(
            self.CALLER, self.hung_up(), also=self.CLOSED, words=[(2.4, "yeah")], ended_s=4.5
        )
        assert overlap.outcome == "unmeasurable"

    def test_an_agent_that_had_stopped_before_the_hang_up_yielded(self):
        line = "..........############............"
        said = self.hung_up((2.1, "pause", VAD), line=line)
        [overlap] = overlaps(self.CALLER, said, also=self.CLOSED, ended_s=4.5)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("yielded", 0.2)

    def test_audio_that_follows_a_decision_to_the_hang_up_has_no_end(self):
        said = self.hung_up((2.3, "pause", VAD))
        [overlap] = overlaps(self.CALLER, said, also=self.CLOSED, ended_s=4.5)
        assert (overlap.outcome, overlap.decision_s) == ("unmeasurable", 2.3)
        assert (overlap.silent_s, overlap.time_to_yield_s, overlap.lower_bound) == (None, 0.4, True)

    def test_a_hang_up_after_three_seconds_of_talking_on_is_a_miss(self):
        caller = "....................####################################"
        agent = "..........##########################################...."
        closed = [CallerDetached(at_s=5.2)]
        [overlap] = overlaps(caller, self.hung_up(line=agent, end_s=5.2), also=closed, ended_s=5.6)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("missed", 3.2)

    def test_a_pipeline_that_is_cancelled_in_mid_overlap_is_no_miss(self):
        # nothing is interrupted: the speech ends with the call
        said = Said(self.AGENT, unplayed_s=3.0)
        closed = [SessionClosed(at_s=2.4, reason="CancelFrame")]
        [overlap] = overlaps(self.CALLER, said, also=closed, ended_s=2.4)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("unmeasurable", 0.4)

    def test_a_program_that_interrupts_and_goes_on_listening_has_not_hung_up(self):
        closed = [CallerDetached(at_s=9.0), SessionClosed(at_s=9.0, reason="user_initiated")]
        [overlap] = overlaps(self.CALLER, self.hung_up(), words=[(2.4, "stop")], also=closed)
        assert (overlap.outcome, overlap.cause) == ("yielded", "programmatic")

    def test_a_speech_that_was_played_to_its_end_is_not_cut_off(self):
        [overlap] = overlaps(self.CALLER, Said(self.AGENT), also=self.CLOSED, ended_s=4.5)
        assert overlap.outcome == "natural_end"

    def test_a_folder_that_breaks_off_with_the_decision_shows_no_end(self):
        # killed: the speech is not done, and what it played is known to 2.4 s
        said = Said(self.AGENT, decisions=[(2.3, "pause", VAD)], unplayed_s=3.0, done=False)
        [overlap] = overlaps(self.CALLER, said, ended_s=2.5)
        assert (overlap.outcome, overlap.silent_s) == ("unmeasurable", None)
        assert overlap.reason == "the recording ended before the agent did"
        assert (overlap.time_to_yield_s, overlap.lower_bound) == (0.5, True)

    def test_a_folder_that_breaks_off_after_the_silence_shows_it(self):
        said = Said(self.AGENT, decisions=[(2.3, "pause", VAD)], unplayed_s=3.0, done=False)
        [overlap] = overlaps(self.CALLER, said, ended_s=2.6)
        assert (overlap.outcome, overlap.time_to_yield_s) == ("yielded", 0.4)


class TestVerdicts:
    """LiveKit's adaptive verdicts stand with the overlap that they are about."""

    CALLER = "....................####.............####........."
    AGENT = "..........########################################"

    def verdict(self, at_s: float, **more) -> OverlappingSpeech:
        return OverlappingSpeech(
            at_s=at_s,
            is_interruption=False,
            **{"probability": 0.2, "delay_s": 0.3, "requests": 4, "answered": True, **more},
        )

    def test_a_verdict_is_kept_with_its_overlap(self):
        said = [self.verdict(2.95), self.verdict(4.6, probability=0.4)]
        first, second = overlaps(self.CALLER, Said(self.AGENT), also=said)
        [kept] = first.verdicts
        assert (kept.at_s, kept.is_interruption, kept.probability) == (2.95, False, 0.2)
        assert (kept.delay_s, kept.requests, kept.answered) == (0.3, 4, True)
        assert [verdict.probability for verdict in second.verdicts] == [0.4]

    def test_without_a_detector_there_is_none(self):
        assert [o.verdicts for o in overlaps(self.CALLER, Said(self.AGENT))] == [(), ()]

    def test_an_answered_no_leaves_a_short_sound_held(self):
        first, _ = overlaps(self.CALLER, Said(self.AGENT), also=[self.verdict(2.95)])
        assert (first.outcome, first.reason) == ("held", "a backchannel by its length")

    def test_an_overlap_that_was_never_answered_is_not_held(self):
        # the words are withheld until an answer comes, and lost: "Stop!" is as short as a nod
        dead = self.verdict(2.95, probability=None, delay_s=None, requests=3, answered=False)
        first, _ = overlaps(self.CALLER, Said(self.AGENT), also=[dead])
        assert first.outcome == "unmeasurable"
        assert first.reason is not None
        assert first.reason.startswith("the adaptive detector was asked 3 times and did not answer")

    def test_a_detector_that_was_not_asked_owes_no_answer(self):
        idle = self.verdict(2.95, probability=None, delay_s=None, requests=0, answered=False)
        first, _ = overlaps(self.CALLER, Said(self.AGENT), also=[idle])
        assert first.outcome == "held"

    def test_words_that_were_heard_all_the_same_decide(self):
        dead = self.verdict(2.95, probability=None, delay_s=None, requests=3, answered=False)
        first, _ = overlaps(self.CALLER, Said(self.AGENT), also=[dead], words=[(2.9, "yeah")])
        assert first.outcome == "held"
