"""What came of a suite's calls, event by event, and what the events add up to.

An *event* is a caller's line that says what should happen (``expect``), where it fell on the
agent's speech. The label decides, whatever the ruler would have taken it for without one
(:mod:`~livekit_barge.suites.label_judge`). A result holds nothing that varies between equal runs.

| rate | of | counts |
|---|---|---|
| ``yield_rate`` | events to yield to (``yielded``, ``late``, ``missed``) | ``yielded`` |
| ``missed_rate`` | the same | ``missed`` |
| ``false_stop_rate`` | events to hold through (``held``, ``false_stop``), unless protected | \
``false_stop`` |
| ``broken_rate`` | events in protected speech | ``false_stop`` |
| ``talked_on_rate`` | events to yield to with a decision | audible over a syllable past it |

Of both clocks the percentiles are of the events to yield to; a miss is a lower bound in
``time_to_yield``, so that misses do not flatter it. Events in which the agent came in on the
caller (``agent_over_caller``), natural ends and what is unmeasurable are counted, and are in no
rate.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from livekit_barge.call.events import Cause
from livekit_barge.call.fields import fault, parse
from livekit_barge.measure.overlap import TO_HOLD_THROUGH, WANTED_THE_FLOOR, Outcome
from livekit_barge.measure.statistics import Measured, Percentiles, Rate
from livekit_barge.script.label_types import Expect

FEW = 10
"""A rate of fewer events than this says next to nothing, and is marked."""


@dataclass(frozen=True, kw_only=True)
class EventResult:
    """One event. Seconds count from the call's start, or are differences."""

    case_id: str
    line: int | None
    """The number of the caller's line in its script, from 0; ``None``: of no line, but of what is
    heard all the while, such as echo."""
    said: str
    """Its words, or the sound's name."""
    at: str
    """Its place, as the script says it."""
    expect: Expect
    kind: str | None = None
    """What is to be held through: ``backchannel``, ``cough``, …"""
    outcome: Outcome
    """By the label."""
    unlabelled: Outcome | None = None
    """What the ruler took it for without the label; ``None``: it saw no overlap."""
    reason: str | None = None
    onset_s: float | None = None
    yielded: bool | None = None
    """The agent stopped within the limit."""
    talked_on: bool | None = None
    """It was audible for more than a syllable past the decision."""
    detection_s: float | None = None
    cancellation_s: float | None = None
    time_to_yield_s: float | None = None
    lower_bound: bool = False
    """``time_to_yield_s`` is at least that."""
    quiet_at_decision: bool = False
    agent_over_caller: bool = False
    resumed: bool = False
    """The agent stopped, and the same speech was audible again."""
    pause_s: float | None = None
    dead_air_s: float | None = None
    """After a false stop: nobody audible, until the agent speaks again."""
    dead_air_lower_bound: bool = False
    """Until the call's end: it did not speak again."""
    cause: Cause | None = None
    protected: tuple[str, ...] = ()
    """What kept audio activity from stopping the agent at the onset."""

    @property
    def key(self) -> tuple[str, int | None, float | None]:
        """The same for this event under another preset."""
        # What has no line has no number either, and lies where the agent spoke.
        return self.case_id, self.line, self.onset_s if self.line is None else None

    @property
    def false_stop(self) -> bool:
        """It stopped where it should have gone on."""
        return self.outcome == "false_stop"

    @property
    def uncounted(self) -> str | None:
        """Why it is in no rate; ``None``: it is in one."""
        if self.agent_over_caller:
            return "agent_over_caller"
        return None if self.outcome in WANTED_THE_FLOOR + TO_HOLD_THROUGH else self.outcome

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"false_stop": self.false_stop}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Raises ``ValueError`` for what is no event."""
        named = {f.name: document[f.name] for f in dataclasses.fields(cls) if f.name in document}
        fields = named | {"protected": tuple(document.get("protected", ()))}
        if wrong := fault(cls, fields):
            raise ValueError(wrong)
        return cls(**fields)


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """One call's events."""

    case_id: str
    preset: str
    events: tuple[EventResult, ...] = ()
    call_s: float = 0.0
    """How long the call lasted, in its own time."""
    unplaced: tuple[str, ...] = ()
    """The caller's lines that found no place."""
    error: str | None = None
    """Why it could not be played."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"events": [event.to_json() for event in self.events]}

    def line(self) -> str:
        """The document on one line: the same bytes in equal runs."""
        return json.dumps(self.to_json(), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Raises ``ValueError`` for what is no result."""
        document = parse(line)
        try:
            named = {f.name: document[f.name] for f in dataclasses.fields(cls)}
            fields = named | {
                "events": tuple(map(EventResult.from_json, document["events"])),
                "unplaced": tuple(document["unplaced"]),
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no result") from error
        if wrong := fault(cls, fields):
            raise ValueError(wrong)
        return cls(**fields)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What events add up to: counts and times are kept, so that tallies add up as well."""

    outcomes: Mapping[str, int]
    """Of the events to yield to."""
    held: Rate
    """Held, of the events to hold through."""
    kept: Rate
    """Held, of the events in protected speech."""
    talked_on_rate: Rate
    resumed_rate: Rate
    """Of the events to yield to that stopped the agent: it took the floor back by itself."""
    uncounted: Mapping[str, int]
    """Events in no rate, by why: ``natural_end``, ``unmeasurable``, ``agent_over_caller``."""
    time_to_yield: Percentiles
    detection: Percentiles
    cancellation: Percentiles
    quiet_at_decision: int
    """Of the events to yield to, those in no ``cancellation``: the agent was between two words."""
    dead_air: Percentiles
    """Per false stop."""

    @classmethod
    def of(cls, events: Iterable[EventResult]) -> Self:
        every = list(events)
        fair = [event for event in every if event.uncounted is None]
        wanted = [event for event in fair if event.expect == "yield"]
        hold = [event for event in fair if event.expect == "hold"]
        protected = [event for event in fair if event.expect == "protected"]
        decided = [event for event in wanted if event.talked_on is not None]
        stopped = [event for event in wanted if event.outcome != "missed"]
        return cls(
            outcomes=Counter(event.outcome for event in wanted),
            held=_share(not event.false_stop for event in hold),
            kept=_share(not event.false_stop for event in protected),
            talked_on_rate=_share(bool(event.talked_on) for event in decided),
            resumed_rate=_share(event.resumed for event in stopped),
            uncounted=Counter(why for event in every if (why := event.uncounted) is not None),
            time_to_yield=_times((e.time_to_yield_s, e.lower_bound) for e in wanted),
            detection=_times((e.detection_s, False) for e in wanted),
            cancellation=_times(
                (e.cancellation_s, False) for e in wanted if not e.quiet_at_decision
            ),
            quiet_at_decision=sum(event.quiet_at_decision for event in wanted),
            dead_air=_times((e.dead_air_s, e.dead_air_lower_bound) for e in hold if e.false_stop),
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            outcomes=Counter(self.outcomes) + Counter(other.outcomes),
            held=self.held + other.held,
            kept=self.kept + other.kept,
            talked_on_rate=self.talked_on_rate + other.talked_on_rate,
            resumed_rate=self.resumed_rate + other.resumed_rate,
            uncounted=Counter(self.uncounted) + Counter(other.uncounted),
            time_to_yield=_both(self.time_to_yield, other.time_to_yield),
            detection=_both(self.detection, other.detection),
            cancellation=_both(self.cancellation, other.cancellation),
            quiet_at_decision=self.quiet_at_decision + other.quiet_at_decision,
            dead_air=_both(self.dead_air, other.dead_air),
        )

    @property
    def yield_rate(self) -> Rate:
        """How reliably the agent lets a caller in, in time."""
        return self._of_wanted("yielded")

    @property
    def missed_rate(self) -> Rate:
        """How often it does not, for seconds or at all."""
        return self._of_wanted("missed")

    @property
    def false_stop_rate(self) -> Rate:
        """How often it stops for what is no barge-in."""
        return Rate(self.held.of - self.held.count, self.held.of)

    @property
    def broken_rate(self) -> Rate:
        """How often it is stopped where it must not be."""
        return Rate(self.kept.of - self.kept.count, self.kept.of)

    def _of_wanted(self, outcome: str) -> Rate:
        return Rate(
            self.outcomes.get(outcome, 0), sum(self.outcomes.get(o, 0) for o in WANTED_THE_FLOOR)
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "outcomes": dict(sorted(self.outcomes.items())),
            **{name: _rate(getattr(self, name)) for name in RATES},
            "uncounted": dict(sorted(self.uncounted.items())),
            "time_to_yield_s": self.time_to_yield.to_json(),
            "detection_s": self.detection.to_json(),
            "cancellation_s": self.cancellation.to_json(),
            "quiet_at_decision": self.quiet_at_decision,
            "dead_air_s": self.dead_air.to_json(),
        }


RATES = (
    "yield_rate",
    "missed_rate",
    "false_stop_rate",
    "broken_rate",
    "talked_on_rate",
    "resumed_rate",
)


def _rate(rate: Rate) -> dict[str, Any]:
    return rate.to_json() | {"too_few": rate.of < FEW}


def _share(which: Iterable[bool]) -> Rate:
    every = list(which)
    return Rate(sum(every), len(every))


def _times(figures: Iterable[tuple[float | None, bool]]) -> Percentiles:
    return Percentiles.of(
        Measured(seconds, bound) for seconds, bound in figures if seconds is not None
    )


def _both(one: Percentiles, other: Percentiles) -> Percentiles:
    return Percentiles.of((*one.values, *other.values))
