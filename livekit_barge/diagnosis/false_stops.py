"""The costs of a false interruption: dead air, and the piece that the resumed speech lost."""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.call.events import FalseInterruption, Transcript
from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, CallView, Story, at, ms
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import PIPECAT
from livekit_barge.diagnosis.kinds import DEAD_AIR, LOST_PIECE

# LiveKit's two knobs, either of which turns resuming off.
_RESUMES = {"resume_false_interruption": False, "false_interruption_timeout": None}

# The duration of a false interruption in LiveKit is the sum of the two.
_LASTS = ("false_interruption_timeout", "min_silence_duration")


def false_stops(view: CallView) -> Iterable[Finding]:
    """Report the costs of each stop that was taken back."""
    for story in view.stories:
        overlap = story.overlap
        if overlap.outcome != "false_stop" or not view.stamped:
            continue
        dead_s, lost_s = overlap.dead_air_s, overlap.discarded_s
        if dead_s is not None and dead_s >= view.limits.dead_air_min_s:
            yield _dead_air(view, story, dead_s)
        if overlap.resumed and lost_s is not None and lost_s >= view.limits.lost_min_s:
            yield LOST_PIECE.found(
                [
                    f"the speech stopped at {at(overlap.silent_s or story.begin_s)} and resumed "
                    f"after {at(overlap.pause_s or 0.0)}",
                    f"{ms(lost_s)} of its audio had been handed over and was never played",
                ],
                story=story,
                ruled_out=["not cut for good: the same speech resumed"],
            )


def _dead_air(view: CallView, story: Story, dead_s: float) -> Finding:
    overlap, options = story.overlap, view.options_at(story.begin_s)
    until_s = (overlap.silent_s or story.begin_s) + (overlap.pause_s or 0.0) + TOLD_WITHIN_S
    said = view.between(FalseInterruption, story.begin_s, until_s)
    evidence = [
        f"neither side was audible for {at(dead_s)} after {at(overlap.silent_s or story.begin_s)}",
        f"{story.decided_by} stopped the agent; words: {overlap.words or 'none'}",
    ]
    knobs = [f"{name} is {options[name]}" for name in _LASTS if options.get(name) is not None]
    if knobs:
        evidence.append(", ".join(knobs))
    if said:
        evidence.append(f"LiveKit reported a false interruption at {at(said[0].at_s)}")
    return DEAD_AIR.found(
        evidence,
        story=story,
        ruled_out=["not an interruption: the speech resumed, and no words made a turn"],
    )


def is_wordless(view: CallView, story: Story, by_s: float) -> bool:
    """Return whether a sound too short for a sentence stopped the agent, and no words came of it.

    After a long stretch of speech without words, the STT has failed instead.
    """
    spoken_s = story.caller_end_s - story.begin_s
    return spoken_s <= view.limits.sound_max_s and not view.transcripts(story.begin_s, by_s)


def never_resumed(view: CallView, story: Story, by_s: float) -> Finding:
    """Report the dead air of a false stop that nothing took back: no words, so no reply either."""
    overlap, options = story.overlap, view.options_at(story.begin_s)
    silent_s = overlap.silent_s or story.begin_s
    evidence = [
        f"the speech stopped at {at(silent_s)} and never resumed; the agent was not audible again "
        f"by {at(by_s)}",
        f"{story.decided_by} stopped the agent, on {ms(story.caller_end_s - story.begin_s)} of "
        f"sound; words: {overlap.words or 'none'}",
    ]
    turn = None
    off = [name for name, value in _RESUMES.items() if name in options and options[name] == value]
    if off and view.framework is not PIPECAT:
        evidence.append(f"{off[0]} is {options[off[0]]}: LiveKit resumes no speech")
        turn = "resume_false_interruption = true and false_interruption_timeout = 0.5"
    heard = bool(view.of(Transcript))
    return DEAD_AIR.found(
        evidence,
        story=story,
        ruled_out=["not the STT: it transcribed the caller at other times in the call"]
        if heard
        else (),
        sure="sure" if heard else "likely",
        turn=turn,
    )
