"""The output's queue stays as it is while the output is paused: its audio waits."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import (
    OutputCleared,
    OutputPaused,
    PlaybackProgressed,
    SegmentFlushed,
)
from tests.recording.conftest import say_for


def test_audio_that_waits_in_a_pause_does_not_drain(play, uh, talk):
    # The VAD pauses the agent in mid-speech; a second later the caller's turn clears the output.
    async def script(stand):
        await say_for(stand, talk, 5)

    kept = play(
        script,
        caller=[(uh, 2.0)],
        interruption={"min_duration": 0.2, "false_interruption_timeout": 5.0},
    )
    [paused], [cleared] = kept.of(OutputPaused), kept.of(OutputCleared)
    [pushed], played = kept.of(SegmentFlushed), kept.of(PlaybackProgressed)[0]
    assert cleared.at_s - paused.at_s == pytest.approx(1.0, abs=0.05)
    waits_s = pushed.pushed_s - (played.offset_s + played.duration_s)
    assert cleared.queued_s == pytest.approx(waits_s, abs=1e-6)
