"""The decision and its cause are exact, on both of LiveKit's paths, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from livekit_barge.call.events import (
    AgentState,
    Decision,
    OutputCleared,
    OutputPaused,
    OverlappingSpeech,
    SpeechInterrupted,
)
from livekit_barge.frameworks.livekit.causes import Announcement
from livekit_barge.stage.time.virtual import run_virtual
from tests.recording.conftest import say_for
from tests.recording.standins import OneLineLLM, SpeechToSpeech, TimedSTT, frames, tone

AGENT_AUDIO = tone(8.0)
NEVER_BY_VAD = {"min_duration": 10.0}


async def agent_talks(stand):
    await say_for(stand, AGENT_AUDIO, 10)


def decisions(kept):
    return [(made.path, made.cause) for made in kept.of(Decision)]


def test_on_the_pause_path_the_decision_is_the_pause(play, speech):
    kept = play(agent_talks, caller=[(speech, 2.0)])
    decided = kept.of(Decision)[0]
    assert (decided.path, decided.cause) == ("pause", "vad")
    assert decided.at_s == kept.of(OutputPaused)[0].at_s
    # LiveKit's own change of state, in the same step
    listening = [s for s in kept.of(AgentState) if (s.old, s.new) == ("speaking", "listening")]
    assert listening[0].at_s == decided.at_s


def test_on_the_interrupt_path_it_is_the_handles_interrupt(play, speech):
    kept = play(
        agent_talks, caller=[(speech, 2.0)], interruption={"resume_false_interruption": False}
    )
    [decided] = kept.of(Decision)
    assert (decided.path, decided.cause) == ("interrupt", "vad")
    [interrupted] = kept.of(SpeechInterrupted)
    assert (interrupted.at_s, interrupted.source) == (decided.at_s, "audio_activity")
    assert kept.of(OutputCleared)[0].at_s == decided.at_s


def test_both_paths_decide_at_the_same_moment(play, speech):
    paths = [
        play(
            agent_talks,
            caller=[(speech, 2.0)],
            interruption={"resume_false_interruption": resume},
        ).of(Decision)[0]
        for resume in (True, False)
    ]
    assert paths[0].at_s == paths[1].at_s


def test_a_pause_is_one_decision_however_often_livekit_repeats_it(play, speech):
    kept = play(agent_talks, caller=[(speech, 2.0)])
    assert [made.path for made in kept.of(Decision)].count("pause") == 1


def test_the_queue_at_the_decision_is_all_that_was_handed_over_and_not_played(play, speech):
    decided = play(agent_talks, caller=[(speech, 2.0)]).of(Decision)[0]
    assert decided.queued_s == pytest.approx(8.0 - decided.at_s)


@pytest.mark.parametrize("resume", [True, False], ids=["pause path", "interrupt path"])
def test_a_final_transcript_decides_where_the_duration_gate_is_shut(play, speech, resume):
    kept = play(
        agent_talks,
        caller=[(speech, 2.0)],
        stt=TimedSTT([(3.0, True, "wait a moment")]),
        interruption={**NEVER_BY_VAD, "resume_false_interruption": resume},
    )
    decided = kept.of(Decision)[0]
    assert (decided.at_s, decided.cause) == (3.0, "stt_final")


def test_an_interim_transcript_decides_where_there_is_no_vad(play, speech):
    kept = play(
        agent_talks,
        caller=[(speech, 2.0)],
        stt=TimedSTT([(2.75, False, "wait")]),
        vad=None,
        turn_detection="stt",
    )
    decided = kept.of(Decision)[0]
    assert (decided.at_s, decided.cause) == (2.75, "stt_interim")


def test_an_interim_transcript_decides_nothing_where_there_is_one(play, speech):
    kept = play(
        agent_talks,
        caller=[(speech, 2.0)],
        stt=TimedSTT([(2.75, False, "wait")]),
        interruption=NEVER_BY_VAD,
    )
    assert "stt_interim" not in [cause for _, cause in decisions(kept)]


def test_a_committed_turn_decides_past_every_gate(play, speech):
    kept = play(agent_talks, caller=[(speech, 2.0)], llm=OneLineLLM(), interruption=NEVER_BY_VAD)
    decided = kept.of(Decision)[0]
    assert (decided.path, decided.cause) == ("interrupt", "turn_commit")
    assert kept.of(SpeechInterrupted)[0].source == "user_turn"


def test_a_program_that_interrupts_is_programmatic(play):
    async def script(stand):
        handle = await say_for(stand, AGENT_AUDIO, 1)
        stand.session.interrupt()
        await handle

    [decided] = play(script).of(Decision)
    assert (decided.at_s, decided.cause) == (1.0, "programmatic")


def test_a_realtime_models_own_ears_are_the_cause(play):
    async def script(stand):
        stand.session.generate_reply()
        await asyncio.sleep(6)

    kept = play(
        script, llm=SpeechToSpeech(speaks=AGENT_AUDIO, hears_s=2.0), vad=None, turn_detection=None
    )
    [decided] = kept.of(Decision)
    assert (decided.at_s, decided.cause) == (2.0, "realtime")


def test_a_pause_that_livekit_did_not_order_is_unknown(play):
    async def script(stand):
        await say_for(stand, AGENT_AUDIO, 1)
        stand.session.output.audio.pause()
        await asyncio.sleep(1)

    assert decisions(play(script))[0] == ("pause", "unknown")


def test_a_speech_that_is_not_playing_yet_is_not_decided_upon(play):
    async def script(stand):
        await say_for(stand, AGENT_AUDIO, 1)
        queued = stand.session.say("…", audio=frames(AGENT_AUDIO))
        queued.interrupt()
        await asyncio.sleep(8)

    kept = play(script)
    assert len(kept.of(SpeechInterrupted)) == 1
    assert kept.of(Decision) == []


class TestAnnouncement:
    """An announcement belongs to a decision of the same step of the same task, and no other."""

    def ask(self, *, in_another_task=False, later=0):
        async def main():
            announcement = Announcement()
            announcement.make("stt_final")
            for _ in range(later):
                await asyncio.sleep(0)
            if not in_another_task:
                return announcement.here(), announcement.just_before()

            async def other():
                return announcement.here(), announcement.just_before()

            return await asyncio.create_task(other())

        return run_virtual(main)

    def announce(self, *causes):
        """Return what decides, and what came just before, after these in one step."""

        async def main():
            announcement = Announcement()
            for cause in causes:
                announcement.make(cause)
            return announcement.here(), announcement.just_before()

        return run_virtual(main)

    def test_a_transcript_that_a_verdict_releases_does_not_take_its_cause(self):
        assert self.announce("adaptive", "stt_interim", "stt_final") == ("adaptive", "stt_final")

    def test_a_transcript_of_a_later_step_decides_by_itself(self):
        async def main():
            announcement = Announcement()
            announcement.make("adaptive")
            await asyncio.sleep(0)
            announcement.make("stt_final")
            return announcement.here()

        assert run_virtual(main) == "stt_final"

    def test_in_the_same_step_it_is_the_cause(self):
        assert self.ask() == ("stt_final", "stt_final")

    def test_after_a_turn_of_the_loop_it_is_not(self):
        assert self.ask(later=1)[0] is None

    def test_another_task_in_the_next_turn_finds_it_just_before(self):
        assert self.ask(in_another_task=True) == (None, "stt_final")

    def test_two_turns_later_nobody_does(self):
        assert self.ask(later=3) == (None, None)


def test_an_adaptive_verdict_is_named(play):
    # the model itself is a cloud service: what LiveKit does with its verdict is done here by hand
    async def script(stand):
        from livekit.agents.inference import OverlappingSpeechEvent

        await say_for(stand, AGENT_AUDIO, 1)
        verdict = OverlappingSpeechEvent(is_interruption=True)
        stand.session.emit("overlapping_speech", verdict)
        stand.session.output.audio.pause()
        stand.session._update_agent_state("listening")
        await asyncio.sleep(1)

    assert decisions(play(script))[0] == ("pause", "adaptive")


def test_a_verdict_is_kept_with_its_probability_delay_and_requests(play):
    async def script(stand):
        from livekit.agents.inference import OverlappingSpeechEvent

        await say_for(stand, AGENT_AUDIO, 1)
        yes = OverlappingSpeechEvent(
            is_interruption=True,
            probability=0.91,
            total_duration=0.05,
            detection_delay=0.31,
            num_requests=2,
        )
        dead = OverlappingSpeechEvent(num_requests=3, detection_delay=0.5)
        for verdict in (yes, dead):
            stand.session.emit("overlapping_speech", verdict)

    yes, dead = play(script).of(OverlappingSpeech)
    assert (yes.probability, yes.delay_s, yes.requests, yes.answered) == (0.91, 0.31, 2, True)
    # LiveKit's own probability of an overlap without an answer is 0.0
    assert (dead.probability, dead.delay_s, dead.requests, dead.answered) == (None, None, 3, False)


def test_a_transcript_that_is_released_with_the_verdict_does_not_take_its_cause(play):
    async def script(stand):
        from livekit.agents import UserInputTranscribedEvent
        from livekit.agents.inference import OverlappingSpeechEvent

        await say_for(stand, AGENT_AUDIO, 1)
        held = UserInputTranscribedEvent(transcript="No, wait.", is_final=True)
        stand.session.emit("overlapping_speech", OverlappingSpeechEvent(is_interruption=True))
        stand.session.emit("user_input_transcribed", held)
        stand.session.output.audio.pause()
        stand.session._update_agent_state("listening")
        await asyncio.sleep(1)

    assert decisions(play(script))[0] == ("pause", "adaptive")
