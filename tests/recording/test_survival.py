"""A call survives faults of the agent, of its models, of the disk, and our own."""

from __future__ import annotations

import asyncio
import os

import pytest
from livekit.agents import Agent

from livekit_barge.call.audio import AGENT
from livekit_barge.call.events import (
    Decision,
    ProtectedEnded,
    ProtectedStarted,
    SegmentFlushed,
    SessionClosed,
    SessionError,
    SpeechDone,
)
from livekit_barge.frameworks.livekit.instruments import Instruments
from livekit_barge.frameworks.livekit.output_tap import OutputStamps
from tests.recording.conftest import say_for
from tests.recording.standins import OneLineLLM, ToneTTS, tone


def test_an_agent_that_raises_leaves_a_whole_folder(play):
    class Raises(Agent):
        async def on_user_turn_completed(self, *_):
            raise RuntimeError("a fault of the agent's")

    async def script(stand):
        await say_for(stand, tone(1.0), 2)
        stand.session.generate_reply(user_input="go on")
        await asyncio.sleep(2)

    kept = play(
        script,
        agent=lambda: Raises(instructions=""),
        llm=OneLineLLM(),
        tts=ToneTTS(),
    )
    assert kept.call.notes == ()
    assert len(kept.of(SpeechDone)) == 2


def test_a_voice_that_fails_in_mid_sentence_is_kept_as_far_as_it_came(play):
    async def script(stand):
        stand.session.say("a sentence of several seconds")
        await asyncio.sleep(4)

    kept = play(script, tts=ToneTTS(fail_after_s=0.5))
    [flushed] = kept.of(SegmentFlushed)
    assert 0.4 < flushed.pushed_s <= 0.5
    assert kept.of(SessionError)[0].source == "ToneTTS"
    assert kept.channel(AGENT).any()


def test_a_session_closed_twice_is_one_call(play):
    async def script(stand):
        await say_for(stand, tone(1.0), 1.5)
        await stand.session.aclose()

    kept = play(script)
    assert len(kept.of(SessionClosed)) == 1
    assert len(list(kept.call.path.parent.iterdir())) == 1


def test_a_disk_that_is_full_costs_the_folder_and_one_line(play, speech, log, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    async def script(stand):
        await say_for(stand, speech, 3)
        monkeypatch.setattr(os, "write", full)
        await say_for(stand, speech, 3)

    kept = play(script)
    errors = [line for line in log if line["level"] == "error"]
    assert [line["event"] for line in errors] == [
        "this call is not recorded: its folder cannot be written"
    ]
    assert errors[0]["reason"] == "No space left on device"
    # the call went on, and so did its turn log
    assert [turn.speaker for turn in kept.turns] == ["agent", "agent"]


def test_a_folder_that_cannot_be_made_costs_one_line(play, speech, log, tmp_path):
    (tmp_path / "calls").write_text("a file where the calls should go")

    async def script(stand):
        await say_for(stand, speech, 3)

    kept = play(script, calls_dir=tmp_path / "calls")
    assert [line["level"] for line in log].count("error") == 1
    assert [turn.speaker for turn in kept.turns] == ["agent"]


def test_a_fault_of_ours_is_told_once_and_the_call_goes_on(play, log, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(OutputStamps, "frame", broken)

    async def script(stand):
        handle = await say_for(stand, tone(1.0), 2)
        assert handle.done()
        assert not handle.interrupted

    kept = play(script)
    assert kept.heard.any()
    assert [line["event"] for line in log if line["level"] == "error"] == [
        "livekit_barge failed and stopped measuring; the call continues"
    ]


def test_a_fault_of_ours_at_the_start_is_told_and_the_call_goes_on(play, log, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Instruments, "tap", broken)

    async def script(stand):
        handle = await say_for(stand, tone(1.0), 2)
        assert handle.done()

    assert play(script).heard.any()
    assert [line["event"] for line in log if line["level"] == "error"] == [
        "livekit_barge failed and stopped measuring; the call continues"
    ]


class TestProtection:
    def test_an_uninterruptible_line_is_an_interval(self, play):
        async def script(stand):
            await say_for(stand, tone(1.0), 2, allow_interruptions=False)

        kept = play(script)
        [began], [ended] = kept.of(ProtectedStarted), kept.of(ProtectedEnded)
        assert (began.reason, ended.reason) == ("uninterruptible", "uninterruptible")
        assert (began.at_s, ended.at_s) == (0.0, 1.0)

    def test_a_handle_that_is_released_in_mid_speech_ends_it(self, play):
        async def script(stand):
            handle = await say_for(stand, tone(3.0), 1, allow_interruptions=False)
            handle.allow_interruptions = True
            await asyncio.sleep(3)

        kept = play(script)
        # seen with the next frame of the caller's: 50 ms at the latest
        assert kept.of(ProtectedEnded)[0].at_s == pytest.approx(1.0, abs=0.05)

    def test_the_aec_warmup_runs_once_from_the_first_speech(self, play):
        async def script(stand):
            await asyncio.sleep(0.5)
            await say_for(stand, tone(1.0), 4)
            await say_for(stand, tone(1.0), 2)

        kept = play(script, aec_warmup_duration=3.0)
        [began], [ended] = kept.of(ProtectedStarted), kept.of(ProtectedEnded)
        assert began.reason == "aec_warmup"
        assert (began.at_s, ended.at_s) == (0.5, 3.5)

    def test_a_barge_in_within_the_warmup_is_decided_as_it_ends(self, play, speech, talk):
        async def script(stand):
            await say_for(stand, talk, 12)

        kept = play(script, caller=[(speech, 1.0)], aec_warmup_duration=3.0)
        assert kept.of(Decision)[0].at_s == pytest.approx(3.0, abs=0.05)
        [overlap] = kept.overlaps
        assert overlap.protected == ("aec_warmup",)
