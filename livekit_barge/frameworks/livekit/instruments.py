"""Puts a session under instruments: hears its events, taps its audio, keeps each call.

Taps go in without a gap. The output is wrapped when the first speech is created, which LiveKit
announces before the speech looks for its output; the input when the session says that it listens,
which it says before it reads a frame. Wrapping earlier would stop RoomIO from making its own.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from livekit import rtc
from livekit.agents import AgentSession, get_job_context
from livekit.agents.telemetry import tracer
from livekit.agents.utils import http_context

from livekit_barge.clock import CallClock
from livekit_barge.frameworks.livekit.causes import Causes
from livekit_barge.frameworks.livekit.detector_watch import DetectorWatch
from livekit_barge.frameworks.livekit.stamps import SESSION_EVENTS, SessionStamps
from livekit_barge.frameworks.livekit.taps import AgentTap, CallerTap, attached_as_before
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_recorder import CallRecorder
from livekit_barge.recording.recording_config import RecordingConfig
from livekit_barge.recording.turn_log import TurnLog

# With these a call begins where instruments came to a session that was running already. After an
# end only a start begins one: an agent whose start failed talks on, and LiveKit never closes it.
_FIRST_EVENTS = ("agent_state_changed", "speech_created", "conversation_item_added")


T = TypeVar("T")


class Instruments:
    """A session's instruments. One call is kept for each time the session is started."""

    def __init__(
        self,
        session: AgentSession[Any],
        config: RecordingConfig,
        log: TurnLog,
        *,
        in_force: Callable[[], Mapping[str, Any]],
        advice: Callable[[Mapping[str, Any]], Iterable[str]],
        turn_detection_given: bool | None,
    ) -> None:
        self._session = session
        self._log = log
        self._in_force = in_force
        self._advice = advice
        self._advised = False
        self._turn_detection_given = turn_detection_given
        self._stamps: SessionStamps | None = None
        self._detector = DetectorWatch(session, self._detector_lost)
        self.calls = CallRecorder(config, log, tracer)
        self._had_a_call = False
        self._starting = 0
        """The number of calls of the session's ``start`` that have not returned yet."""
        self._taps: list[AgentTap] = []
        for name in SESSION_EVENTS:
            session.on(name, self._handler(name))  # type: ignore[arg-type]
        session.start = self._watched(session.start)  # type: ignore[assignment, method-assign]

    @property
    def call_dir(self) -> Path | None:
        """The folder of the latest call; ``None`` before the session is started."""
        return self.calls.call_dir

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far, in order."""
        return self.calls.turns

    async def finished(self) -> None:
        """Wait until the folder of the latest call is complete; close the session first.

        The wait is bounded: if the folder is not complete after some seconds, an error is logged.
        """
        await self.calls.finished()

    def begin(self, room: rtc.Room | None = None) -> None:
        """Start a call's folder, unless one is open. Zero of its clock is now."""
        self.calls.safely(self._begin, room)

    def _begin(self, room: rtc.Room | None) -> None:
        if self._stamps is not None:
            return
        self._had_a_call = True
        log = self.calls.open(CallClock.start(), room=None if room is None else room.name)
        causes = Causes(self._session, turn_detection_given=self._turn_detection_given)
        self._stamps = SessionStamps(self._session, log, causes)
        if room is not None:
            self._stamps.follow(room)
        self._wait_with_the_job()

    def end(self) -> None:
        """Close the call's folder, if one is open, whatever happened before.

        LiveKit's ``close`` does so; a session that never came to start sends none.
        """
        if self._stamps is not None:
            self.calls.close(self._stamps.log.now_s())
        self._stamps = None
        self.calls.safely(self._release_taps)

    def _release_taps(self) -> None:
        """Release the outputs that the session has let go of; after a failed start it keeps its."""
        kept = _first(AgentTap, self._session.output.audio, lambda each: each.next_in_chain)
        for tap in self._taps:
            if tap is not kept:
                tap.release()
        self._taps = [tap for tap in self._taps if tap is kept]

    def tap(self) -> None:
        """Tap the audio that is there: at the start, and after a change of input or output.

        A session that is started again may still have the taps of its first call, and a program
        may have put something of its own in front of them.
        """
        assert self._stamps is not None
        sink = self._session.output.audio
        tap = _first(AgentTap, sink, lambda each: each.next_in_chain)
        if tap is None and sink is not None:
            tap = AgentTap(sink)
            with attached_as_before(sink):
                self._session.output.audio = tap
        if tap is not None:
            tap.report_to(self._stamps)
            if tap not in self._taps:
                self._taps.append(tap)
        source = self._session.input.audio
        if heard := _first(CallerTap, source, lambda each: each.source):
            heard.listener = self._stamps
        elif source is not None:
            with attached_as_before(source):
                self._session.input.audio = CallerTap(source, self._stamps)

    def _watched(self, start: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        """Begin a call with the session's ``start``, and end it if the session never ran.

        A start that fails may be the second one of a session that runs, or be cancelled while it
        waits for the agent's first turn: then the call goes on until LiveKit's ``close``.
        """

        @functools.wraps(start)
        async def watched(*arguments: Any, **options: Any) -> T:
            self.begin(options.get("room") or None)
            self._starting += 1
            try:
                result = await start(*arguments, **options)
            except BaseException:
                if self._starting == 1 and not runs(self._session):
                    self.end()
                raise
            finally:
                self._starting -= 1
            return result

        return watched

    def _handler(self, name: str) -> Callable[[Any], None]:
        def handle(event: Any) -> None:
            if name in _FIRST_EVENTS and not self._had_a_call:
                self.begin()
            self.calls.safely(self._heard, name, event)
            if name == "close":
                self.end()

        return handle

    def _heard(self, name: str, event: Any) -> None:
        if self._stamps is None:
            return
        if name == "speech_created" or self._is_listening(name, event):
            self.tap()
            self._look_at_options()
        getattr(self._stamps, name)(event)

    def _look_at_options(self) -> None:
        """Keep the options in force, which LiveKit resolves at the start and may change later."""
        assert self._stamps is not None
        options = self._in_force()
        self._stamps.options_in_force(options)
        self._detector.look(options)
        if not self._advised:
            self._advised = True
            for line in self._advice(options):
                self._log.note(line)
            if options.get("interruption_mode") == "adaptive" and not http_session_at_hand():
                self._log.note(NO_HTTP_SESSION)
                self._stamps.detector_lost(NO_HTTP_SESSION)

    def _detector_lost(self, why: str) -> None:
        if self._stamps is not None:
            self._stamps.detector_lost(why)
            self.calls.detector_lost()

    def _is_listening(self, name: str, event: Any) -> bool:
        return name == "agent_state_changed" and event.new_state == "listening"

    def _wait_with_the_job(self) -> None:
        """Have a worker's job wait for the folder before its process ends."""
        if (job := get_job_context(required=False)) is not None:
            job.add_shutdown_callback(self.finished)


NO_HTTP_SESSION = (
    "interruption_mode is adaptive, but outside a worker's job LiveKit's detector finds no HTTP "
    "session and fails, so plain voice activity decides: put the session inside "
    "`async with livekit.agents.utils.http_context.open():`"
)


def http_session_at_hand() -> bool:
    """Return whether LiveKit's detector finds an HTTP session: a job has one, a script opens one.

    It is looked for in the current context, which the session's tasks inherit.
    """
    if get_job_context(required=False) is not None:
        return True
    try:
        http_context.http_session()
    except RuntimeError:
        return False
    return True


def runs(session: AgentSession[Any]) -> bool:
    """Return whether a session has been started and not closed; LiveKit has no public word for it.

    Its ``agent_state`` is none: an agent may speak before the start that carries it has failed.
    """
    return session._started


def _first(kind: type[T], link: Any, following: Callable[[Any], Any]) -> T | None:
    """The first of a kind in a chain of inputs or outputs."""
    while link is not None and not isinstance(link, kind):
        link = following(link)
    return link
