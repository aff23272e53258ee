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
from livekit_barge.diagnosis.call_view import TOLD_WITHIN_S, CallView, Story, at
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


def deaf(view: CallView) -> Iterable[Finding]:
    """Report once per call that the VAD missed a long turn of the caller's or several short."""
    if not view.stamped:
        return
    spared = joined(span for span, _ in view.protections("uninterruptible"))
    turns = [
        turn
        for turn in view.turns
        if turn.speaker == "caller" and not meets_any(Span(turn.started_s, turn.ended_s), spared)
    ]
    unheard = [turn for turn in turns if not _heard(view, turn)]
    longest_s = max((turn.ended_s - turn.started_s for turn in unheard), default=0.0)
    whole_s = sum(turn.ended_s - turn.started_s for turn in unheard)
    if whole_s < view.limits.deaf_min_s or (
        longest_s < view.limits.deaf_min_s and len(unheard) < 2
    ):
        return
    words = sum(len(view.transcripts(t.started_s, t.ended_s + TOLD_WITHIN_S)) for t in unheard)
    stories = [s for s in view.stories if s.begin_s >= unheard[0].started_s - _ANNOUNCED_S]
    yield DEAF.found(
        [
            f"the caller was audible in {len(turns)} turns; in {len(unheard)} of them, "
            f"{at(whole_s)} in all, the user's state was never speaking",
            f"the first is at {at(unheard[0].started_s)}; they led to {words} transcripts",
            f"the user's state changed {len(view.of(UserState))} times in the whole call",
        ],
        story=stories[0] if stories else None,
        at_s=unheard[0].started_s,
        ruled_out=[
            "not silence: a second VAD hears speech in the audio that reached the session",
            "not a protected line: turns during one are not counted",
        ],
        turn=_HEARD_BY_THE_STT[view.framework] if words else None,
    )


def _heard(view: CallView, turn: Turn) -> bool:
    """Return whether the user's state, or a decision that only the VAD can make, shows it."""
    around = Span(turn.started_s - _ANNOUNCED_S, turn.ended_s + _ANNOUNCED_S)
    decided = view.between(Decision, around.begin_s, around.end_s)
    return bool(view.heard_around(around)) or any(CAUSES[each.cause].by_vad for each in decided)


def replies(view: CallView) -> Iterable[Finding]:
    """Report each stop after which the agent had time to speak again and did not."""
    if not view.stamped:
        return
    for story in view.stories:
        outcome = story.overlap.outcome
        if outcome not in ("yielded", "late", "false_stop") or story.overlap.resumed:
            continue
        ended_s = view.caller_turn_ends_s(story)
        by_s = ended_s + view.limits.reply_within_s
        closed = [event.at_s for event in view.of(SessionClosed)]
        if by_s > min([view.call.duration_s, *closed]):
            continue  # the call ended before that
        if not view.agent_begins(story.overlap.silent_s or ended_s, by_s):
            if outcome == "false_stop" or is_wordless(view, story, by_s):
                yield never_resumed(view, story, by_s)
            else:
                yield _no_reply(view, story, ended_s, by_s)


def _no_reply(view: CallView, story: Story, ended_s: float, by_s: float) -> Finding:
    finals = [t for t in view.transcripts(story.begin_s, by_s) if t.is_final]
    items = [e for e in view.between(ConversationItem, story.begin_s, by_s) if e.role == "user"]
    made = view.between(SpeechCreated, ended_s, by_s)
    audio = view.between(SegmentStarted, ended_s, by_s)
    errors = view.between(SessionError, story.begin_s, by_s)
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
            _DROPS_A_TURN[view.framework],
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
