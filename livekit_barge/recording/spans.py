"""An OpenTelemetry span for every overlap, under the framework's own span of the speech it
interrupted.

The framework's adapter gives the tracer, so spans go where the framework's go; without a provider
they cost nothing. A span runs from the caller's onset to the agent's last audible sample, and the
decision stands in it as an event. It is made when the outcome is known, with those times.
"""

from __future__ import annotations

from opentelemetry import context as otel_context
from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from livekit_barge.clock import CallClock
from livekit_barge.measure.overlap import DecisionMade, Overlap
from livekit_barge.measure.turns import Turn

SPAN = "barge_in"
DECISION = "decision"
_OURS = "livekit_barge."
_FIGURES = (
    "detection_s",
    "cancellation_s",
    "time_to_yield_s",
    "lower_bound",
    "talk_over_s",
    "talked_on",
    "cause",
    "outcome",
    "resumed",
    "dead_air_s",
)


class CallSpans:
    """The spans of one call. No transcript is in them."""

    def __init__(self, tracer: Tracer, clock: CallClock, call_id: str, preset: str | None) -> None:
        self._tracer = tracer
        self._clock = clock
        self._of_the_call = {f"{_OURS}call_id": call_id, f"{_OURS}preset": preset or "none"}
        self._contexts: dict[str | None, otel_context.Context] = {}

    def speech(self, speech_id: str | None) -> None:
        """Note the current span, LiveKit's of this speech, as the speech's first frame passes."""
        self._contexts.setdefault(speech_id, otel_context.get_current())

    def turn(self, turn: Turn) -> None:
        """Report a turn whose outcome can no longer change."""
        for overlap in turn.overlaps:
            self._overlap(overlap, turn.speech_id)

    def _overlap(self, overlap: Overlap, speech_id: str | None) -> None:
        begins_s, ends_s = _stretch(overlap)
        if begins_s is None:
            return
        attributes: dict[str, AttributeValue] = dict(self._of_the_call)
        for name in _FIGURES:
            if (value := getattr(overlap, name)) is not None:
                attributes[_OURS + name] = value
        if speech_id is not None:
            attributes["lk.speech_id"] = speech_id
        span = self._tracer.start_span(
            SPAN,
            context=self._contexts.get(speech_id),
            start_time=self._wall_ns(begins_s),
            attributes=attributes,
        )
        for decision in overlap.decisions:
            span.add_event(DECISION, _of(decision), self._wall_ns(decision.at_s))
        span.end(self._wall_ns(ends_s))

    def _wall_ns(self, at_s: float) -> int:
        return round((self._clock.started_wall_s + at_s) * 1e9)


def _of(decision: DecisionMade) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {
        f"{_OURS}path": decision.path,
        f"{_OURS}cause": decision.cause,
    }
    if decision.queued_s is not None:
        found[f"{_OURS}queued_s"] = decision.queued_s
    return found


def _stretch(overlap: Overlap) -> tuple[float | None, float]:
    """Return when it began and ended; the first is ``None`` if that is unknown."""
    if overlap.begin_s is None:
        return None, 0.0
    seen_s = overlap.begin_s + (overlap.time_to_yield_s or 0.0)
    return overlap.begin_s, max(seen_s, overlap.silent_s or seen_s, overlap.begin_s)
