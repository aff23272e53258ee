"""The service's own Prometheus metrics, in a registry of their own.

| metric | counts | labels |
|---|---|---|
| ``livekit_barge_adaptive_open_sessions`` | sessions that are open | |
| ``livekit_barge_adaptive_sessions_total`` | sessions that have ended | end |
| ``livekit_barge_adaptive_refused_total`` | clients turned away before a session | why |
| ``livekit_barge_adaptive_requests_total`` | requests answered | verdict |
| ``livekit_barge_adaptive_inference_seconds`` | the detector's own time for a request | |
| ``livekit_barge_adaptive_answer_seconds`` | from a request's arrival to its answer | |
| ``livekit_barge_adaptive_forwarded_total`` | other calls, passed on | kind, status |

All labels are closed lists; none holds what a client sent.
"""

from __future__ import annotations

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

End = Literal["closed", "gone", "error", "stopped"]
"""The client said so; it vanished; it was answered with an error; the service stopped."""
Refusal = Literal["token", "full"]
Answered = Literal["interruption", "long", "ended", "none", "superseded"]

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1.0)


class ServiceMetrics:
    """Counts and times of one service since it started."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.open = Gauge(
            "livekit_barge_adaptive_open_sessions", "Sessions that are open.", registry=registry
        )
        self._ended = Counter(
            "livekit_barge_adaptive_sessions",
            "Sessions that have ended, by how.",
            ("end",),
            registry=registry,
        )
        self._refused = Counter(
            "livekit_barge_adaptive_refused",
            "Clients turned away before a session.",
            ("why",),
            registry=registry,
        )
        self._requests = Counter(
            "livekit_barge_adaptive_requests",
            "Requests answered, by verdict.",
            ("verdict",),
            registry=registry,
        )
        self._inference = Histogram(
            "livekit_barge_adaptive_inference_seconds",
            "The detector's own time for a request.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._answer = Histogram(
            "livekit_barge_adaptive_answer_seconds",
            "From a request's arrival to its answer.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._forwarded = Counter(
            "livekit_barge_adaptive_forwarded",
            "Other inference calls, passed on to the gateway.",
            ("kind", "status"),
            registry=registry,
        )

    def ended(self, end: End) -> None:
        """Count a session that has ended."""
        self._ended.labels(end).inc()

    def refused(self, why: Refusal) -> None:
        """Count a client that was turned away."""
        self._refused.labels(why).inc()

    def answered(self, verdict: Answered, *, inference_s: float, answer_s: float) -> None:
        """Count an answer."""
        self._requests.labels(verdict).inc()
        if verdict != "superseded":
            self._inference.observe(inference_s)
            self._answer.observe(answer_s)

    def forwarded(self, kind: Literal["http", "websocket"], status: int) -> None:
        """Count a call that was passed on, or could not be (502)."""
        self._forwarded.labels(kind, str(status)).inc()

    def page(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)
