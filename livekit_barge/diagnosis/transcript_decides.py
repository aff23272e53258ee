"""Symptom 2, ``min_interruption_duration`` seems ignored: something else decided.

The decision comes with a transcript, long before or after the VAD would have decided; or it comes
when the VAD would have decided, but on a sound that ended long before, because LiveKit's count of
speech grows through the silence that follows.
"""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.diagnosis.call_view import CallView, Story, at, ms
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.kinds import SILENCE_COUNTS, TRANSCRIPT_DECIDES
from livekit_barge.hearing.span import Span


def bypasses(view: CallView) -> Iterable[Finding]:
    """Explain each overlap with a decision that the duration did not lead to."""
    if not view.stamped:
        return
    for story in view.stories:
        overlap, options = story.overlap, view.options_at(story.begin_s)
        least_s = options.get("min_interruption_duration")
        if overlap.decision_s is None or overlap.onset_s is None or least_s is None:
            continue
        if "aec_warmup" in overlap.protected or "uninterruptible" in overlap.protected:
            continue  # then the VAD could not decide, whatever its knobs
        found = _by_transcript(view, story, overlap.decision_s, least_s)
        if found is None:
            found = _on_silence(view, story, overlap.decision_s, least_s)
        if found is not None:
            yield found


def _by_transcript(
    view: CallView, story: Story, decision_s: float, least_s: float
) -> Finding | None:
    heard_s = view.vad_onset_s(story)
    if heard_s is None or heard_s > decision_s:
        return None  # the VAD was deaf, which is another finding
    words = view.options_at(story.begin_s).get("min_interruption_words") or 0
    off_s = decision_s - (heard_s + least_s)
    by = _by(view, story, decision_s, words)
    if by is None:
        return None
    evidence = [
        f"the VAD heard the caller from {at(heard_s)} on; min_interruption_duration {least_s:g} s "
        f"would have decided at {at(heard_s + least_s)}",
        f"{by} decided at {at(decision_s)}, {ms(abs(off_s))} {'later' if off_s > 0 else 'earlier'}",
    ]
    if off_s < -view.limits.off_min_s:
        return TRANSCRIPT_DECIDES.found(
            evidence,
            story=story,
            ruled_out=["not the VAD: it never decides before its duration"],
            turn="min_interruption_words, the only gate for transcripts and committed turns",
        )
    # By design a words gate decides later; it is a symptom only if the agent yields too late.
    if off_s > view.limits.off_min_s and words and story.overlap.outcome in ("late", "missed"):
        evidence.append(f"min_interruption_words is {words}: the VAD cannot decide with fewer")
        return TRANSCRIPT_DECIDES.found(
            evidence,
            story=story,
            ruled_out=["not the AEC warm-up: it had ended", "not deaf: the VAD heard the caller"],
            turn="min_interruption_words = 0, or a faster STT",
        )
    return None


def _by(view: CallView, story: Story, decision_s: float, words: int) -> str | None:
    """Name the transcript that let the decision through; ``None``: the VAD alone decided."""
    if story.cause is not None and story.cause.by_words:
        return story.cause.text
    # With a words gate the VAD decides as soon as there are words enough, at its next window.
    came = view.transcripts(decision_s - view.limits.transcript_before_s, decision_s)
    if words and story.by_vad and came:
        late_s = decision_s - came[-1].at_s
        return f"the VAD, {ms(late_s)} after a transcript with enough words,"
    return None


def _on_silence(view: CallView, story: Story, decision_s: float, least_s: float) -> Finding | None:
    overlap = story.overlap
    if not story.by_vad or overlap.agent_over_caller or overlap.onset_s is None:
        return None
    spoken_s = story.caller_end_s - overlap.onset_s
    # A caller who continues to speak meant it, and is let in a little sooner than the knob says.
    continues = view.caller_speaks_in(Span(decision_s, decision_s + view.limits.off_min_s), story)
    # The VAD's own onset is up to 0.1 late and never early, so what it heard was no longer.
    if continues or least_s - spoken_s < view.limits.short_of_duration_s:
        return None
    silence_s = view.options_at(story.begin_s).get("min_silence_duration")
    evidence = [
        f"the caller was audible for {ms(spoken_s)}; min_interruption_duration is {least_s:g} s",
        f"the VAD decided at {at(decision_s)}, {ms(decision_s - story.caller_end_s)} after the "
        "end of the sound",
    ]
    if silence_s is not None:
        evidence.append(f"min_silence_duration is {silence_s:g} s")
    return SILENCE_COUNTS.found(
        evidence, story=story, ruled_out=["not a transcript: none arrived with the decision"]
    )
