"""Symptom 7, silent and yet "speaking": the agent's state disagrees with its audio.

Silence alone proves nothing, since a slow voice makes it too. The speech must be over: its handle
done, or all of it handed to an output that had the time to play it and never reports the end. A
speech that is not over has stalled if nothing of it was handed over for long (:mod:`.stall`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from livekit_barge.call.audio import AGENT
from livekit_barge.call.events import (
    AgentState,
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
    SpeechDone,
)
from livekit_barge.diagnosis.call_view import CallView, at
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import SPEAKING_SILENT
from livekit_barge.diagnosis.stall import stalls
from livekit_barge.hearing.span import Span


def states(view: CallView) -> Iterable[Finding]:
    """Report each time that the state was speaking and nothing was left to hear."""
    if not view.stamped or not view.has_audio:
        return
    least_s = view.limits.silent_speaking_s
    stalled = list(stalls(view))
    for _, finding in stalled:
        yield finding
    for speaking in view.speaking(view.of(AgentState)):
        over = _over(view, speaking)
        if over is None:
            continue
        over_s, why, layer = over
        if any(hole.begin_s <= over_s < hole.end_s for hole, _ in stalled):
            continue
        runs = view.quiet_runs(AGENT, Span(over_s, speaking.end_s), least_s)
        if runs:
            yield SPEAKING_SILENT.found(
                [
                    f"the agent's state is speaking from {at(speaking.begin_s)} to "
                    f"{at(speaking.end_s)}",
                    why,
                    f"the agent's channel is below {view.limits.floor_dbfs:g} dBFS from "
                    f"{at(runs[0].begin_s)} on, for {at(runs[0].length_s)}",
                ],
                at_s=runs[0].begin_s,
                ruled_out=["not a slow voice: the speech had no more audio"],
                layer=layer,
            )


def _over(view: CallView, speaking: Span) -> tuple[float, str, str] | None:
    """Return when the span's last audio is over, the reason, and the layer at fault."""
    begins = view.of(SegmentStarted)
    started = bisect_right(begins, speaking.end_s, key=lambda event: event.at_s)
    last = begins[started - 1] if started else None
    if last is None:
        return speaking.begin_s, "no speech was handed to the output", "state"
    done = [e.at_s for e in view.grouped(SpeechDone, "speech_id", last.speech_id)]
    if done and done[0] < speaking.end_s:
        why = f"its last speech, {last.speech_id}, was done at {at(done[0])}"
        return max(done[0], speaking.begin_s), why, "state"
    flushed = view.grouped(SegmentFlushed, "segment_id", last.segment_id)
    begun = [e.at_s for e in view.grouped(PlaybackStarted, "segment_id", last.segment_id)]
    ended = [e.at_s for e in view.grouped(PlaybackFinished, "segment_id", last.segment_id)]
    if not flushed or not begun:
        return None
    due_s = _due_s(view, last.segment_id, begun[0], flushed[0].pushed_s)
    if due_s is None or due_s >= speaking.end_s:
        return None
    due_s = max(due_s, flushed[0].at_s, speaking.begin_s)
    if flushed[0].complete is False and last is not _last_of(view, last.speech_id):
        return None  # more came later: a slow voice
    reported = f"reported at {at(ended[0])}" if ended else "not reported"
    if flushed[0].complete is False:
        why = (
            f"{at(flushed[0].pushed_s)} of speech {last.speech_id} had played by {at(due_s)}, and "
            "its TTS had not reported the end"
        )
        return due_s, why, "voice"
    why = (
        f"all of speech {last.speech_id}, {at(flushed[0].pushed_s)}, was handed to the output and "
        f"due to end by {at(due_s)}; its end was {reported}"
    )
    return due_s, why, "output"


def _last_of(view: CallView, speech_id: str | None) -> SegmentStarted:
    return [event for event in view.of(SegmentStarted) if event.speech_id == speech_id][-1]


def _due_s(view: CallView, segment_id: int, begun_s: float, pushed_s: float) -> float | None:
    """Return when a segment has played out; ``None``: it is paused, or its progress is unknown."""
    played = view.grouped(PlaybackProgressed, "segment_id", segment_id)
    heard_s = max((event.started_at_s + event.duration_s for event in played), default=0.0)
    pauses = [event.at_s for event in view.of(OutputPaused) if event.at_s >= begun_s]
    if not pauses:
        return max(begun_s + pushed_s, heard_s)
    resumes = [event.at_s for event in view.of(OutputResumed) if event.at_s >= pauses[-1]]
    if not resumes or not played:
        return None
    done_s = max(event.offset_s + event.duration_s for event in played)
    return max(resumes[0] + pushed_s - done_s, heard_s)
