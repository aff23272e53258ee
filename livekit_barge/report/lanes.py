"""A call's events as a reader follows them: states in lanes, and momentary events as marks.

The HTML page and the terminal's timeline show the same lanes and marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from livekit_barge.call.events import (
    AgentHandoff,
    AgentState,
    Decision,
    Event,
    FalseInterruption,
    OutputCleared,
    OutputPaused,
    OutputResumed,
    OverlappingSpeech,
    ProtectedEnded,
    ProtectedStarted,
    RoomConnection,
    SessionError,
    SpeechInterrupted,
    Transcript,
    UserState,
)
from livekit_barge.call.placement import place_agent
from livekit_barge.measure.turns import Turn
from livekit_barge.report.terminal.turn_table import as_ms


@dataclass(frozen=True)
class LaneState:
    """A state that lasted."""

    begin_s: float
    end_s: float
    kind: str
    """``speaking``, ``paused``, …: decides its colour."""
    label: str


@dataclass(frozen=True)
class Lane:
    """States of one kind; those of a lane seldom overlap."""

    name: str
    stretches: tuple[LaneState, ...]


@dataclass(frozen=True)
class Mark:
    """A momentary event."""

    at_s: float
    kind: str
    """``decision``, ``pause``, ``clear``, ``resume``, ``heard``, ``note``, ``fault``."""
    label: str


@dataclass
class _Open:
    """A lane under construction: at most one state is open for each key."""

    stretches: list[LaneState] = field(default_factory=list)
    _begun: dict[object, tuple[float, str, str]] = field(default_factory=dict)

    def begin(self, at_s: float, kind: str, label: str, key: object = None) -> None:
        self.end(at_s, key)
        self._begun[key] = (at_s, kind, label)

    def end(self, at_s: float, key: object = None) -> None:
        if begun := self._begun.pop(key, None):
            self.stretches.append(LaneState(begun[0], at_s, *begun[1:]))

    def lane(self, name: str, ended_s: float) -> Lane:
        for key in list(self._begun):
            self.end(ended_s, key)
        return Lane(name, tuple(sorted(self.stretches, key=lambda stretch: stretch.begin_s)))


def lanes(events: Sequence[Event], turns: Sequence[Turn], *, ended_s: float) -> tuple[Lane, ...]:
    """Return the lanes of a call that are not empty."""
    vad, agent, output, protected = _Open(), _Open(), _Open(), _Open()
    for placed in place_agent(events, ended_s=ended_s):
        output.stretches.append(
            LaneState(placed.at_s, placed.at_s + placed.duration_s, "playing", "playing")
        )
    for event in events:
        match event:
            case UserState(new="speaking"):
                vad.begin(event.at_s, "speech", "speech")
            case UserState():
                vad.end(event.at_s)
            case AgentState():
                agent.begin(event.at_s, event.new, event.new)
            case OutputPaused():
                output.begin(event.at_s, "paused", "paused")
            case OutputResumed() | OutputCleared():
                output.end(event.at_s)
            case ProtectedStarted():
                why = event.reason.replace("_", " ")
                key = (event.reason, event.speech_id)
                protected.begin(event.at_s, "protected", why, key)
            case ProtectedEnded():
                protected.end(event.at_s, (event.reason, event.speech_id))
    made = (
        Lane("caller said", tuple(_said(turns, "caller"))),
        vad.lane("VAD", ended_s),
        Lane("agent said", tuple(_said(turns, "agent"))),
        agent.lane("agent state", ended_s),
        output.lane("output", ended_s),
        protected.lane("protected", ended_s),
    )
    return tuple(lane for lane in made if lane.stretches)


def _said(turns: Iterable[Turn], speaker: str) -> Iterator[LaneState]:
    for turn in turns:
        if turn.speaker == speaker:
            yield LaneState(turn.started_s, turn.ended_s, speaker, turn.words or "")


def marks(events: Iterable[Event]) -> tuple[Mark, ...]:
    """Return the momentary events in order, without interim transcripts and the sink's reports."""
    found = ((event.at_s, _mark(event)) for event in events)
    return tuple(Mark(at_s, *mark) for at_s, mark in found if mark is not None)


def _mark(event: Event) -> tuple[str, str] | None:
    """Return the mark's kind and label, or ``None`` if the event has no mark."""
    match event:
        case Decision():
            queued = "" if event.queued_s is None else f", {as_ms(event.queued_s)} queued"
            return "decision", f"decision to {event.path}, by {_words(event.cause)}{queued}"
        case OutputPaused():
            return "pause", "output paused"
        case OutputCleared():
            return "clear", "output cleared"
        case OutputResumed():
            return "resume", "resume() on the output"
        case SpeechInterrupted():
            return "note", f"speech interrupted ({_words(event.source or 'no source given')})"
        case Transcript(is_final=True):
            return "heard", "final transcript" + (f": {event.text}" if event.text else "")
        case FalseInterruption():
            return "note", "LiveKit: false interruption" + (", resumed" if event.resumed else "")
        case OverlappingSpeech():
            verdict = "an interruption" if event.is_interruption else "no interruption"
            return "note", f"adaptive detector: {verdict}"
        case AgentHandoff():
            return "note", f"handoff to {event.new}"
        case SessionError():
            return "fault", f"error in {event.source}: {event.message}"
        case RoomConnection():
            return "fault", f"connection to the room {event.state}"
        case _:
            return None


def _words(name: str) -> str:
    return name.replace("_", " ")
