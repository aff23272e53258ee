"""Overlaps that no rule explains, each with the instrument that would."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from livekit_barge.call.events import SegmentStarted, UserState
from livekit_barge.diagnosis.call_view import CallView, Story, at
from livekit_barge.diagnosis.duration import NO_DECISION
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import NOT_SEEN, UNEXPLAINED

_WRONG = ("missed", "late", "false_stop")

_INSTRUMENTS = {
    "import": "a call recorded by BargeSession where the agent runs: its decisions, pauses and "
    "clears distinguish a shut gate (symptom 1) from a lost cancel (4) and a queue (3, 5)",
    "caller": "the agent's own folder of the same call; `livekit-barge join` puts both on one "
    "timeline",
    "agent": "a session with a tapped output: BargeSession, or instrument() before its start",
}


def open_questions(view: CallView, explained: Collection[int]) -> Iterable[Finding]:
    """Report each overlap that went wrong, if no other finding explains it."""
    for story in view.stories:
        if story.overlap.outcome not in _WRONG or story.index in explained:
            continue
        if not view.stamped:
            yield _not_seen(view, story)
        elif story.overlap.outcome != "false_stop":
            yield _unexplained(view, story)


def _not_seen(view: CallView, story: Story) -> Finding:
    stamps = len(view.of(SegmentStarted))
    return NOT_SEEN.found(
        [*_heard(story), f"{len(view.call.events)} events, {stamps} stamps of the output"],
        story=story,
        sure="undecided",
        needs=_INSTRUMENTS[view.call.meta.capture_point],
    )


def _unexplained(view: CallView, story: Story) -> Finding:
    overlap = story.overlap
    decided = NO_DECISION
    if overlap.decision_s is not None:
        decided = f"{story.decided_by} decided at {at(overlap.decision_s)}"
    return UNEXPLAINED.found(
        [*_heard(story), decided, *_announced(view, story)],
        story=story,
        ruled_out=[
            "not a gate: none that can be read was shut",
            "not the output: no leak was audible",
        ],
        sure="undecided",
        needs=f"{view.framework.name}'s own log at level debug, beside this call",
    )


def _announced(view: CallView, story: Story) -> list[str]:
    """Report when LiveKit took the caller to speak: a slow VAD shows there."""
    said = [
        event.at_s
        for event in view.of(UserState)
        if event.new == "speaking" and event.at_s >= story.begin_s
    ]
    return (
        [f"the user's state turned to speaking {at(said[0] - story.begin_s)} after the onset"]
        if said
        else []
    )


def _heard(story: Story) -> list[str]:
    overlap = story.overlap
    lines = [f"outcome {overlap.outcome}; both were audible for {at(overlap.talk_over_s)}"]
    if overlap.time_to_yield_s is not None:
        least = "at least " if overlap.lower_bound else ""
        lines.append(f"time to yield {least}{at(overlap.time_to_yield_s)}")
    return lines
