"""Puts a session under instruments: hears its events, taps its audio, keeps each call.

Taps go in without a gap. The output is wrapped when the first speech is created, which LiveKit
announces before the speech looks for its output; the input when the session says that it listens,
which it says before it reads a frame. Wrapping earlier would stop RoomIO from making its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from livekit import rtc
from livekit.agents import AgentSession, get_job_context

from livekit_barge.clock import CallClock
from livekit_barge.live.book import Reports
from livekit_barge.live.causes import Causes
from livekit_barge.live.keeping import Keeping
from livekit_barge.live.log import CallLog
from livekit_barge.live.metrics import CallMetrics
from livekit_barge.live.recorder import Recorder
from livekit_barge.live.spans import CallSpans
from livekit_barge.live.stamps import SESSION_EVENTS, SessionStamps
from livekit_barge.live.taps import AgentTap, CallerTap
from livekit_barge.live.turnlog import TurnLog
from livekit_barge.measure.turns import Turn

# With these a call begins; what comes after its close belongs to no call.
_FIRST_EVENTS = ("agent_state_changed", "speech_created", "conversation_item_added")


T = TypeVar("T")


class Instruments:
    """A session's instruments. One call is kept for each time the session is started."""

    def __init__(
        self,
        session: AgentSession[Any],
        keeping: Keeping,
        log: TurnLog,
        *,
        in_force: Callable[[], Mapping[str, Any]],
        advice: Callable[[Mapping[str, Any]], Iterable[str]],
        turn_detection_given: bool | None,
    ) -> None:
        self._session = session
        self._keeping = keeping
        self._log = log
        self._in_force = in_force
        self._advice = advice
        self._advised = False
        self._turn_detection_given = turn_detection_given
        self._broken = False
        self._metrics = CallMetrics(keeping.preset)
        self._recorder: Recorder | None = None
        self._stamps: SessionStamps | None = None
        self._turns: list[Turn] = []
        self.call_dir: Path | None = None
        for name in SESSION_EVENTS:
            session.on(name, self._handler(name))  # type: ignore[arg-type]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far."""
        return tuple(self._turns)

    def keep(self, **changes: Any) -> None:
        """Change what is kept of the next call, and where: fields of :class:`Keeping`."""
        self._keeping = dataclasses.replace(self._keeping, **changes)

    def begin(self, room: rtc.Room | None = None) -> None:
        """Start a call's folder, unless one is open. Zero of its clock is now."""
        self._safely(self._begin, room)

    def _begin(self, room: rtc.Room | None) -> None:
        if self._stamps is not None:
            return
        clock = CallClock.start()
        self.call_dir = self._keeping.new_call_dir(clock.started_wall_s)
        call_id = self.call_dir.name
        self._turns.clear()
        self._log.begin(call_id)
        self._metrics.begin()
        spans = CallSpans(clock, call_id, self._keeping.preset)
        meta = self._keeping.meta(call_id, clock, room)
        reports = Reports(turn=partial(self._turn, spans), disk_failed=self._disk_failed)
        self._recorder = self._keeping.recorder(
            partial(self._keeping.open, self.call_dir, meta, reports), self._broke
        )
        log = CallLog(
            self._recorder,
            clock,
            spans,
            keep_transcripts=self._keeping.transcripts,
            on_fault=self._broke,
        )
        causes = Causes(self._session, turn_detection_given=self._turn_detection_given)
        self._stamps = SessionStamps(self._session, log, causes)
        if room is not None:
            self._stamps.follow(room)
        self._wait_with_the_job()

    def end(self) -> None:
        """Close the call's folder, if one is open, whatever happened before.

        LiveKit's ``close`` does so; a session that never came to start sends none.
        """
        if self._stamps is not None and self._recorder is not None:
            self._recorder.close(self._stamps.log.now_s())
        self._stamps = None

    async def finished(self) -> None:
        """Wait until the latest call's folder is whole. The session must have closed."""
        if self._recorder is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._recorder.join)

    def tap(self) -> None:
        """Tap the audio that is there: at the start, and after a change of input or output.

        A session that is started again may still have the taps of its first call, and a program
        may have put something of its own in front of them.
        """
        assert self._stamps is not None
        sink = self._session.output.audio
        if tap := _first(AgentTap, sink, lambda each: each.next_in_chain):
            tap.listener = self._stamps
        elif sink is not None:
            self._session.output.audio = AgentTap(sink, self._stamps)
        source = self._session.input.audio
        if heard := _first(CallerTap, source, lambda each: each.source):
            heard.listener = self._stamps
        elif source is not None:
            self._session.input.audio = CallerTap(source, self._stamps)

    def _handler(self, name: str) -> Callable[[Any], None]:
        def handle(event: Any) -> None:
            if name in _FIRST_EVENTS:
                self.begin()
            self._safely(self._heard, name, event)
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

    def _safely(self, act: Callable[..., None], *arguments: Any) -> None:
        """A fault of ours is told once; it ends the measuring, never the call."""
        if self._broken:
            return
        try:
            act(*arguments)
        except Exception as error:
            self._broken = True
            self._broke(error)

    def _look_at_options(self) -> None:
        """Keep the options in force, which LiveKit resolves at the start and may change later."""
        assert self._stamps is not None
        options = self._in_force()
        self._stamps.options_in_force(options)
        if not self._advised:
            self._advised = True
            for line in self._advice(options):
                self._log.note(line)

    def _is_listening(self, name: str, event: Any) -> bool:
        return name == "agent_state_changed" and event.new_state == "listening"

    def _wait_with_the_job(self) -> None:
        """Have a worker's job wait for the folder before its process ends."""
        if (job := get_job_context(required=False)) is not None:
            job.add_shutdown_callback(self.finished)

    # What the recorder tells, in its thread.

    def _turn(self, spans: CallSpans, turn: Turn) -> None:
        self._turns.append(turn)
        self._log.turn(turn)
        self._metrics.turn(turn)
        spans.turn(turn)

    def _disk_failed(self, error: OSError) -> None:
        self._log.disk_failed(self.call_dir, error)
        self._metrics.fault("disk")

    def _broke(self, error: Exception) -> None:
        self._log.recorder_broke(error)
        self._metrics.fault("recorder")


def _first(kind: type[T], link: Any, following: Callable[[Any], Any]) -> T | None:
    """The first of a kind in a chain of inputs or outputs."""
    while link is not None and not isinstance(link, kind):
        link = following(link)
    return link
