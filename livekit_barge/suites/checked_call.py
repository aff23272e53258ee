"""A played call with assertions that say why they fail; a line's label decides, not a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livekit_barge.measure.limits import Limits
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import CallerLine, Script
from livekit_barge.suites.event_results import EventResult
from livekit_barge.suites.label_judge import judge_events

_STOPPED = ("yielded", "late")
_TO_HOLD = ("hold", "protected")


@dataclass(frozen=True)
class CheckedCall(PlayedCall):
    """A played call whose lines are judged by their ``expect``."""

    events: tuple[EventResult, ...] = ()
    """One for each line with ``expect``, in order; then those of noise and echo."""

    @classmethod
    def of(cls, played: PlayedCall, script: Script) -> CheckedCall:
        """Judge a call by its script's labels."""
        events = judge_events(script.name, script, played, Limits.load())
        return cls(**vars(played), events=events)

    @property
    def surprises(self) -> tuple[str, ...]:
        """The lines whose expectation the agent did not meet, and those that found no place."""
        wrong = (_fault(event) for event in self.events)
        return (*(each for each in wrong if each), *map(_unplaced, self.unplaced))

    def assert_yields(self, *lines: CallerLine, within_s: float | None = None) -> None:
        """Fail unless the agent yields to each line with ``expect="yield"``.

        Args:
            lines: Check only these lines of the script.
            within_s: The longest time to yield allowed, in seconds; default: the limits'
                ``yield_within_s``.

        Raises:
            AssertionError: naming each line, what happened and why; also if no line is checked.
        """
        self._assert("yield", ("yield",), lines, within_s)

    def assert_holds(self, *lines: CallerLine) -> None:
        """Fail unless the agent speaks on through each line with ``expect="hold"`` or
        ``"protected"``, and through noise and echo.

        Raises:
            AssertionError: naming each line, what happened and why; also if no line is checked.
        """
        self._assert("hold", _TO_HOLD, lines, None)

    def _assert(
        self,
        wanted: str,
        expects: tuple[str, ...],
        lines: tuple[CallerLine, ...],
        within_s: float | None,
    ) -> None:
        events = [
            event
            for event in self.events
            if event.expect in expects and (not lines or self._is_of(event, lines))
        ]
        unplaced = [
            each
            for each in self.unplaced
            if (any(each is line for line in lines) if lines else each.expect in expects)
        ]
        faults = [fault for event in events if (fault := _fault(event, within_s))]
        faults += map(_unplaced, unplaced)
        if not events and not unplaced:
            faults = [f'no line was checked: give the line expect="{wanted}"']
        if faults:
            raise AssertionError("\n".join(faults))

    def _is_of(self, event: EventResult, lines: Iterable[CallerLine]) -> bool:
        return event.line is not None and any(self.lines[event.line].line is it for it in lines)


def _unplaced(line: CallerLine) -> str:
    return f"{line}: its place never came"


def faults(events: Iterable[EventResult]) -> Iterator[str]:
    """Yield a line for each event with the wrong outcome."""
    for event in events:
        if fault := _fault(event):
            yield fault


def _fault(event: EventResult, within_s: float | None = None) -> str | None:
    """Return the line, what should have happened, what did and why; ``None`` if it is right."""
    if event.expect in _TO_HOLD:
        right = event.outcome in ("held", "natural_end")
        should = "should not stop the agent"
    elif within_s is None:
        right = event.outcome == "yielded"
        should = "should stop the agent"
    else:
        time_s = event.time_to_yield_s
        right = event.outcome in _STOPPED and time_s is not None and time_s <= within_s
        should = f"should stop the agent within {within_s:g} s"
    if right:
        return None
    return f'"{event.said}" ({event.at}) {should}: {", ".join(_happened(event))}'


def _happened(event: EventResult) -> Iterator[str]:
    yield event.outcome.replace("_", " ")
    if event.time_to_yield_s is not None:
        yield f"after {'≥ ' if event.lower_bound else ''}{event.time_to_yield_s:.2f} s"
    if event.reason is not None:
        yield event.reason
    if event.protected:
        yield f"protected: {', '.join(event.protected)}"
    if event.expect in _TO_HOLD and event.cause is not None:
        yield f"by {event.cause}"
