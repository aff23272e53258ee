"""Symptoms 3, 4 and 5: there was a decision, and the agent was audible beyond it.

The output tells them apart. No order reached it, or new frames kept arriving: the cancel was lost
(4). The frames ended and the whole queue played: the order had no effect on the queue (5). The
queue did not play out, so the order worked, but late: audio was sent too far ahead (3).

On LiveKit's pause path frames still reach the output, which holds them back; so frames alone prove
nothing, and the played audio is compared with the audio there was to play. After a clear no frame
may come: those that do are played, whatever the output had dropped (4, not the output's fault).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livekit_barge.call.events import AgentState, InterruptionLost, OutputCleared, OutputPaused
from livekit_barge.diagnosis.call_view import CallView, SpeechSegment, Story, at, ms
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import LIVEKIT, PIPECAT
from livekit_barge.diagnosis.kinds import BUFFERED_AHEAD, CANCEL_LOST, QUEUE_PLAYS_OUT

_DROPS_NO_LATE_FRAMES = {
    LIVEKIT: "the code that hands the frames over: it must drop the rest of an interrupted speech",
    PIPECAT: "the TTS service: it must drop the audio of an interrupted context by its context_id, "
    "also audio that the server sends late",
}

# A later clear within this of the silence ended the sound; the decision's own order did not.
_SOON_S = 0.3
# Stamps of one moment may be this far apart, in either order: one frame in a room.
_APART_S = 0.05


@dataclass(frozen=True)
class _Tail:
    """The audio that was heard after a decision, and the audio that was left to hear."""

    decision_s: float
    silent_s: float
    order: OutputPaused | OutputCleared | None
    frames_until_s: float
    """The last frame of the speech that was handed to the output."""
    left_s: float | None
    """Seconds of it that had not played at the decision, later frames included."""
    queued_s: float | None
    """The part of it that had been handed over by then."""
    late_s: float | None
    """From the clear to the first frames that were handed over after it; ``None``: none were."""

    @property
    def heard_s(self) -> float:
        return self.silent_s - self.decision_s

    @property
    def order_text(self) -> str:
        if self.order is None:
            return "neither a pause nor a clear reached the output"
        name = "pause" if isinstance(self.order, OutputPaused) else "clear"
        return f"a {name} reached the output {ms(self.order.at_s - self.decision_s)} later"


def tails(view: CallView) -> Iterable[Finding]:
    """Explain each overlap in which the agent was audible well past the decision."""
    if not view.stamped:
        return
    for story in view.stories:
        overlap = story.overlap
        if overlap.decision_s is None or overlap.silent_s is None or overlap.quiet_at_decision:
            continue
        if overlap.silent_s - overlap.decision_s < view.limits.leak_min_s:
            continue
        yield _told_apart(view, story, _tail(view, story, overlap.decision_s, overlap.silent_s))


def _tail(view: CallView, story: Story, decision_s: float, silent_s: float) -> _Tail:
    both: list[OutputPaused | OutputCleared] = [*view.of(OutputPaused), *view.of(OutputCleared)]
    orders = [
        order
        for order in both
        if order.speech_id in (story.turn.speech_id, None)
        and -_APART_S <= order.at_s - decision_s <= view.limits.order_within_s
    ]
    orders.sort(key=lambda order: order.at_s)
    segments = view.segments(story.turn.speech_id)
    ends = [segment.last_frame_at_s for segment in segments]
    until_s = max((view.call.duration_s if end is None else end for end in ends), default=0.0)
    queued_s = next(
        (made.queued_s for made in story.overlap.decisions if made.at_s == decision_s), None
    )
    return _Tail(
        decision_s,
        silent_s,
        orders[0] if orders else None,
        until_s,
        _left_s(view, story, decision_s),
        queued_s,
        _late_s(view, segments, orders, until_s, silent_s),
    )


def _late_s(
    view: CallView,
    segments: Sequence[SpeechSegment],
    orders: Sequence[OutputPaused | OutputCleared],
    frames_until_s: float,
    silent_s: float,
) -> float | None:
    """Return how long after a clear more of the speech was handed over, and heard."""
    clears = [order.at_s for order in orders if isinstance(order, OutputCleared)]
    if not clears:
        return None
    anew = [s.begin_s - clears[0] for s in segments if clears[0] < s.begin_s < silent_s]
    if anew:
        return min(anew)
    paused = any(isinstance(order, OutputPaused) for order in orders)
    on_s = frames_until_s - clears[0]
    return on_s if on_s > view.limits.frames_after_s and not paused else None


def _left_s(view: CallView, story: Story, decision_s: float) -> float | None:
    """Return how much of the pushed speech had not played; ``None``: not known."""
    pushed = [segment.pushed_s for segment in view.segments(story.turn.speech_id)]
    if not pushed or None in pushed:
        return None
    # Its first sample may be silent, so this is a little too much: see ``tail_slack_s``.
    return sum(filter(None, pushed)) - (decision_s - story.turn.started_s)


def _told_apart(view: CallView, story: Story, tail: _Tail) -> Finding:
    frames_s = tail.frames_until_s - tail.decision_s
    coming = frames_s > view.limits.frames_after_s
    whole = tail.left_s is not None and tail.left_s - tail.heard_s <= view.limits.tail_slack_s
    evidence = [
        f"{story.decided_by} decided at {at(tail.decision_s)}; the agent was audible until "
        f"{at(tail.silent_s)}, {ms(tail.heard_s)} longer",
        f"{tail.order_text}; the last frame was handed over "
        f"{ms(abs(frames_s))} {'after' if frames_s > 0 else 'before'} the decision",
    ]
    if tail.left_s is not None:
        evidence.append(f"at the decision, {at(tail.left_s)} of the speech had not yet played")
    not_gate = "not the gate: the decision is stamped"
    if tail.late_s is not None:
        return CANCEL_LOST.found(
            [
                *evidence,
                f"frames of the speech arrived {ms(tail.late_s)} after the clear and were played",
            ],
            story=story,
            ruled_out=[not_gate, "not the output: it was cleared before these frames arrived"],
            layer="voice",
            turn=_DROPS_NO_LATE_FRAMES[view.framework],
        )
    if tail.order is None or (coming and (whole or _ended_by_clear(view, tail))):
        evidence += [*_swallowed(view, tail), *_state_left(view, story, tail)]
        return CANCEL_LOST.found(
            evidence,
            story=story,
            ruled_out=[not_gate, _not_a_leak(tail)],
            layer="output's wrapper" if tail.order is None else None,
        )
    if whole:
        return QUEUE_PLAYS_OUT.found(
            evidence,
            story=story,
            ruled_out=[not_gate, "not new speech: no frame was handed over after the decision"],
        )
    return BUFFERED_AHEAD.found(
        evidence,
        story=story,
        ruled_out=[
            not_gate,
            "not a lost cancel: the order reached the output, which fell silent with audio left",
        ],
        sure="sure" if tail.left_s is not None else "likely",
    )


def _ended_by_clear(view: CallView, tail: _Tail) -> bool:
    """Return whether the sound ended with a later clear, so that the first order did nothing."""
    return any(
        tail.silent_s - _SOON_S - view.limits.leak_min_s <= clear.at_s <= tail.silent_s + _APART_S
        for clear in view.of(OutputCleared)
        if tail.order is not None and clear.at_s > tail.order.at_s + view.limits.order_within_s
    )


def _swallowed(view: CallView, tail: _Tail) -> list[str]:
    return [
        f"the interruption that {lost.sent_by} sent was swallowed by {lost.swallowed_by}"
        for lost in view.of(InterruptionLost)
        if abs(lost.sent_at_s - tail.decision_s) <= view.limits.order_within_s
    ]


def _state_left(view: CallView, story: Story, tail: _Tail) -> list[str]:
    left = [
        event.at_s
        for event in view.between(AgentState, story.begin_s, tail.silent_s)
        if event.old == "speaking" and event.new == "listening"
    ]
    return [
        f"the agent's state left speaking at {at(at_s)}, while the agent was audible"
        for at_s in left[:1]
    ]


def _not_a_leak(tail: _Tail) -> str:
    queued = "an unknown amount" if tail.queued_s is None else at(tail.queued_s)
    return f"not audio sent ahead: {queued} was queued, and frames kept arriving"
