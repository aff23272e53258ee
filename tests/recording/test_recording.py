"""Both channels hold what was said and heard, to the sample, and the events say what happened."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.events import (
    AgentState,
    OutputCleared,
    OutputPaused,
    PlaybackFinished,
    SegmentFlushed,
    SegmentStarted,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
)
from tests.recording.conftest import say_for
from tests.recording.made import track
from tests.recording.standins import TimedSTT, tone

AGENT_AUDIO = tone(3.0)


def test_the_callers_channel_is_what_was_sent_to_the_sample(play, speech):
    async def script(_):
        await asyncio.sleep(4)

    kept = play(script, caller=[(speech, 1.0001)])
    assert np.array_equal(kept.channel(CALLER), track(4.0, [(1.0001, speech)]))


@pytest.mark.parametrize("resume", [True, False], ids=["pause path", "interrupt path"])
def test_the_agents_channel_is_what_was_heard_to_the_sample(play, speech, resume):
    async def script(stand):
        await say_for(stand, tone(8.0), 10)

    kept = play(script, caller=[(speech, 2.0)], interruption={"resume_false_interruption": resume})
    assert np.array_equal(kept.channel(AGENT), kept.heard)
    assert np.count_nonzero(kept.heard) < len(tone(8.0))


def test_what_was_pushed_and_never_played_is_kept(play, speech):
    async def script(stand):
        await say_for(stand, tone(8.0), 10)

    kept = play(script, caller=[(speech, 2.0)])
    assert np.array_equal(kept.read("pushed.flac"), tone(8.0))


def test_a_speech_that_resumes_is_placed_after_its_pause(play, uh):
    async def script(stand):
        await say_for(stand, tone(6.0), 12)

    kept = play(script, caller=[(uh, 2.0)], stt=TimedSTT(), interruption={"min_duration": 0.2})
    [paused] = kept.of(OutputPaused)
    silent = kept.channel(AGENT)[round((paused.at_s + 0.1) * 24_000) :][:12_000]
    assert not silent.any()
    assert np.array_equal(kept.channel(AGENT), kept.heard)


def test_a_speech_is_stamped_from_its_creation_to_its_end(play):
    async def script(stand):
        await say_for(stand, AGENT_AUDIO, 4)

    kept = play(script)
    kinds = (SpeechCreated, SegmentStarted, SegmentFlushed, PlaybackFinished, SpeechDone)
    stamped = kept.of(*kinds)
    assert [type(event) for event in stamped] == list(kinds)
    assert stamped[2].pushed_s == 3.0
    assert stamped[3].position_s == 3.0
    assert stamped[3].at_s == stamped[1].at_s + 3.0
    assert not stamped[4].interrupted


def test_an_interrupted_handle_keeps_livekits_source(play):
    async def script(stand):
        handle = await say_for(stand, AGENT_AUDIO, 1)
        handle.interrupt()
        await handle

    kept = play(script)
    [interrupted] = kept.of(SpeechInterrupted)
    assert (interrupted.at_s, interrupted.source) == (1.0, "programmatic")
    assert [cleared.at_s for cleared in kept.of(OutputCleared)] == [1.0]


def test_livekits_own_stamp_stands_beside_ours(play):
    async def script(stand):
        await say_for(stand, AGENT_AUDIO, 1)

    kept = play(script)
    speaking = next(event for event in kept.of(AgentState) if event.new == "speaking")
    assert speaking.livekit_at_s == speaking.at_s


def test_two_speeches_one_after_the_other_keep_their_own_audio(play):
    async def script(stand):
        await say_for(stand, tone(1.0, hz=200), 2)
        await say_for(stand, tone(1.0, hz=300), 2)

    kept = play(script)
    first, second = kept.of(SegmentStarted)
    assert first.speech_id != second.speech_id
    assert second.pushed_offset_s == 1.0
    assert np.array_equal(kept.channel(AGENT), kept.heard)
