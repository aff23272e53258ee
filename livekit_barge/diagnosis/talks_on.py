"""Symptom 1, it talks on for seconds: the caller was heard, and no decision was made.

A gate was shut: interruptions off, the words gate, the duration gate, the AEC warm-up, a protected
line. Each rule looks at an overlap with the caller's speech in it long enough to pass.
"""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, Seen, Story, at, ms
from livekit_barge.diagnosis.duration import (
    NOT_OUTPUT,
    least_of,
    never_long_enough,
    not_deaf,
    too_long,
)
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import LIVEKIT, PIPECAT
from livekit_barge.diagnosis.kinds import (
    AEC_WARMUP,
    INTERRUPTIONS_OFF,
    PROTECTED_TALKED_OVER,
    WORDS_GATE,
)


def gates(seen: Seen) -> Iterable[Finding]:
    """For each overlap in which the agent should have stopped and nothing told it to."""
    if not seen.stamped:
        return
    for story in seen.stories:
        if (swallowed := _warmup(seen, story)) is not None:
            yield swallowed
        elif _shut_out(seen, story) and (found := _gate(seen, story)) is not None:
            yield found
        elif (waited := too_long(seen, story)) is not None:
            yield waited


def _shut_out(seen: Seen, story: Story) -> bool:
    """The caller talked over it, meant it, and no decision followed."""
    overlap = story.overlap
    return (
        overlap.decision_s is None
        and overlap.outcome in ("missed", "natural_end")
        and overlap.talk_over_s >= seen.limits.talked_over_min_s
    )


def _gate(seen: Seen, story: Story) -> Finding | None:
    overlap, options = story.overlap, seen.options_at(story.begin_s)
    if "uninterruptible" in overlap.protected:
        return _uninterruptible(seen, story)
    if options.get(PIPECAT.interruptions) is False:
        return _off(seen, story)
    heard_s = seen.vad_onset_s(story)
    needed = seen.framework.words_needed(options)
    said = _words(seen, story)
    # With too few words neither the VAD, nor a transcript, nor a committed turn decides.
    if needed and said < needed:
        return WORDS_GATE.found(
            [
                _both(story),
                f"{said} words were transcribed; {seen.framework.words} is {needed}",
            ],
            story=story,
            ruled_out=[not_deaf(heard_s), NOT_OUTPUT],
        )
    return never_long_enough(seen, story)


def _uninterruptible(seen: Seen, story: Story) -> Finding:
    if seen.options_at(story.begin_s).get(LIVEKIT.interruptions) is False:
        return _off(seen, story)
    words = seen.transcripts(story.begin_s, story.caller_end_s + TOLD_WITHIN_S)
    return PROTECTED_TALKED_OVER.found(
        [
            _both(story),
            f"speech {story.turn.speech_id} could not be interrupted at {at(story.begin_s)}",
            f"{len(words)} transcripts of the caller came meanwhile",
        ],
        story=story,
        ruled_out=["interruptions are on otherwise", NOT_OUTPUT],
    )


def _off(seen: Seen, story: Story) -> Finding:
    return INTERRUPTIONS_OFF.found(
        [_both(story), f"{seen.framework.interruptions} is false in the options in force"],
        story=story,
        ruled_out=["not one protected line: every speech is", NOT_OUTPUT],
    )


def _both(story: Story) -> str:
    return f"both spoke for {at(story.overlap.talk_over_s)}, and no decision was made"


def _warmup(seen: Seen, story: Story) -> Finding | None:
    """The warm-up held back what would have been a decision, for as long as is noticed."""
    overlap = story.overlap
    spans = [span for span, _ in seen.protections("aec_warmup")]
    heard_s = seen.vad_onset_s(story)
    least_s = least_of(seen, story)
    words = seen.options_at(story.begin_s).get("min_interruption_words") or 0
    if "aec_warmup" not in overlap.protected or heard_s is None or least_s is None or words:
        return None
    end_s = min(span.end_s for span in spans if span.end_s > story.begin_s)
    until_s = min(end_s, overlap.decision_s or story.turn.ended_s)
    # Of each stretch of speech, what went on after it would have decided.
    due_s, over_s = max(
        (
            (span.begin_s + least_s, min(span.end_s, until_s) - span.begin_s - least_s)
            for span in seen.heard_in(story)
        ),
        key=lambda stretch: stretch[1],
        default=(heard_s, 0.0),
    )
    if over_s < seen.limits.off_min_s:
        return None
    if overlap.outcome == "held":
        return None
    decided = "no decision was made in it"
    if overlap.decision_s is not None:
        decided = f"the decision came at {at(overlap.decision_s)}, by {overlap.cause}"
    return AEC_WARMUP.found(
        [
            f"the caller came in at {at(story.begin_s)}, within the warm-up that ended at "
            f"{at(end_s)}",
            f"the VAD heard it from {at(heard_s)} on and would have decided at {at(due_s)}; "
            f"{decided}",
            f"{ms(over_s)} of speech that should have stopped it did not",
        ],
        story=story,
        ruled_out=[not_deaf(heard_s), "no word gate is set"],
    )


def _words(seen: Seen, story: Story) -> int:
    """The most words that a transcript of the overlap held, or its finals together."""
    heard = seen.transcripts(
        story.begin_s, max(story.caller_end_s + TOLD_WITHIN_S, story.turn.ended_s)
    )
    finals = sum(len((event.text or "").split()) for event in heard if event.is_final)
    return max([finals, *(len((event.text or "").split()) for event in heard)])
