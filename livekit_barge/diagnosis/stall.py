"""Symptom 7, silent in mid-speech: the TTS or the LLM stalled, and the output ran dry.

Pipecat's output begins a new segment when frames come again, so a hole lies between two segments of
a speech, or between the last and the interruption that ended the speech. LiveKit's segments span
their holes: there the agent's channel shows them, and either frames came at the hole's end or
all that had been handed over by its beginning had played.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from livekit_barge.call.audio import AGENT
from livekit_barge.call.events import (
    AgentState,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentStarted,
    SpeechInterrupted,
)
from livekit_barge.diagnosis.call_view import CallView, SpeechSegment, at
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import SPEAKING_SILENT
from livekit_barge.hearing.span import Span, shared_s

_TURN = (
    "the TTS, or the LLM that feeds it: it left the output without audio in mid-speech; a time-out "
    "and a second provider limit how long"
)
# Frames that end a hole are audible within this of being handed over: an output's queue.
_HEARD_WITHIN_S = 0.3


def stalls(view: CallView) -> Iterator[tuple[Span, Finding]]:
    """Yield each hole in a speech, and its finding."""
    if not view.stamped:
        return
    for speech_id in dict.fromkeys(event.speech_id for event in view.of(SegmentStarted)):
        segments = view.segments(speech_id)
        holes = [*_between(view, speech_id, segments), *_within(view, segments)]
        for hole, end in holes:
            if hole.length_s >= view.limits.stall_min_s:
                yield hole, _found(speech_id, hole, end)


def _found(speech_id: str | None, hole: Span, end: str) -> Finding:
    return SPEAKING_SILENT.found(
        [
            f"all audio handed over of speech {speech_id} had played by {at(hole.begin_s)}, and "
            "the speech was not complete",
            f"the agent was silent for {at(hole.length_s)}, until {end}",
        ],
        at_s=hole.begin_s,
        ruled_out=[
            "not a lost end: the speech was not complete",
            "not a pause: nothing ordered one",
        ],
        layer="voice",
        turn=_TURN,
    )


def _between(
    view: CallView, speech_id: str | None, segments: list[SpeechSegment]
) -> Iterable[tuple[Span, str]]:
    """Return the holes after segments that were not all of their speech."""
    finished = {event.segment_id: event.at_s for event in view.of(PlaybackFinished)}
    for one, other in pairwise(segments):
        ended_s = finished.get(one.segment_id)
        if one.complete is False and ended_s is not None and ended_s < other.begin_s:
            yield Span(ended_s, other.begin_s), f"more audio arrived at {at(other.begin_s)}"
    if not segments or segments[-1].complete is not False:
        return
    ended_s = finished.get(segments[-1].segment_id)
    cuts = [event.at_s for event in view.of(SpeechInterrupted) if event.speech_id == speech_id]
    if ended_s is not None and cuts and ended_s < cuts[0]:
        yield Span(ended_s, cuts[0]), f"the speech was interrupted at {at(cuts[0])}"


def _within(view: CallView, segments: list[SpeechSegment]) -> Iterable[tuple[Span, str]]:
    """Return the holes in segments that were under way: silence while the state was speaking."""
    if not view.has_audio:
        return
    begun = {event.segment_id: event.at_s for event in view.of(PlaybackStarted)}
    for segment in segments:
        begun_s, flushed_s = begun.get(segment.segment_id), segment.flushed_at_s
        if begun_s is None or flushed_s is None:
            continue
        for speaking in view.speaking(view.of(AgentState)):
            span = Span(max(begun_s, speaking.begin_s), min(flushed_s, speaking.end_s))
            if span.length_s < view.limits.stall_min_s:
                continue
            for run in view.quiet_runs(AGENT, span, view.limits.stall_min_s):
                if (end := _end_of(view, segment, run, begun_s)) is not None:
                    yield run, end


def _end_of(view: CallView, segment: SpeechSegment, run: Span, begun_s: float) -> str | None:
    """Return what ended a silence; ``None``: it was handed over as audio, so it is no hole."""
    assert segment.last_frame_at_s is not None
    assert segment.pushed_s is not None
    played = [
        Span(event.started_at_s, event.started_at_s + event.duration_s)
        for event in view.of(PlaybackProgressed)
        if event.segment_id == segment.segment_id
    ]
    if shared_s([run], played) > run.length_s / 2:
        return None
    if run.end_s - _HEARD_WITHIN_S <= segment.last_frame_at_s:
        return f"more audio arrived at {at(run.end_s)}"
    if begun_s + segment.pushed_s <= run.begin_s + view.limits.tail_slack_s:
        return f"the agent was stopped at {at(run.end_s)}"
    return None
