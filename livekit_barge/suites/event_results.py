"""The results of a suite's calls, event by event.

An *event* is a caller's line that says what should happen (``expect``), where it fell on the
agent's speech. The label decides, whatever the ruler would have taken it for without one
(:mod:`~livekit_barge.suites.label_judge`). A result holds nothing that varies between equal runs.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from livekit_barge.call.events import Cause
from livekit_barge.call.fields import fault, parse
from livekit_barge.measure.overlap import Outcome, uncounted
from livekit_barge.script.label_types import Expect


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
    """The kind of sound to hold through: ``backchannel``, ``cough``, …"""
    outcome: Outcome
    """The outcome by the label."""
    unlabelled: Outcome | None = None
    """The outcome without the label; ``None``: no overlap was measured."""
    reason: str | None = None
    onset_s: float | None = None
    yielded: bool | None = None
    """The agent stopped within the limit."""
    talked_on: bool | None = None
    """The agent was audible for more than a syllable past the decision."""
    detection_s: float | None = None
    cancellation_s: float | None = None
    time_to_yield_s: float | None = None
    lower_bound: bool = False
    """``time_to_yield_s`` is a lower bound."""
    quiet_at_decision: bool = False
    agent_over_caller: bool = False
    talk_over_s: float = 0.0
    """Time with both audible."""
    resumed: bool = False
    """The agent stopped, and the same speech was audible again."""
    pause_s: float | None = None
    dead_air_s: float | None = None
    """After a false stop: nobody audible, until the agent speaks again."""
    dead_air_lower_bound: bool = False
    """Until the call's end: it did not speak again."""
    cause: Cause | None = None
    protected: tuple[str, ...] = ()
    """The reasons why audio activity could not stop the agent at the onset."""

    @property
    def key(self) -> tuple[str, int | None, float | None]:
        """The same for this event under another preset."""
        # What has no line has no number either, and lies where the agent spoke.
        return self.case_id, self.line, self.onset_s if self.line is None else None

    @property
    def false_stop(self) -> bool:
        """The agent stopped where it should have continued."""
        return self.outcome == "false_stop"

    @property
    def uncounted(self) -> str | None:
        """The reason why it is in no rate; ``None``: it is in one."""
        return uncounted(self.outcome, self.agent_over_caller)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"false_stop": self.false_stop}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read an event. Raises ``ValueError`` if the document is not one."""
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
    """The call's length, in its own time."""
    unplaced: tuple[str, ...] = ()
    """The caller's lines that found no place."""
    error: str | None = None
    """The reason why it could not be played."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"events": [event.to_json() for event in self.events]}

    def line(self) -> str:
        """Return the document on one line: the same bytes in equal runs."""
        return json.dumps(self.to_json(), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Read a result. Raises ``ValueError`` if the line is not one."""
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
