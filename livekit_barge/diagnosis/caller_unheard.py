"""The fate of the caller's speech: not heard at all, or heard and not answered."""

from __future__ import annotations

from collections.abc import Iterable

from livekit_barge.call.cause_table import CAUSES
from livekit_barge.call.events import (
    ConversationItem,
    Decision,
    SegmentStarted,
    SessionClosed,
    SessionError,
    SpeechCreated,
    UserState,
)
from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, Seen, Story, at
from livekit_barge.diagnosis.false_stops import is_wordless, never_resumed
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import LIVEKIT, PIPECAT
from livekit_barge.diagnosis.kinds import DEAF, NO_REPLY
from livekit_barge.hearing.span import Span, joined, meets_any
from livekit_barge.measure.turns import Turn

# LiveKit reports the start of speech at most this late: its VAD's window and smoothing.
_ANNOUNCED_S = 0.5

_DROPS_A_TURN = {
    LIVEKIT: "the code that ends or drops a turn: turn_detection, endpointing, StopResponse in "
    "on_user_turn_completed",
    PIPECAT: "the code that ends or drops a turn: stop strategies, user_speech_timeout, user_mute",
}


_HEARD_BY_THE_STT = {
    LIVEKIT: "the VAD's activation_threshold, or its audio: the STT hears the same caller",
    PIPECAT: "the VAD's confidence, min_volume or start_secs, or its audio: the STT hears the same "
    "caller",
}


def deaf(seen: Seen) -> Iterable[Finding]:
    """Report once per call that the VAD missed a long turn of the caller's or several short."""
    if not seen.stamped:
        return
    spared = joined(span for span, _ in seen.protections("uninterruptible"))
    turns = [
        turn
        for turn in seen.turns
        if turn.speaker == "caller" and not meets_any(Span(turn.started_s, turn.ended_s), spared)
    ]
    unheard = [turn for turn in turns if not _heard(seen, turn)]
    longest_s = max((turn.ended_s - turn.started_s for turn in unheard), default=0.0)
    whole_s = sum(turn.ended_s - turn.started_s for turn in unheard)
    if whole_s < seen.limits.deaf_min_s or (
        longest_s < seen.limits.deaf_min_s and len(unheard) < 2
    ):
        return
    words = sum(len(seen.transcripts(t.started_s, t.ended_s + TOLD_WITHIN_S)) for t in unheard)
    stories = [s for s in seen.stories if s.begin_s >= unheard[0].started_s - _ANNOUNCED_S]
    yield DEAF.found(
        [
            f"the caller was audible in {len(turns)} turns; in {len(unheard)} of them, "
            f"{at(whole_s)} in all, the user's state was never speaking",
            f"the first is at {at(unheard[0].started_s)}; they led to {words} transcripts",
            f"the user's state changed {len(seen.of(UserState))} times in the whole call",
        ],
        story=stories[0] if stories else None,
        at_s=unheard[0].started_s,
        ruled_out=[
            "not silence: a second VAD hears speech in the audio that reached the session",
            "not a protected line: turns during one are not counted",
        ],
        turn=_HEARD_BY_THE_STT[seen.framework] if words else None,
    )


def _heard(seen: Seen, turn: Turn) -> bool:
    """Return whether the user's state, or a decision that only the VAD can make, shows it."""
    around = Span(turn.started_s - _ANNOUNCED_S, turn.ended_s + _ANNOUNCED_S)
    decided = seen.between(Decision, around.begin_s, around.end_s)
    return bool(seen.heard_around(around)) or any(CAUSES[each.cause].by_vad for each in decided)


def replies(seen: Seen) -> Iterable[Finding]:
    """Report each stop after which the agent had time to speak again and did not."""
    if not seen.stamped:
        return
    for story in seen.stories:
        outcome = story.overlap.outcome
        if outcome not in ("yielded", "late", "false_stop") or story.overlap.resumed:
            continue
        ended_s = seen.caller_turn_ends_s(story)
        by_s = ended_s + seen.limits.reply_within_s
        closed = [event.at_s for event in seen.of(SessionClosed)]
        if by_s > min([seen.call.duration_s, *closed]):
            continue  # the call ended before that
        if not seen.agent_begins(story.overlap.silent_s or ended_s, by_s):
            if outcome == "false_stop" or is_wordless(seen, story, by_s):
                yield never_resumed(seen, story, by_s)
            else:
                yield _no_reply(seen, story, ended_s, by_s)


def _no_reply(seen: Seen, story: Story, ended_s: float, by_s: float) -> Finding:
    finals = [t for t in seen.transcripts(story.begin_s, by_s) if t.is_final]
    items = [e for e in seen.between(ConversationItem, story.begin_s, by_s) if e.role == "user"]
    made = seen.between(SpeechCreated, ended_s, by_s)
    audio = seen.between(SegmentStarted, ended_s, by_s)
    errors = seen.between(SessionError, story.begin_s, by_s)
    trail = [
        (
            f"{len(finals)} final transcripts",
            bool(finals),
            "stt",
            "the STT: it gave no final transcript",
        ),
        (
            f"{len(items)} messages of the caller in the context",
            bool(items),
            "turn",
            _DROPS_A_TURN[seen.framework],
        ),
        (
            f"{len(made)} speeches created",
            bool(made),
            "reply",
            "the code that should ask for a reply",
        ),
        (f"{len(audio)} of them turned into audio", bool(audio), "model", "the LLM or the TTS"),
    ]
    lacking = next((step for step in trail if not step[1]), trail[-1])
    return NO_REPLY.found(
        [
            f"the agent stopped at {at(story.overlap.silent_s or story.begin_s)}, the caller ended "
            f"at {at(ended_s)}, and the agent was not audible again by {at(by_s)}",
            "; ".join(text for text, *_ in trail),
            *(f"error at {at(event.at_s)}: {event.source}: {event.message}" for event in errors),
        ],
        story=story,
        ruled_out=["not the end of the call: it continued", "not a false stop: nothing resumed"],
        layer=lacking[2],
        turn=lacking[3],
    )
