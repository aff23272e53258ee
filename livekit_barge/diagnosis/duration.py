"""The duration gate: nobody speaks long enough in one go, or the gate alone takes too long."""

from __future__ import annotations

from livekit_barge.call.audio import CALLER
from livekit_barge.diagnosis.call_view import AS_LOUD_DB, LEVEL_S, CallView, Story, at
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import PIPECAT
from livekit_barge.diagnosis.kinds import DURATION_GATE
from livekit_barge.hearing.edges import runs

NOT_OUTPUT = "not the output: nothing told it to stop"
NO_DECISION = "no decision was made"
NO_WORDS_GATE = "not the words gate: none is set"

# The gate is the cause if it takes more than half of the time.
_MOST = 0.5


def never_long_enough(view: CallView, story: Story) -> Finding | None:
    """Explain an overlap without a decision: no stretch of speech passed the gate."""
    heard_s, least_s = view.vad_onset_s(story), least_of(view, story)
    longest_s = view.longest_heard_s(story)
    if heard_s is None or least_s is None or longest_s >= least_s:
        return None
    return DURATION_GATE.found(
        [
            f"both were audible for {at(story.overlap.talk_over_s)}, and {NO_DECISION}",
            f"the VAD heard at most {at(longest_s)} without a pause; {view.framework.duration} is "
            f"{least_s:g} s",
        ],
        story=story,
        ruled_out=[not_deaf(heard_s), NO_WORDS_GATE, NOT_OUTPUT],
    )


def too_long(view: CallView, story: Story) -> Finding | None:
    """Explain a late yield: the VAD decided as soon as it was allowed to, or never was."""
    overlap = story.overlap
    heard_s, least_s = view.vad_onset_s(story), least_of(view, story)
    decision_s, took_s = overlap.decision_s, overlap.time_to_yield_s
    if overlap.outcome not in ("late", "missed"):
        return None
    if heard_s is None or least_s is None or decision_s is None or took_s is None:
        return None
    # Counted from the stretch in which the decision fell: a pause restarts the count.
    begun_s = max((s.begin_s for s in view.heard_in(story) if s.begin_s <= decision_s), default=0.0)
    off_s, longest_s = decision_s - (begun_s + least_s), view.longest_heard_s(story)
    if story.by_vad:
        shut = abs(off_s) <= view.limits.off_min_s
        how = f"the VAD decided at {at(decision_s)}, as early as the gate allows"
    else:
        shut = off_s > 0 and longest_s < least_s
        how = f"{story.decided_by} decided at {at(decision_s)}, after the caller had ended"
    short_s = _in_short_words_s(view, story, begun_s, least_s)
    if not shut or least_s + short_s < took_s * _MOST:
        return None
    before = f"; for {at(short_s)} before that, no word was long enough" if short_s else ""
    return DURATION_GATE.found(
        [
            f"the VAD heard the caller from {at(heard_s)} on, at most {at(longest_s)} without a "
            f"pause; {view.framework.duration} is {least_s:g} s",
            f"{how}{before}; the gate took more than half of the {at(took_s)} to yield",
        ],
        story=story,
        ruled_out=[not_deaf(heard_s), "not the AEC warm-up and not the words gate"],
    )


def _in_short_words_s(view: CallView, story: Story, begun_s: float, least_s: float) -> float:
    """Return how long the caller spoke before ``begun_s`` in stretches too short for Pipecat's VAD.

    Unlike LiveKit's VAD it does not report a stretch shorter than its gate.
    """
    if view.framework is not PIPECAT or not view.has_audio:
        return 0.0
    before = view.levels[CALLER, round(story.begin_s / LEVEL_S) : round(begun_s / LEVEL_S)]
    if not len(before):
        return 0.0
    loud = runs(before > before.max() - AS_LOUD_DB)
    longest_s = max((end - begin for begin, end in loud), default=0) * LEVEL_S
    return begun_s - story.begin_s if longest_s < least_s else 0.0


def least_of(view: CallView, story: Story) -> float | None:
    """Return the seconds that the duration gate asks for at the overlap; ``None``: not known."""
    return view.framework.least_s(view.options_at(story.begin_s))


def not_deaf(heard_s: float | None) -> str:
    """Return the line that rules out a deaf VAD."""
    if heard_s is None:
        return "the VAD's state does not cover this speech"
    return f"not deaf: the VAD heard the caller from {at(heard_s)} on"
