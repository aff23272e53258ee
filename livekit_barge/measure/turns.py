"""Turns: the speaker, the times, and the overlaps with the other speaker."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from livekit_barge.measure.overlap import Overlap


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One talker's turn. For the agent it is what was heard of one speech handle."""

    speaker: Literal["caller", "agent"]
    started_s: float
    """The first audible sample, in seconds since the call's start."""
    ended_s: float
    """The end of the last audible sample."""
    speech_id: str | None = None
    """LiveKit's ``SpeechHandle.id``; ``None`` for the caller, and where nothing was stamped."""
    response_gap_s: float | None = None
    """From the end of the caller's turn to this, the agent's answer; ``None``: it answers none."""
    start_delayed_s: float | None = None
    """The time by which a pause of the output delayed its first audible sample."""
    words: str | None = None
    """The caller's words in the final transcripts, or the agent's text in the chat context."""
    livekit_metrics: Mapping[str, Any] = field(default_factory=dict)
    """LiveKit's ``ChatMessage.metrics``, under LiveKit's own names."""
    overlaps: tuple[Overlap, ...] = ()
    """The overlaps in which the caller spoke over this turn of the agent's, in order."""

    def to_json(self) -> dict[str, Any]:
        """Return it as ``turns.jsonl`` and the log hold it."""
        return dataclasses.asdict(self)
