"""An overlap: one story of the caller speaking over the agent, with its clocks and its outcome."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from livekit_barge.call.events import Cause

Outcome = Literal[
    "yielded", "late", "missed", "held", "false_stop", "natural_end", "unmeasurable"
]


@dataclass(frozen=True, kw_only=True)
class DecisionMade:
    """A decision to stop the agent, as it was stamped."""

    at_s: float
    path: Literal["pause", "interrupt"]
    cause: Cause
    queued_s: float | None
    """Audio handed to the output and not yet played at the decision."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """One episode. Times count from the call's start; ``None`` is not known or does not apply."""

    onset_s: float | None
    """The first sample at which both are audible; ``None``: the agent was stopped, nobody spoke."""
    onset_uncertainty_s: float | None
    decision_s: float | None
    """The first pause or interrupt of the overlapped speech that its caller can have caused."""
    silent_s: float | None
    """End of the last audible sample of the overlapped speech, at the capture point."""
    silent_uncertainty_s: float | None
    detection_s: float | None
    """``decision_s`` − ``onset_s``."""
    cancellation_s: float | None
    """``silent_s`` − ``decision_s``."""
    time_to_yield_s: float | None
    """``silent_s`` − ``onset_s``, or how long the agent was seen to go on: a lower bound."""
    lower_bound: bool = False
    """The agent had not stopped when this was last seen, so ``time_to_yield_s`` is at least that."""
    yielded: bool | None
    """The agent stopped within the limit."""
    talked_on: bool | None
    """It was audible for more than a syllable past the decision."""
    talk_over_s: float
    """Time in the episode with both audible."""
    cause: Cause | None
    outcome: Outcome
    reason: str | None = None
    """Why it is unmeasurable, or by which rule it was judged."""
    words: str | None = None
    """What the recogniser finally heard of the caller."""
    decisions: tuple[DecisionMade, ...] = ()
    """All of them, ``programmatic`` ones too."""
    final_decision_s: float | None = None
    """The interrupt that ended a speech which a pause had stopped before."""
    quiet_at_decision: bool = False
    """The agent was between sentences, so ``silent_s`` is the decision; reported apart."""
    agent_over_caller: bool = False
    """The agent began over a caller who was speaking; not in the percentiles."""
    protected: tuple[str, ...] = ()
    """What kept audio activity from stopping the agent at the onset."""
    start_delayed_s: float | None = None
    """How long a pause held the speech back before its first audible sample."""
    pause_s: float | None = None
    """A stop that was taken back: the agent's last sample → its first after."""
    dead_air_s: float | None = None
    """Of ``pause_s``, the time in which neither was audible."""
    discarded_s: float | None = None
    """Agent audio that was pushed and lost in the pause."""
    resumed: bool | None = None
    """The same, uninterrupted speech was audible again."""

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``turns.jsonl`` and in the log."""
        return dataclasses.asdict(self)
