"""Symptom 1, it talks on for seconds: the caller was heard, and no decision was made.

A gate was shut: interruptions off, the words gate, the duration gate, the AEC warm-up, a protected
line. Each rule looks at an overlap with the caller's speech in it long enough to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from livekit_barge.call.events import Transcript
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
    """Return whether the caller wanted the floor and no decision gave it to them.

    ``missed`` and ``late`` already say that they wanted it, so one word ("Stop!") is enough. A
    speech that ended soon after the onset was talked over only if both spoke for long.
    """
    overlap = story.overlap
    if overlap.decision_s is not None:
        return False
    if overlap.outcome == "natural_end":
        return overlap.talk_over_s >= seen.limits.talked_over_min_s
    return overlap.outcome in ("missed", "late")


def _gate(seen: Seen, story: Story) -> Finding | None:
    overlap, options = story.overlap, seen.options_at(story.begin_s)
    if "uninterruptible" in overlap.protected:
        return _uninterruptible(seen, story)
    if options.get(PIPECAT.interruptions) is False:
        return _off(seen, story)
    heard_s = seen.vad_onset_s(story)
    needed = seen.framework.words_needed(options)
    heard = _transcripts(seen, story)
    said = _words(heard)
    # With too few words neither the VAD, nor a transcript, nor a committed turn decides.
    if needed and said < needed:
        kept = all(event.text is not None for event in heard)
        words = f"{said} word{'' if said == 1 else 's'}"
        counted = (
            f"{words} of the overlap {'was' if said == 1 else 'were'} transcribed"
            if kept
            else f"{len(heard)} transcripts came, and their text was not kept"
        )
        return WORDS_GATE.found(
            [_both(story), f"{counted}; {seen.framework.words} is {needed}"],
            story=story,
            ruled_out=[not_deaf(heard_s), NOT_OUTPUT],
            sure="sure" if kept else "likely",
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
    own = story.cause is not None and story.cause.by_program
    decided = "only the program's own interrupt stopped it" if own else "no decision was made"
    return f"both spoke for {at(story.overlap.talk_over_s)}, and {decided}"


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


def _transcripts(seen: Seen, story: Story) -> list[Transcript]:
    """Return the overlap's transcripts: up to the next overlap, or to the end of the speech."""
    told_by_s = story.caller_end_s + TOLD_WITHIN_S
    later = [s.begin_s for s in seen.stories if s.begin_s > story.caller_end_s]
    until_s = min([max(told_by_s, story.turn.ended_s), *later])
    return seen.transcripts(story.begin_s, until_s)


def _words(heard: Sequence[Transcript]) -> int:
    """Return the most words that one of the transcripts held, or the finals together."""
    finals = sum(len((event.text or "").split()) for event in heard if event.is_final)
    return max([finals, *(len((event.text or "").split()) for event in heard)])
