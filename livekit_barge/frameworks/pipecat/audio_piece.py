"""A piece of the bot's audio, on its way through the transport's two queues."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class PlayedSpan:
    """Audio that played without a gap."""

    started_s: float
    offset_s: float
    ended_s: float


@dataclass
class BotSegment:
    """Audio of one speech, from its first frame until all that was written has played."""

    segment_id: int
    speech_id: str
    offset_s: float
    last_frame_at_s: float
    handed_s: float = 0.0
    written_s: float = 0.0
    started: bool = False
    flushed: bool = False
    cut_at_s: float | None = None
    """The time at which the order to stop reached the transport."""
    kept_at_s: float | None = None
    """The time of an order to stop that spares this segment, until its effect is known."""
    stretch: PlayedSpan | None = None
    chunk_s: float = 0.0
    """The length of the last chunk that was written."""

    def played_s(self, now_s: float) -> float:
        """Return how much of it has been heard by now."""
        if self.stretch is None:
            return 0.0
        heard_s = min(now_s, self.stretch.ended_s) - self.stretch.started_s
        return max(self.stretch.offset_s + heard_s, 0.0)
