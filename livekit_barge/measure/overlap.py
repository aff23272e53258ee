"""An overlap: one story of the caller speaking over the agent, with its clocks and its outcome."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, Self

from livekit_barge.call.cause_table import CAUSES
from livekit_barge.call.events import Cause, OverlappingSpeech

Outcome = Literal["yielded", "late", "missed", "held", "false_stop", "natural_end", "unmeasurable"]
"""The outcome of an overlap:

| outcome | the agent |
|---|---|
| ``yielded`` | stopped within ``yield_within_s`` |
| ``late`` | stopped, later than that |
| ``missed`` | kept talking for ``missed_after_s``, or to its end |
| ``held`` | rightly kept talking: the caller only showed that they listen |
| ``false_stop`` | stopped and took it back, or stopped for a backchannel |
| ``natural_end`` | played all that it had to say; not in the percentiles |
| ``unmeasurable`` | – and ``reason`` says why |
"""


# The outcomes of a caller who wanted the floor: a yield rate and both clocks are about these.
WANTED_THE_FLOOR: tuple[Outcome, ...] = ("yielded", "late", "missed")
# Those of one who only showed that they listen: a hold rate is about these.
TO_HOLD_THROUGH: tuple[Outcome, ...] = ("held", "false_stop")


def uncounted(outcome: Outcome, agent_over_caller: bool) -> str | None:
    """Return the reason why an event is in no rate, or ``None`` if it is in one."""
    if agent_over_caller:
        return "agent_over_caller"
    return None if outcome in WANTED_THE_FLOOR + TO_HOLD_THROUGH else outcome


@dataclass(frozen=True, kw_only=True)
class DecisionMade:
    """A decision to stop the agent, as it was stamped."""

    at_s: float
    path: Literal["pause", "interrupt"]
    cause: Cause
    queued_s: float | None
    """Audio handed to the output and not yet played at the decision."""

    @property
    def by_program(self) -> bool:
        """Return whether the user's own code made it."""
        return CAUSES[self.cause].by_program


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict of LiveKit's adaptive detector on the caller's speech, as it was announced."""

    at_s: float
    is_interruption: bool
    probability: float | None
    """``None``: no answer came."""
    delay_s: float | None
    """From the overlap's start, as LiveKit's VAD dates it, to the answer."""
    requests: int | None
    """The number of requests to the detector."""
    answered: bool | None
    """``None``: not known, as in a folder of an earlier version."""
    agent_ended: bool
    """The agent finished first, so the verdict is inconclusive."""

    @classmethod
    def of(cls, event: OverlappingSpeech) -> Self:
        """Take over the event's fields."""
        return cls(**{field.name: getattr(event, field.name) for field in dataclasses.fields(cls)})

    @property
    def lacking(self) -> bool:
        """The detector was asked and never answered."""
        return bool(self.requests) and self.answered is False


@dataclass(frozen=True, kw_only=True, repr=False)
class Overlap:
    """One episode. Times count from the call's start; ``None`` is not known or does not apply."""

    onset_s: float | None
    """The start of the overlap: the caller came in on a speech under way, or it on the caller.
    ``None``: the agent was stopped and nobody spoke."""
    onset_uncertainty_s: float | None = None
    """The true onset lies within this of ``onset_s``, 95 times in 100."""
    decision_s: float | None = None
    """The first pause or interrupt of the overlapped speech that its caller can have caused."""
    caller_end_s: float | None = None
    """End of the last audible sample of the caller's in the episode."""
    silent_s: float | None = None
    """End of the last audible sample of the overlapped speech, at the capture point."""
    silent_uncertainty_s: float | None = None
    detection_s: float | None = None
    """``decision_s`` − ``onset_s``."""
    cancellation_s: float | None = None
    """``silent_s`` − ``decision_s``."""
    time_to_yield_s: float | None = None
    """``silent_s`` − ``onset_s``; with ``lower_bound``, how long the agent was seen to go on."""
    lower_bound: bool = False
    """The agent had not stopped when it was last seen: ``time_to_yield_s`` is at least that."""
    yielded: bool | None = None
    """The agent stopped within the limit."""
    talked_on: bool | None = None
    """It was audible for more than a syllable past the decision."""
    talk_over_s: float
    """Time in the episode with both audible."""
    cause: Cause | None = None
    """The cause of the decision at ``decision_s``."""
    outcome: Outcome
    reason: str | None = None
    """Why it cannot be measured, or why a rule other than the clock's decided."""
    words: str | None = None
    """The caller's words in the final transcripts."""
    decisions: tuple[DecisionMade, ...] = ()
    """All of them, ``programmatic`` ones too."""
    verdicts: tuple[Verdict, ...] = ()
    """The adaptive detector's verdicts on the caller, in order; empty: it was not in use."""
    final_decision_s: float | None = None
    """The interrupt of a speech that a pause had stopped before."""
    quiet_at_decision: bool = False
    """The agent was between sentences, so ``silent_s`` is the decision; reported apart."""
    agent_over_caller: bool = False
    """The agent had hardly begun, or began over the caller; not in the percentiles."""
    protected: tuple[str, ...] = ()
    """The protections that kept audio activity from stopping the agent at the onset."""
    pause_s: float | None = None
    """The length of a stop that was taken back: the agent's last sample → its first after."""
    dead_air_s: float | None = None
    """The part of ``pause_s`` in which neither was audible."""
    discarded_s: float | None = None
    """Agent audio that was pushed and lost in the pause."""
    resumed: bool | None = None
    """The same, uninterrupted speech was audible again."""

    def __repr__(self) -> str:
        """Return the few figures that a failing test needs, on one line."""
        parts: list[str] = [self.outcome]
        if self.begin_s is not None:
            parts[0] += f" at {self.begin_s:.2f} s"
        if self.time_to_yield_s is not None:
            parts.append(f"after {'≥ ' if self.lower_bound else ''}{self.time_to_yield_s:.3f} s")
        parts += [text for text in (self.reason, self.cause and f"by {self.cause}") if text]
        if self.protected:
            parts.append(f"protected: {', '.join(self.protected)}")
        if self.words:
            parts.append(f"words: {self.words!r}")
        return f"<Overlap {', '.join(parts)}>"

    def unmeasured(self, reason: str) -> Overlap:
        """Return the overlap without its figures, unmeasurable for that reason."""
        return dataclasses.replace(
            self,
            outcome="unmeasurable",
            reason=reason,
            detection_s=None,
            cancellation_s=None,
            time_to_yield_s=None,
            lower_bound=False,
            yielded=None,
        )

    @property
    def begin_s(self) -> float | None:
        """Its onset, or where nobody spoke the decision; ``None``: neither is known."""
        return self.decision_s if self.onset_s is None else self.onset_s

    @property
    def expect(self) -> Literal["yield", "hold"]:
        """The right behaviour of the agent; without a label it follows from the outcome."""
        return "yield" if self.outcome in WANTED_THE_FLOOR else "hold"

    @property
    def uncounted(self) -> str | None:
        """The reason why the overlap is in no rate; ``None``: it is in one."""
        return uncounted(self.outcome, self.agent_over_caller)

    @property
    def false_stop(self) -> bool:
        """The agent stopped where it should have held."""
        return self.outcome == "false_stop"

    @property
    def dead_air_lower_bound(self) -> bool:
        """Always false: only a labelled event is followed to the call's end."""
        return False

    @property
    def counts(self) -> bool:
        """Its clocks stand in percentiles: the caller wanted the floor, which the agent had."""
        return self.outcome in WANTED_THE_FLOOR and not self.agent_over_caller

    def to_json(self) -> dict[str, Any]:
        """Return it as ``turns.jsonl`` and the log hold it."""
        return dataclasses.asdict(self)
