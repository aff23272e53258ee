"""Adds overlaps and labelled events up: one tally for every command.

``score``, ``summary``, ``bench``, ``gate``, the pytest mark and the reports all count with it. An
*event* is an overlap of a call, or a line of a script with its label. Each says whether the agent
should have yielded or held (``expect``); without a label that follows from the outcome.

| rate | of | counts |
|---|---|---|
| ``yield_rate`` | events to yield to (``yielded``, ``late``, ``missed``) | ``yielded`` |
| ``missed_rate`` | the same | ``missed`` |
| ``hold_rate`` | events to hold through (``held``, ``false_stop``), unless protected | ``held`` |
| ``false_stop_rate`` | the same | ``false_stop`` |
| ``broken_rate`` | events in protected speech | ``false_stop`` |
| ``talked_on_rate`` | events to yield to with a decision | audible over a syllable past it |
| ``resumed_rate`` | events to yield to that stopped the agent | the agent took the floor back |

The percentiles of both clocks are those of the events to yield to. A miss is a lower bound in
``time_to_yield``, so that misses do not flatter it. Natural ends, unmeasurable events and those in
which the agent started over the caller (``agent_over_caller``) are counted but are in no rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from livekit_barge.measure.overlap import WANTED_THE_FLOOR, Outcome
from livekit_barge.measure.statistics import Measured, Percentiles, Rate

FEW = 10
"""A rate of fewer events than this says next to nothing and is marked."""

RATES = (
    "yield_rate",
    "missed_rate",
    "hold_rate",
    "false_stop_rate",
    "broken_rate",
    "talked_on_rate",
    "resumed_rate",
)


class Judged(Protocol):
    """One event to count: an :class:`~.overlap.Overlap`, or a labelled line of a script."""

    @property
    def expect(self) -> Literal["yield", "hold", "protected"]: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def uncounted(self) -> str | None: ...
    @property
    def false_stop(self) -> bool: ...
    @property
    def talked_on(self) -> bool | None: ...
    @property
    def resumed(self) -> bool | None: ...
    @property
    def time_to_yield_s(self) -> float | None: ...
    @property
    def lower_bound(self) -> bool: ...
    @property
    def detection_s(self) -> float | None: ...
    @property
    def cancellation_s(self) -> float | None: ...
    @property
    def quiet_at_decision(self) -> bool: ...
    @property
    def talk_over_s(self) -> float | None: ...
    @property
    def dead_air_s(self) -> float | None: ...
    @property
    def dead_air_lower_bound(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts and times of events, from which rates are derived, so that tallies can be added."""

    outcomes: Mapping[str, int]
    """Events by outcome, without those that are ``agent_over_caller``."""
    hold_rate: Rate
    """Held, of the events to hold through."""
    kept_rate: Rate
    """Held, of the events in protected speech."""
    talked_on_rate: Rate
    resumed_rate: Rate
    uncounted: Mapping[str, int]
    """Events in no rate, by reason: ``natural_end``, ``unmeasurable``, ``agent_over_caller``."""
    time_to_yield: Percentiles
    detection: Percentiles
    cancellation: Percentiles
    quiet_at_decision: int
    """Events to yield to that are not in ``cancellation``: the agent was between two words."""
    talk_over_s: float
    """Seconds in which both were audible, summed over all events."""
    dead_air: Percentiles
    """Seconds of silence after each false stop for which they are known."""

    @classmethod
    def of(cls, events: Iterable[Judged]) -> Self:
        """Add events up."""
        every = list(events)
        fair = [event for event in every if event.uncounted is None]
        wanted = [event for event in fair if event.expect == "yield"]
        hold = [event for event in fair if event.expect == "hold"]
        protected = [event for event in fair if event.expect == "protected"]
        decided = [event for event in wanted if event.talked_on is not None]
        stopped = [event for event in wanted if event.outcome != "missed"]
        return cls(
            outcomes=Counter(e.outcome for e in every if e.uncounted != "agent_over_caller"),
            hold_rate=_share(not event.false_stop for event in hold),
            kept_rate=_share(not event.false_stop for event in protected),
            talked_on_rate=_share(bool(event.talked_on) for event in decided),
            resumed_rate=_share(bool(event.resumed) for event in stopped),
            uncounted=Counter(why for event in every if (why := event.uncounted) is not None),
            time_to_yield=_times((e.time_to_yield_s, e.lower_bound) for e in wanted),
            detection=_times((e.detection_s, False) for e in wanted),
            cancellation=_times(
                (e.cancellation_s, False) for e in wanted if not e.quiet_at_decision
            ),
            quiet_at_decision=sum(event.quiet_at_decision for event in wanted),
            talk_over_s=sum(event.talk_over_s or 0.0 for event in every),
            dead_air=_times((e.dead_air_s, e.dead_air_lower_bound) for e in hold if e.false_stop),
        )

    @classmethod
    def total(cls, tallies: Iterable[Tally]) -> Self:
        """Add tallies up in one pass: a batch has tens of thousands."""
        every = list(tallies)
        outcomes: Counter[str] = Counter()
        uncounted: Counter[str] = Counter()
        for each in every:
            outcomes.update(each.outcomes)
            uncounted.update(each.uncounted)
        return cls(
            outcomes=outcomes,
            uncounted=uncounted,
            quiet_at_decision=sum(each.quiet_at_decision for each in every),
            talk_over_s=sum(each.talk_over_s for each in every),
            hold_rate=_sum(each.hold_rate for each in every),
            kept_rate=_sum(each.kept_rate for each in every),
            talked_on_rate=_sum(each.talked_on_rate for each in every),
            resumed_rate=_sum(each.resumed_rate for each in every),
            time_to_yield=_merged(each.time_to_yield for each in every),
            detection=_merged(each.detection for each in every),
            cancellation=_merged(each.cancellation for each in every),
            dead_air=_merged(each.dead_air for each in every),
        )

    @property
    def yield_rate(self) -> Rate:
        """The share of callers whom the agent lets in, in time."""
        return self._of_wanted("yielded")

    @property
    def missed_rate(self) -> Rate:
        """The share of callers whom the agent lets in only after seconds, or never."""
        return self._of_wanted("missed")

    @property
    def false_stop_rate(self) -> Rate:
        """The share of sounds other than barge-ins that stop the agent."""
        return _rest(self.hold_rate)

    @property
    def broken_rate(self) -> Rate:
        """The share of events in protected speech that stop the agent."""
        return _rest(self.kept_rate)

    def _of_wanted(self, outcome: str) -> Rate:
        return Rate(
            self.outcomes.get(outcome, 0), sum(self.outcomes.get(o, 0) for o in WANTED_THE_FLOOR)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the tally as it stands in ``summary`` of a scorecard's document."""
        return {
            "overlaps": sum(self.outcomes.values()) + self.uncounted.get("agent_over_caller", 0),
            "outcomes": dict(sorted(self.outcomes.items())),
            **{name: _with_few(getattr(self, name)) for name in RATES},
            "uncounted": dict(sorted(self.uncounted.items())),
            "time_to_yield_s": self.time_to_yield.to_json(),
            "detection_s": self.detection.to_json(),
            "cancellation_s": self.cancellation.to_json(),
            "quiet_at_decision": self.quiet_at_decision,
            "talk_over_s": round(self.talk_over_s, 6),
            "dead_air_s": self.dead_air.to_json(),
        }


def _with_few(rate: Rate) -> dict[str, Any]:
    return rate.to_json() | {"too_few": rate.of < FEW}


def _rest(rate: Rate) -> Rate:
    return Rate(rate.of - rate.count, rate.of)


def _sum(rates: Iterable[Rate]) -> Rate:
    return sum(rates, Rate(0, 0))


def _merged(several: Iterable[Percentiles]) -> Percentiles:
    return Percentiles.of(value for times in several for value in times.values)


def _share(which: Iterable[bool]) -> Rate:
    every = list(which)
    return Rate(sum(every), len(every))


def _times(figures: Iterable[tuple[float | None, bool]]) -> Percentiles:
    return Percentiles.of(
        Measured(seconds, bound) for seconds, bound in figures if seconds is not None
    )
