"""The other parts of a conversation: the caller's turns, and the protection of speeches."""

from __future__ import annotations

from dataclasses import dataclass

from livekit_barge.call.events import ProtectedEnded
from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.agent_speech import Speech


@dataclass
class CallerTurn:
    """The caller's bursts with no long pause and no agent's turn between them."""

    bursts: list[Burst]

    @property
    def started_s(self) -> float:
        return self.bursts[0].onset_s

    @property
    def ended_s(self) -> float:
        return self.bursts[-1].end_s


@dataclass
class Protection:
    """A stretch in which audio activity could not stop the agent."""

    reason: str
    speech_id: str | None
    began_s: float
    ended_s: float | None = None

    def end(self, event: ProtectedEnded) -> None:
        """End it, if it is the one that the event means."""
        if self.ended_s is None and (self.reason, self.speech_id) == (
            event.reason,
            event.speech_id,
        ):
            self.ended_s = event.at_s

    def covers(self, at_s: float, speech: Speech) -> bool:
        """Return whether it kept that speech from being stopped then."""
        began = self.began_s <= at_s and (self.ended_s is None or at_s < self.ended_s)
        return began and self.speech_id in (None, speech.speech_id)
