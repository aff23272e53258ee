"""Findings about the program around the session: options, adaptive mode, protected lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livekit_barge.call.events import (
    INFERENCE_URL,
    OptionsInForce,
    OutputResumed,
    OverlappingSpeech,
    SegmentStarted,
    SpeechCreated,
    SpeechInterrupted,
)
from livekit_barge.diagnosis.call_view import CallView, Story, at
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import ADAPTIVE_OFF, OPTIONS_DIFFER, PROTECTED_CUT

_MODE = "interruption_mode"
# LiveKit's default for backchannel_boundary.
_BOUNDARY_S = 1.0
_ITS_DETECTOR = (
    "the detector at {host} (LIVEKIT_INFERENCE_URL): it must answer within 0.7 s and keep its "
    "connection open; LiveKit connects again only at a handoff or in the next session"
)


def options(view: CallView) -> Iterable[Finding]:
    """Report once per call the options that were in force with another value than asked for."""
    asked = {
        name: given["value"]
        for name, given in view.call.meta.asked.items()
        if isinstance(given, Mapping) and "value" in given
    }
    wrong: dict[str, str] = {}
    first_s = None
    for event in view.of(OptionsInForce):
        for name, value in asked.items():
            now = event.options.get(name)
            if now is None or _same(now, value) or name in wrong:
                continue  # an option that cannot be read is not known to differ
            source = view.call.meta.asked[name].get("source")
            wrong[name] = f"{name}: {value} was requested ({source}), {now} is in force"
            first_s = event.at_s if first_s is None else first_s
    if wrong:
        since = f"since {at(first_s or 0.0)}"
        yield OPTIONS_DIFFER.found(
            [*wrong.values(), since],
            at_s=first_s,
            ruled_out=["not an unreadable option: those are not compared"],
        )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) or str(one) == str(other)


def adaptive(view: CallView) -> Iterable[Finding]:
    """Report once per call that adaptive was requested, and the VAD decides: unused, or lost since.

    LiveKit writes no error event when it gives up its detector. The sign is an overlap that the VAD
    decided after the last verdict, and that adaptive does not leave to the VAD by design.
    """
    asked = view.call.meta.asked.get(_MODE, {})
    in_force = [event.options.get(_MODE) for event in view.of(OptionsInForce)]
    if "adaptive" not in (asked.get("value"), *in_force):
        return
    verdicts = view.of(OverlappingSpeech)
    since_s = verdicts[-1].at_s if verdicts else 0.0
    by_vad = [
        (story, story.overlap.decision_s)
        for story in view.stories
        if story.overlap.decision_s is not None
        and story.overlap.decision_s > since_s
        and story.by_vad
        and not _left_to_the_vad(view, story)
    ]
    if not by_vad:
        return
    first, decided_s = by_vad[0]
    gave = (
        f"gave its last verdict at {at(since_s)}, the last of {len(verdicts)}"
        if verdicts
        else f"gave no verdict in {len(view.stories)} overlaps"
    )
    host = view.options_at(first.begin_s).get(INFERENCE_URL)
    yield ADAPTIVE_OFF.found(
        [
            f"{_MODE} is adaptive, and the detector {gave}",
            f"overlaps that the VAD decided{' since' if verdicts else ''}: {len(by_vad)}, first at "
            f"{at(decided_s)}",
        ],
        at_s=first.begin_s,
        ruled_out=[
            "not an overlap that adaptive mode leaves to the VAD: it began "
            f"{at(first.begin_s - first.turn.started_s)} into the speech"
        ],
        turn=None if host is None else _ITS_DETECTOR.format(host=host),
    )


def _left_to_the_vad(view: CallView, story: Story) -> bool:
    """Return whether adaptive leaves the overlap to the VAD by design.

    It does near the beginning of a speech, and again after a resume (``backchannel_boundary``).
    """
    boundary = view.options_at(story.begin_s).get("backchannel_boundary")
    near_s = boundary[0] if isinstance(boundary, list | tuple) and boundary else _BOUNDARY_S
    begun = [story.turn.started_s, *(event.at_s for event in view.of(OutputResumed))]
    return story.overlap.agent_over_caller or any(
        0.0 <= story.begin_s - at_s < near_s for at_s in begun
    )


def protected(view: CallView) -> Iterable[Finding]:
    """Report each speech that was interrupted while it was protected, or just after."""
    created = {event.speech_id: event for event in view.of(SpeechCreated)}
    spans = {speech_id: span for span, speech_id in view.protections("uninterruptible")}
    begun = {event.speech_id for event in view.of(SegmentStarted)}
    for cut in view.of(SpeechInterrupted):
        speech = created.get(cut.speech_id)
        span = spans.get(cut.speech_id)
        if speech is None or cut.speech_id not in begun:
            continue
        if speech.allow_interruptions and span is None:
            continue
        turn = view.turn_of(cut.speech_id)
        pushed = [segment.pushed_s for segment in view.segments(cut.speech_id)]
        if turn is None or None in pushed:
            continue
        left_s = sum(filter(None, pushed)) - (turn.ended_s - turn.started_s)
        if left_s < view.limits.said_min_s:
            continue  # hardly any of it was left
        yield PROTECTED_CUT.found(
            [
                f"speech {cut.speech_id} was made with allow_interruptions = "
                f"{str(speech.allow_interruptions).lower()}"
                + ("" if span is None else f"; protected from {at(span.begin_s)}"),
                f"it was interrupted at {at(cut.at_s)} (source: {cut.source or 'unknown'}), and "
                f"its last {at(left_s)} were not heard",
            ],
            story=_story(view, cut),
            at_s=cut.at_s,
            ruled_out=["not the caller's voice: audio activity cannot stop a protected line"],
        )


def _story(view: CallView, cut: SpeechInterrupted) -> Story | None:
    before = [s for s in view.stories_of(cut.speech_id) if s.begin_s <= cut.at_s]
    return before[-1] if before else None
