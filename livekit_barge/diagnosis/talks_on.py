"""Symptom 1, the agent keeps talking for seconds: the caller was heard, and no decision was made.

A gate was shut: interruptions off, the words gate, the duration gate, the AEC warm-up, a protected
line. Each rule looks at overlaps in which the caller spoke long enough to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from livekit_barge.call.events import Transcript
from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, CallView, Story, at, ms
from livekit_barge.diagnosis.duration import (
    NO_DECISION,
    NO_WORDS_GATE,
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


def gates(view: CallView) -> Iterable[Finding]:
    """Explain each overlap in which the agent should have stopped and nothing told it to."""
    if not view.stamped:
        return
    for story in view.stories:
        if (swallowed := _warmup(view, story)) is not None:
            yield swallowed
        elif _shut_out(view, story) and (found := _gate(view, story)) is not None:
            yield found
        elif (waited := too_long(view, story)) is not None:
            yield waited


def _shut_out(view: CallView, story: Story) -> bool:
    """Return whether the caller wanted the floor and no decision gave it to them.

    ``missed`` and ``late`` already say that they wanted it, so one word ("Stop!") is enough. A
    speech that ended soon after the onset was talked over only if both spoke for long.
    """
    overlap = story.overlap
    if overlap.decision_s is not None:
        return False
    if overlap.outcome == "natural_end":
        return overlap.talk_over_s >= view.limits.talked_over_min_s
    return overlap.outcome in ("missed", "late")


def _gate(view: CallView, story: Story) -> Finding | None:
    overlap, options = story.overlap, view.options_at(story.begin_s)
    if "uninterruptible" in overlap.protected:
        return _uninterruptible(view, story)
    if options.get(PIPECAT.interruptions) is False:
        return _off(view, story)
    heard_s = view.vad_onset_s(story)
    needed = view.framework.words_needed(options)
    heard = _transcripts(view, story)
    said = _words(heard)
    # With too few words neither the VAD, nor a transcript, nor a committed turn decides.
    if needed and said < needed:
        kept = all(event.text is not None for event in heard)
        words = f"{said} word{'' if said == 1 else 's'}"
        counted = (
            f"{words} of the overlap {'was' if said == 1 else 'were'} transcribed"
            if kept
            else f"{len(heard)} transcripts arrived, but their text was not kept"
        )
        return WORDS_GATE.found(
            [_both(story), f"{counted}; {view.framework.words} is {needed}"],
            story=story,
            ruled_out=[not_deaf(heard_s), NOT_OUTPUT],
            sure="sure" if kept else "likely",
        )
    return never_long_enough(view, story)


def _uninterruptible(view: CallView, story: Story) -> Finding:
    if view.options_at(story.begin_s).get(LIVEKIT.interruptions) is False:
        return _off(view, story)
    words = view.transcripts(story.begin_s, story.caller_end_s + TOLD_WITHIN_S)
    return PROTECTED_TALKED_OVER.found(
        [
            _both(story),
            f"speech {story.turn.speech_id} was uninterruptible at {at(story.begin_s)}",
            f"{len(words)} transcripts of the caller arrived during it",
        ],
        story=story,
        ruled_out=["not a general setting: interruptions are otherwise on", NOT_OUTPUT],
    )


def _off(view: CallView, story: Story) -> Finding:
    return INTERRUPTIONS_OFF.found(
        [_both(story), f"the option {view.framework.interruptions} is false"],
        story=story,
        ruled_out=["not a single protected line: every speech is affected", NOT_OUTPUT],
    )


def _both(story: Story) -> str:
    own = story.cause is not None and story.cause.by_program
    decided = "only the program's own interrupt stopped the agent" if own else NO_DECISION
    return f"both were audible for {at(story.overlap.talk_over_s)}, and {decided}"


def _warmup(view: CallView, story: Story) -> Finding | None:
    """Find speech that the warm-up kept from a decision, if it lasted long enough to notice."""
    overlap = story.overlap
    spans = [span for span, _ in view.protections("aec_warmup")]
    heard_s = view.vad_onset_s(story)
    least_s = least_of(view, story)
    words = view.options_at(story.begin_s).get("min_interruption_words") or 0
    if "aec_warmup" not in overlap.protected or heard_s is None or least_s is None or words:
        return None
    end_s = min(span.end_s for span in spans if span.end_s > story.begin_s)
    until_s = min(end_s, overlap.decision_s or story.turn.ended_s)
    # The longest speech past the moment at which the stretch would have led to a decision.
    due_s, over_s = max(
        (
            (span.begin_s + least_s, min(span.end_s, until_s) - span.begin_s - least_s)
            for span in view.heard_in(story)
        ),
        key=lambda stretch: stretch[1],
        default=(heard_s, 0.0),
    )
    if over_s < view.limits.off_min_s:
        return None
    if overlap.outcome == "held":
        return None
    decided = "no decision was made during it"
    if overlap.decision_s is not None:
        decided = f"{story.decided_by} decided at {at(overlap.decision_s)}"
    return AEC_WARMUP.found(
        [
            f"the caller came in at {at(story.begin_s)}, during the warm-up, which ended at "
            f"{at(end_s)}",
            f"the VAD heard the caller from {at(heard_s)} on and would have decided at "
            f"{at(due_s)}; {decided}",
            f"{ms(over_s)} of further speech should have stopped the agent and did not",
        ],
        story=story,
        ruled_out=[not_deaf(heard_s), NO_WORDS_GATE],
    )


def _transcripts(view: CallView, story: Story) -> list[Transcript]:
    """Return the overlap's transcripts: up to the next overlap, or to the end of the speech."""
    told_by_s = story.caller_end_s + TOLD_WITHIN_S
    later = [s.begin_s for s in view.stories if s.begin_s > story.caller_end_s]
    until_s = min([max(told_by_s, story.turn.ended_s), *later])
    return view.transcripts(story.begin_s, until_s)


def _words(heard: Sequence[Transcript]) -> int:
    """Return the most words that one of the transcripts held, or the finals together."""
    finals = sum(len((event.text or "").split()) for event in heard if event.is_final)
    return max([finals, *(len((event.text or "").split()) for event in heard)])
