"""Live metrics: each turn's figures in the Prometheus registry that livekit-agents serves.

An ``AgentServer`` with ``prometheus_port`` serves them beside its own. Jobs run in processes of
their own: give it ``prometheus_multiproc_dir`` as well, or a job's figures die with it.

| metric | of | labels |
|---|---|---|
| ``livekit_barge_detection_seconds`` | overlaps whose clocks count | preset, cause, outcome |
| ``livekit_barge_cancellation_seconds`` | those with the agent audible at the decision | … |
| ``livekit_barge_time_to_yield_seconds`` | … and a missed one's lower bound | … |
| ``livekit_barge_dead_air_seconds`` | stops that were taken back | … |
| ``livekit_barge_response_gap_seconds`` | the agent's answers | preset |
| ``livekit_barge_overlaps_total`` | all overlaps | preset, cause, outcome |
| ``livekit_barge_unmeasured_total`` | figures that were due and could not be had | preset, figure |
| ``livekit_barge_calls_total`` | calls begun | preset |
| ``livekit_barge_adaptive_lost_total`` | times that LiveKit gave adaptive mode up | preset |
| ``livekit_barge_faults_total`` | calls not kept or not measured to the end | preset, fault |

A label never holds what a caller says or who calls: causes and outcomes are closed lists, a preset
is a shipped name, ``file`` or ``none``.
"""

from __future__ import annotations

from typing import Literal

from prometheus_client import Counter, Histogram

from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

Fault = Literal["disk", "recorder"]

# Seconds. Fine where people tune: a VAD decides in 0.05 at best, 1.0 is the limit of a yield.
_BUCKETS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
_OF_AN_OVERLAP = ("preset", "cause", "outcome")

_DETECTION = Histogram(
    "livekit_barge_detection_seconds",
    "From the caller's first audible sample to the decision to stop.",
    _OF_AN_OVERLAP,
    buckets=_BUCKETS,
)
_CANCELLATION = Histogram(
    "livekit_barge_cancellation_seconds",
    "From the decision to stop to the agent's last audible sample.",
    _OF_AN_OVERLAP,
    buckets=_BUCKETS,
)
_TIME_TO_YIELD = Histogram(
    "livekit_barge_time_to_yield_seconds",
    "From the caller's first audible sample to the agent's last; for a miss, a lower bound.",
    _OF_AN_OVERLAP,
    buckets=_BUCKETS,
)
_DEAD_AIR = Histogram(
    "livekit_barge_dead_air_seconds",
    "Silence of both parties after a false stop.",
    _OF_AN_OVERLAP,
    buckets=_BUCKETS,
)
_RESPONSE_GAP = Histogram(
    "livekit_barge_response_gap_seconds",
    "From the end of the caller's turn to the agent's first audible sample.",
    ("preset",),
    buckets=_BUCKETS,
)
_OVERLAPS = Counter(
    "livekit_barge_overlaps", "Overlaps: the caller spoke over the agent.", _OF_AN_OVERLAP
)
_UNMEASURED = Counter(
    "livekit_barge_unmeasured",
    "Figures that were due and could not be measured.",
    ("preset", "figure"),
)
_CALLS = Counter("livekit_barge_calls", "Calls begun.", ("preset",))
_ADAPTIVE_LOST = Counter(
    "livekit_barge_adaptive_lost",
    "Times that LiveKit gave adaptive interruption up and used its VAD.",
    ("preset",),
)
_FAULTS = Counter(
    "livekit_barge_faults", "Calls not recorded or not measured to the end.", ("preset", "fault")
)


class CallMetrics:
    """The metrics of a session's calls. ``preset`` is its name, or the path of its file."""

    def __init__(self, preset: str | None) -> None:
        self._preset = preset_label(preset)

    def begin(self) -> None:
        """Count a call that begins."""
        _CALLS.labels(self._preset).inc()

    def turn(self, turn: Turn) -> None:
        """Report a turn whose outcome can no longer change."""
        if turn.response_gap_s is not None and turn.speaker == "agent":
            _RESPONSE_GAP.labels(self._preset).observe(turn.response_gap_s)
        for overlap in turn.overlaps:
            self._overlap(overlap)

    def detector_lost(self) -> None:
        """Count that LiveKit uses its VAD from here on, though adaptive mode was asked for."""
        _ADAPTIVE_LOST.labels(self._preset).inc()

    def fault(self, fault: Fault) -> None:
        """Count a fault: the call is not recorded, or not measured, from here on."""
        _FAULTS.labels(self._preset, fault).inc()

    def _overlap(self, overlap: Overlap) -> None:
        labels = (self._preset, overlap.cause or "none", overlap.outcome)
        _OVERLAPS.labels(*labels).inc()
        if overlap.dead_air_s is not None:
            _DEAD_AIR.labels(*labels).observe(overlap.dead_air_s)
        if overlap.outcome == "unmeasurable":
            _UNMEASURED.labels(self._preset, "outcome").inc()
        if not overlap.counts:
            return
        due = overlap.outcome != "missed"  # a miss may have had no decision
        for histogram, name, figure_s in (
            (_TIME_TO_YIELD, "time_to_yield", overlap.time_to_yield_s),
            (_DETECTION, "detection", overlap.detection_s),
            (_CANCELLATION, "cancellation", overlap.cancellation_s),
        ):
            if name == "cancellation" and overlap.quiet_at_decision:
                continue
            if figure_s is not None:
                histogram.labels(*labels).observe(figure_s)
            elif due:
                _UNMEASURED.labels(self._preset, name).inc()


def preset_label(preset: str | None) -> str:
    """Return a label with few values; a path would give one per machine."""
    if preset is None:
        return "none"
    return "file" if "/" in preset or "\\" in preset or preset.endswith(".toml") else preset
