"""The costs of a false interruption: dead air, and the piece that the resumed speech lost."""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.call.events import FalseInterruption, Transcript
from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, Seen, Story, at, ms
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import PIPECAT
from livekit_barge.diagnosis.kinds import DEAD_AIR, LOST_PIECE

# LiveKit's two knobs, either of which turns the resuming off.
_RESUMES = {"resume_false_interruption": False, "false_interruption_timeout": None}

# What a false interruption lasts, in LiveKit: the one and then the other.
_LASTS = ("false_interruption_timeout", "min_silence_duration")


def false_stops(seen: Seen) -> Iterable[Finding]:
    """For each stop that was taken back."""
    for story in seen.stories:
        overlap = story.overlap
        if overlap.outcome != "false_stop" or not seen.stamped:
            continue
        dead_s, lost_s = overlap.dead_air_s, overlap.discarded_s
        if dead_s is not None and dead_s >= seen.limits.dead_air_min_s:
            yield _dead_air(seen, story, dead_s)
        if overlap.resumed and lost_s is not None and lost_s >= seen.limits.lost_min_s:
            yield LOST_PIECE.found(
                [
                    f"the speech stopped at {at(overlap.silent_s or story.begin_s)} and went on "
                    f"after {at(overlap.pause_s or 0.0)}",
                    f"{ms(lost_s)} of its audio, pushed before, were never played",
                ],
                story=story,
                ruled_out=["not cut for good: the same speech went on"],
            )


def _dead_air(seen: Seen, story: Story, dead_s: float) -> Finding:
    overlap, options = story.overlap, seen.options_at(story.begin_s)
    until_s = (overlap.silent_s or story.begin_s) + (overlap.pause_s or 0.0) + TOLD_WITHIN_S
    said = seen.between(FalseInterruption, story.begin_s, until_s)
    evidence = [
        f"neither was audible for {at(dead_s)} after {at(overlap.silent_s or story.begin_s)}",
        f"the stop was made by {overlap.cause}; words: {overlap.words or 'none'}",
    ]
    knobs = [f"{name} is {options[name]}" for name in _LASTS if options.get(name) is not None]
    if knobs:
        evidence.append(", ".join(knobs))
    if said:
        evidence.append(f"LiveKit called it a false interruption at {at(said[0].at_s)}")
    return DEAD_AIR.found(
        evidence,
        story=story,
        ruled_out=["not an interruption: the speech went on, and no words were a turn"],
    )


def is_wordless(seen: Seen, story: Story, by_s: float) -> bool:
    """Return whether a sound too short for a sentence stopped the agent, and no words came of it.

    Of a long stretch of speech without words it is the STT that failed.
    """
    spoken_s = story.caller_end_s - story.begin_s
    return spoken_s <= seen.limits.sound_max_s and not seen.transcripts(story.begin_s, by_s)


def never_resumed(seen: Seen, story: Story, by_s: float) -> Finding:
    """Find the dead air of a false stop that nothing took back: no words, so no reply either."""
    overlap, options = story.overlap, seen.options_at(story.begin_s)
    silent_s = overlap.silent_s or story.begin_s
    evidence = [
        f"the speech stopped at {at(silent_s)} and never went on; nothing of the agent was audible "
        f"until {at(by_s)}",
        f"the stop was made by {overlap.cause}, on {ms(story.caller_end_s - story.begin_s)} of "
        f"sound; words: {overlap.words or 'none'}",
    ]
    turn = None
    off = [name for name, value in _RESUMES.items() if name in options and options[name] == value]
    if off and seen.framework is not PIPECAT:
        evidence.append(f"{off[0]} is {options[off[0]]}: LiveKit takes no stop back")
        turn = "resume_false_interruption = true and false_interruption_timeout = 0.5"
    heard = bool(seen.of(Transcript))
    return DEAD_AIR.found(
        evidence,
        story=story,
        ruled_out=["not the STT: it transcribed the caller elsewhere in the call"] if heard else (),
        sure="sure" if heard else "likely",
        turn=turn,
    )
