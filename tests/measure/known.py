"""A call built sample by sample, whose clocks are known before it is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from livekit_barge.call.audio import Int16
from livekit_barge.call.events import (
    CallerAnchored,
    Decision,
    Event,
    OutputPaused,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.recording.disk import CallFiles
from tests.conftest import _say

RATE = 24_000
ONSET_S = 3.2
"""The caller's first sample."""
DECISION_S = 3.75
SILENT_S = 3.83
"""The end of the agent's last sample; the cut falls in mid-word."""
AGENT_S = 1.0
"""The agent's first sample."""


def spoken(text: str) -> Int16:
    """Speak with the local voice, cut from its first loud sample to its last."""
    samples = np.rint(_say(text, RATE) * 32_767).astype(np.int16)
    loud = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def write_call(path: Path, *, noise_dbfs: float | None = None) -> Call:
    """Write the folder as a recorder does, and open it."""
    caller = np.zeros(10 * RATE, np.int16)
    clip = spoken("Wait a moment, I have a question about that.")
    caller[round(ONSET_S * RATE) :][: len(clip)] = clip
    if noise_dbfs is not None:
        noise = np.random.default_rng(1).standard_normal(len(caller))
        caller += np.rint(noise * 32_768 * 10 ** (noise_dbfs / 20)).astype(np.int16)
    agent = spoken(
        "Our opening hours are from nine in the morning until six in the evening on every day."
    )
    failures: list[OSError] = []
    files = CallFiles(path, _meta(), failures.append)
    files.samples("caller", caller, RATE)
    files.samples("agent", agent, RATE)
    for event in _events(len(agent) / RATE):
        files.event(event)
    files.close(10.0, 0.0)
    files.release()
    assert not failures
    return Call.open(path)


def _meta() -> CallMeta:
    return CallMeta(
        call_id="known",
        source="livekit-agents",
        capture_point="agent",
        started_wall_s=1_767_225_600.0,
        started_now_s=0.0,
    )


def _events(pushed_s: float) -> list[Event]:
    speech: dict[str, Any] = {"speech_id": "s1"}
    played_s = round(SILENT_S - AGENT_S, 6)
    return [
        CallerAnchored(at_s=0.0, sample=0, reason="first"),
        SpeechCreated(
            at_s=0.9, source="say", user_initiated=True, allow_interruptions=True, **speech
        ),
        SegmentStarted(at_s=AGENT_S, segment_id=0, pushed_offset_s=0.0, **speech),
        PlaybackStarted(at_s=AGENT_S, segment_id=0),
        SegmentFlushed(
            at_s=1.1, segment_id=0, last_frame_at_s=1.1, pushed_s=round(pushed_s, 6), **speech
        ),
        OutputPaused(at_s=DECISION_S, agent_state="speaking", queued_s=1.0, **speech),
        Decision(at_s=DECISION_S, path="pause", cause="vad", queued_s=1.0, **speech),
        PlaybackProgressed(
            at_s=SILENT_S, segment_id=0, started_at_s=AGENT_S, offset_s=0.0, duration_s=played_s
        ),
        SpeechInterrupted(at_s=6.0, source="user_turn", **speech),
        PlaybackFinished(at_s=6.0, segment_id=0, position_s=played_s, interrupted=True),
        SpeechDone(at_s=6.0, interrupted=True, **speech),
    ]
