"""From a played call to its turns: both clocks, in virtual time, with exact values."""

from __future__ import annotations

import asyncio
import json

import pytest
from livekit.agents import Agent

from livekit_barge.call.events import AgentHandoff, CallerDetached, Decision, SessionClosed
from livekit_barge.measure.measure_call import measure_call
from tests.recording.conftest import say_for
from tests.recording.standins import RATE, OneLineLLM, SpeechToSpeech, TimedSTT, ToneTTS, frames


@pytest.fixture(scope="session")
def agent_talks(talk):
    async def script(stand):
        await say_for(stand, talk, 12)

    return script


@pytest.mark.parametrize("resume", [True, False], ids=["pause path", "interrupt path"])
def test_the_clocks_of_a_barge_in_are_those_of_its_stamps_and_samples(
    play, speech, agent_talks, resume
):
    kept = play(
        agent_talks, caller=[(speech, 2.0)], interruption={"resume_false_interruption": resume}
    )
    [overlap] = kept.overlaps
    decided = kept.of(Decision)[0]
    assert overlap.onset_s == pytest.approx(2.0, abs=0.010)
    assert overlap.decision_s == decided.at_s
    assert overlap.silent_s == pytest.approx(kept.last_heard_s, abs=0.010)
    assert overlap.outcome == "yielded"


def test_what_was_logged_is_what_the_folder_gives_again(play, speech, agent_talks):
    kept = play(agent_talks, caller=[(speech, 2.0)])
    logged = [
        json.loads(line) for line in (kept.call.path / "turns.jsonl").read_text().splitlines()
    ]
    again = [json.loads(json.dumps(turn.to_json())) for turn in measure_call(kept.call)]
    assert logged == again


def test_a_false_interruption_is_resumed_with_its_dead_air(play, uh, agent_talks):
    # an STT that hears nothing: no turn is committed, so LiveKit takes the pause back
    kept = play(
        agent_talks,
        caller=[(uh, 2.0)],
        stt=TimedSTT(),
        interruption={"min_duration": 0.2, "false_interruption_timeout": 1.0},
    )
    [overlap] = kept.overlaps
    assert (overlap.outcome, overlap.resumed) == ("false_stop", True)
    # silence = the VAD's 0.55 s after the caller's end, and LiveKit's timeout of 1.0 s
    assert overlap.dead_air_s == pytest.approx(1.55, abs=0.15)
    assert 0.15 <= overlap.discarded_s <= 0.25


def test_without_resume_a_false_interruption_ends_the_speech(play, uh, agent_talks):
    kept = play(
        agent_talks,
        caller=[(uh, 2.0)],
        stt=TimedSTT(),
        interruption={"min_duration": 0.2, "resume_false_interruption": False},
    )
    [overlap] = kept.overlaps
    assert (overlap.resumed, overlap.pause_s) == (False, None)


def test_back_to_back_barge_ins_are_two_stories(play, uh, agent_talks):
    kept = play(
        agent_talks,
        caller=[(uh, 2.0), (uh, 6.0)],
        stt=TimedSTT(),
        interruption={"min_duration": 0.2, "false_interruption_timeout": 1.0},
    )
    first, second = kept.overlaps
    assert (first.outcome, second.outcome) == ("false_stop", "false_stop")
    assert first.decision_s < second.onset_s < second.decision_s


def test_a_barge_in_in_the_last_100_ms_is_a_natural_end(play, speech, talk, agent_talks):
    kept = play(agent_talks, caller=[(speech, len(talk) / RATE - 0.1)])
    overlap = kept.overlaps[0]
    assert (overlap.outcome, overlap.yielded) == ("natural_end", None)


def test_a_caller_who_already_talks_when_the_agent_starts_is_told_apart(play, speech, talk):
    # Once the VAD hears the caller, LiveKit holds the agent back: so they begin just before.
    async def script(stand):
        await asyncio.sleep(2.0)
        await say_for(stand, talk, 12)

    kept = play(script, caller=[(speech, 1.92)])
    assert kept.overlaps[0].agent_over_caller


def test_an_uninterruptible_line_is_not_stopped_and_says_why(play, speech, talk):
    async def script(stand):
        await say_for(stand, talk, 12, allow_interruptions=False)

    kept = play(script, caller=[(speech, 2.0)])
    [overlap] = kept.overlaps
    assert overlap.protected == ("uninterruptible",)
    assert overlap.decision_s is None


def test_a_realtime_model_has_its_clocks_too(play, speech, talk):
    async def script(stand):
        stand.session.generate_reply()
        await asyncio.sleep(8)

    kept = play(
        script,
        caller=[(speech, 2.0)],
        llm=SpeechToSpeech(speaks=talk, hears_s=2.6),
        vad=None,
        turn_detection=None,
    )
    [overlap] = kept.overlaps
    assert (overlap.cause, overlap.decision_s, overlap.outcome) == ("realtime", 2.6, "yielded")
    assert overlap.words is None


def test_the_words_heard_and_livekits_latencies_ride_along(play, speech, agent_talks):
    kept = play(
        agent_talks,
        caller=[(speech, 2.0)],
        stt=TimedSTT([(4.4, True, "wait a moment")]),
        llm=OneLineLLM("Yes?"),
        tts=ToneTTS(),
    )
    assert kept.overlaps[0].words == "wait a moment"
    answer = kept.turns[-1]
    assert (answer.speaker, answer.words) == ("agent", "Yes?")
    assert "e2e_latency" in answer.livekit_metrics


def test_several_agents_hand_over_within_one_call(play, speech):
    class Second(Agent):
        async def on_enter(self):
            self.session.say("…", audio=frames(speech))

    async def script(stand):
        await say_for(stand, speech, 3)
        stand.session.update_agent(Second(instructions=""))
        await asyncio.sleep(3)

    kept = play(script)
    assert len(kept.of(AgentHandoff)) == 2
    assert [turn.speaker for turn in kept.turns] == ["agent", "agent"]


def test_a_session_that_is_shut_down_while_both_speak_did_not_yield(play, speech, talk):
    async def script(stand):
        stand.session.say("…", audio=frames(talk))
        await asyncio.sleep(3.3)
        stand.session.shutdown(drain=False)
        await asyncio.sleep(3)

    kept = play(script, caller=[(speech, 3.0)])
    [overlap] = kept.overlaps
    assert (overlap.outcome, overlap.reason) == (
        "unmeasurable",
        "the call ended before the agent did",
    )
    assert overlap.lower_bound
    assert overlap.time_to_yield_s == pytest.approx(3.3 - overlap.onset_s, abs=1e-6)
    ends = [type(event) for event in kept.of(CallerDetached, SessionClosed)]
    assert ends == [CallerDetached, SessionClosed]
    assert tuple(measure_call(kept.call)) == kept.turns


def test_a_caller_who_speaks_into_a_stalled_voice_overlaps_nothing(play, speech, talk):
    async def stalling():
        for part, wait_s in ((talk[: 2 * RATE], 6.0), (talk[2 * RATE :], 0.0)):
            async for frame in frames(part):
                yield frame
            await asyncio.sleep(wait_s)

    async def script(stand):
        stand.session.say("…", audio=stalling())
        await asyncio.sleep(9)

    kept = play(script, caller=[(speech, 5.0)])
    assert [made.cause for made in kept.of(Decision)][:1] == ["vad"]
    assert kept.overlaps == []
    assert tuple(measure_call(kept.call)) == kept.turns
