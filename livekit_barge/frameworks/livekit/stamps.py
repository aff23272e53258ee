"""Stamps what a session announces: one handler per LiveKit event, one event of the call each."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from livekit import agents, rtc
from livekit.agents import AgentSession, llm
from livekit.agents.inference import OverlappingSpeechEvent
from livekit.agents.voice import io

from livekit_barge.call.events import (
    INFERENCE_URL,
    AgentHandoff,
    AgentState,
    CallerDetached,
    CallerLinked,
    ConversationItem,
    FalseInterruption,
    OptionsInForce,
    OverlappingSpeech,
    ProtectedEnded,
    ProtectedStarted,
    RoomConnection,
    SessionClosed,
    SessionError,
    Transcript,
    UserState,
)
from livekit_barge.frameworks.livekit.causes import Causes
from livekit_barge.frameworks.livekit.detector_watch import SOURCE
from livekit_barge.frameworks.livekit.output_tap import OutputStamps
from livekit_barge.frameworks.livekit.speech_handles import SpeechStamps
from livekit_barge.recording.stamp_context import CallLog, guarded


class SessionStamps:
    """Listens to a session and its audio; everything it hears becomes an event of the call."""

    def __init__(self, session: AgentSession[Any], log: CallLog, causes: Causes) -> None:
        self.log = log
        self._session = session
        self._causes = causes
        self._output = OutputStamps(session, log, causes)
        self._speeches = SpeechStamps(log, self._output)
        self._warmup: asyncio.TimerHandle | None = None
        self._warmed_up = False
        self._options: dict[str, Any] = {}
        self._detector: Mapping[str, str] = {}
        """As it was when the session started: LiveKit reads it then."""
        self._linked: str | None = None
        """Whom LiveKit last said to be the caller."""

    @guarded
    def options_in_force(self, options: Mapping[str, Any]) -> None:
        """The options as they can be read now."""
        if not self._detector:
            self._detector = _detector_of(options)
        options = {**options, **self._detector}
        if options != self._options:
            self._options = options
            self.log.write(OptionsInForce(at_s=self.log.now_s(), options=self._options))

    def follow(self, room: rtc.Room) -> None:
        """Stamp when the connection to the room breaks and comes back, and who is the caller."""
        room.on("track_subscribed", lambda *_: self._look_who_calls())
        room.on("reconnecting", lambda: self._connection("lost"))
        room.on("reconnected", lambda: self._connection("back"))

    @guarded
    def _connection(self, state: Literal["lost", "back"]) -> None:
        self.log.write(RoomConnection(at_s=self.log.now_s(), state=state))

    @guarded
    def _look_who_calls(self) -> None:
        """LiveKit has no public event for it."""
        caller = None
        with contextlib.suppress(RuntimeError):  # no room, or not joined to it yet
            caller = self._session.room_io.linked_participant
        if caller is not None and caller.identity != self._linked:
            self._linked = caller.identity
            kind = rtc.ParticipantKind.Name(caller.kind)
            kind = kind.removeprefix("PARTICIPANT_KIND_").lower()
            self.log.write(CallerLinked(at_s=self.log.now_s(), kind=kind))

    # The session's own events. The names are LiveKit's.

    @guarded
    def agent_state_changed(self, event: agents.AgentStateChangedEvent) -> None:
        if event.old_state == "speaking" and event.new_state == "listening":
            self._output.confirm_pause()
        self.log.write(
            AgentState(
                at_s=self.log.now_s(),
                old=event.old_state,
                new=event.new_state,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )
        if event.new_state == "speaking":
            self._start_warmup()
        self._look_who_calls()

    @guarded
    def user_state_changed(self, event: agents.UserStateChangedEvent) -> None:
        self.log.write(
            UserState(
                at_s=self.log.now_s(),
                old=event.old_state,
                new=event.new_state,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    @guarded
    def speech_created(self, event: agents.SpeechCreatedEvent) -> None:
        self._speeches.created(event)

    @guarded
    def user_input_transcribed(self, event: agents.UserInputTranscribedEvent) -> None:
        self._causes.announced.make("stt_final" if event.is_final else "stt_interim")
        self.log.write(
            Transcript(
                at_s=self.log.now_s(),
                text=self.log.text(event.transcript),
                is_final=event.is_final,
                language=None if event.language is None else str(event.language),
                speaker_id=event.speaker_id,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    @guarded
    def overlapping_speech(self, event: OverlappingSpeechEvent) -> None:
        if event.is_interruption:
            self._causes.announced.make("adaptive")
        # LiveKit leaves the duration of the request at 0.0 where none was answered.
        answered = event.is_interruption or event.total_duration > 0
        self.log.write(
            OverlappingSpeech(
                at_s=self.log.now_s(),
                is_interruption=event.is_interruption,
                probability=event.probability if answered else None,
                delay_s=round(event.detection_delay, 6) if answered else None,
                requests=event.num_requests,
                answered=answered,
                agent_ended=event.agent_ended,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    @guarded
    def agent_false_interruption(self, event: agents.AgentFalseInterruptionEvent) -> None:
        self.log.write(
            FalseInterruption(
                at_s=self.log.now_s(),
                resumed=event.resumed,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    @guarded
    def conversation_item_added(self, event: agents.ConversationItemAddedEvent) -> None:
        item, now_s = event.item, self.log.now_s()
        if isinstance(item, llm.AgentHandoff):
            handoff = AgentHandoff(at_s=now_s, old=item.old_agent_id, new=item.new_agent_id)
            self.log.write(handoff)
        elif isinstance(item, llm.ChatMessage):
            self.log.write(
                ConversationItem(
                    at_s=now_s,
                    item_id=item.id,
                    role=item.role,
                    text=self.log.text(item.text_content),
                    interrupted=item.interrupted,
                    metrics=dict(item.metrics),
                    livekit_at_s=self.log.from_wall(event.created_at),
                )
            )

    @guarded
    def error(self, event: agents.ErrorEvent) -> None:
        self.log.write(
            SessionError(
                at_s=self.log.now_s(),
                source=type(event.source).__name__,
                message=str(getattr(event.error, "error", event.error)),
                recoverable=getattr(event.error, "recoverable", None),
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    @guarded
    def detector_lost(self, why: str) -> None:
        """Stamp that adaptive interruption cannot work, or was given up, which LiveKit does not."""
        self.log.write(
            SessionError(at_s=self.log.now_s(), source=SOURCE, message=why, recoverable=False)
        )

    @guarded
    def close(self, event: agents.CloseEvent) -> None:
        self._end_warmup()
        error = event.error
        self.log.write(
            SessionClosed(
                at_s=self.log.now_s(),
                reason=event.reason.value,
                error=None if error is None else str(getattr(error, "error", error)),
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )

    # The session's audio, as an AudioListener hears it.

    @guarded
    def caller_frame(self, frame: rtc.AudioFrame) -> None:
        self.log.recorder.caller_frame(
            self.log.now_s(), bytes(frame.data), frame.sample_rate, frame.num_channels
        )
        self._speeches.check_protection()

    @guarded
    def caller_detached(self) -> None:
        self.log.write(CallerDetached(at_s=self.log.now_s()))

    @guarded
    def agent_frame(self, frame: rtc.AudioFrame) -> None:
        self._output.frame(frame)

    @guarded
    def output_flushed(self) -> None:
        self._output.flushed()

    @guarded
    def output_paused(self) -> None:
        self._output.paused()

    @guarded
    def output_resumed(self) -> None:
        self._output.resumed()

    @guarded
    def output_cleared(self) -> None:
        self._output.cleared()

    @guarded
    def playback_started(self, event: io.PlaybackStartedEvent) -> None:
        self._output.playback_started(event)
        self._speeches.check_protection()

    @guarded
    def playback_progressed(self, event: io.PlaybackProgressedEvent) -> None:
        self._output.playback_progressed(event)

    @guarded
    def playback_finished(self, event: io.PlaybackFinishedEvent) -> None:
        self._output.playback_finished(event)
        self._speeches.check_protection()

    # AEC warm-up: once a session, from the agent's first audio on, LiveKit ignores audio activity.

    def _start_warmup(self) -> None:
        duration_s = self._session.options.aec_warmup_duration
        if self._warmed_up or not duration_s or self._session.output.audio is None:
            return
        self._warmed_up = True
        self.log.write(ProtectedStarted(at_s=self.log.now_s(), reason="aec_warmup"))
        loop = asyncio.get_running_loop()
        self._warmup = loop.call_later(duration_s, self._end_warmup)

    @guarded
    def _end_warmup(self) -> None:
        if self._warmup is not None:
            self._warmup.cancel()
            self._warmup = None
            self.log.write(ProtectedEnded(at_s=self.log.now_s(), reason="aec_warmup"))


SESSION_EVENTS = (
    "agent_state_changed",
    "user_state_changed",
    "speech_created",
    "user_input_transcribed",
    "overlapping_speech",
    "agent_false_interruption",
    "conversation_item_added",
    "error",
    "close",
)
"""The session's events, each handled by the method of its name."""


def _detector_of(options: Mapping[str, Any]) -> Mapping[str, str]:
    """Return where adaptive interruption asks: host and port, for a URL may hold secrets."""
    url = os.environ.get("LIVEKIT_INFERENCE_URL")
    if options.get("interruption_mode") != "adaptive" or not url:
        return {}
    return {INFERENCE_URL: urlsplit(url).netloc.rpartition("@")[2]}
