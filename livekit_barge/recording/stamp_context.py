"""The context that a call's stamps share: clock, recorder, spans, and a guard for our faults."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from livekit_barge.call.events import Event
from livekit_barge.clock import CallClock
from livekit_barge.recording.recorder import Recorder
from livekit_barge.recording.spans import CallSpans

# A cut speech, what the caller said, a tool call with its output, and as much again: what went
# wrong at a barge-in shows at the end of the chat context, which may be thousands of items long.
TAIL_ITEMS = 8


class CallLog:
    """The log of one call: it stamps what happens and hands it to the recorder."""

    def __init__(
        self,
        recorder: Recorder,
        clock: CallClock,
        spans: CallSpans,
        *,
        keep_transcripts: bool,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self.recorder = recorder
        self.spans = spans
        self.now_s = clock.at_s
        self._from_wall = clock.from_wall
        self._keep_transcripts = keep_transcripts
        self._on_fault = on_fault
        self._faulty = False

    def write(self, event: Event) -> None:
        """Record an event."""
        self.recorder.event(event)

    def from_wall(self, wall_s: float) -> float:
        """Convert LiveKit's ``created_at`` to the call's axis."""
        return self._from_wall(wall_s)

    def text(self, text: str | None) -> str | None:
        """Return the text, or ``None`` if transcripts are not recorded."""
        return text if self._keep_transcripts else None

    def fault(self, error: Exception) -> None:
        """Report an internal error once and stamp nothing more. The call continues."""
        if not self._faulty:
            self._faulty = True
            self._on_fault(error)

    @property
    def faulty(self) -> bool:
        return self._faulty


class HasLog(Protocol):
    """An object whose methods can be guarded."""

    log: CallLog


P = ParamSpec("P")
S = TypeVar("S", bound=HasLog)


def guarded(
    method: Callable[Concatenate[S, P], None],
) -> Callable[Concatenate[S, P], None]:
    """Guard a method that LiveKit calls: an exception of ours must not reach LiveKit."""

    @functools.wraps(method)
    def call(self: S, *args: P.args, **kwargs: P.kwargs) -> None:
        if self.log.faulty:
            return
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self.log.fault(error)

    return cast("Callable[Concatenate[S, P], None]", call)
