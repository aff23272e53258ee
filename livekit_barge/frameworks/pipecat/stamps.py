"""Stamp what passes in a Pipecat pipeline as events of the call, with LiveKit's event names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseStartFrame,
    SpeechOutputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserMuteStartedFrame,
    UserMuteStoppedFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport

from livekit_barge.call.events import (
    AgentState,
    Decision,
    OptionsInForce,
    OutputCleared,
    OverlappingSpeech,
    ProtectedEnded,
    ProtectedStarted,
    SessionClosed,
    SessionError,
    SpeechInterrupted,
    Transcript,
    UserState,
    UserTurn,
)
from livekit_barge.frameworks.pipecat.bot_speeches import BotSpeeches
from livekit_barge.frameworks.pipecat.causes import Causes
from livekit_barge.frameworks.pipecat.far_buffer import FarBuffer
from livekit_barge.frameworks.pipecat.llm_context import ContextWatch
from livekit_barge.frameworks.pipecat.lost_interruptions import SentInterruptions
from livekit_barge.frameworks.pipecat.transport_playout import TransportPlayout
from livekit_barge.frameworks.pipecat.verdict_frame import AdaptiveVerdictFrame
from livekit_barge.recording.stamp_context import CallLog

SpokenAudio = TTSAudioRawFrame | SpeechOutputAudioRawFrame


class PipecatStamps:
    """Fed with every push of a frame, in order; ``at_s`` is when it was pushed."""

    def __init__(self, log: CallLog, far: FarBuffer) -> None:
        self._log = log
        self._far = far
        self.causes = Causes()
        self._playing = TransportPlayout(log.write)
        self._context = ContextWatch(log.write, log.text)
        self._speeches = BotSpeeches(log.write, self._playing, self._context)
        self._interruptions = SentInterruptions(log.write)
        self._agent_state = "initializing"
        self._user_state = "listening"
        self._muted = False
        self._rulings: list[str] = []
        self._handlers: dict[type[Frame], Callable[[FramePushed, float], None]] = {
            VADUserStartedSpeakingFrame: self._vad_started,
            VADUserStoppedSpeakingFrame: self._vad_stopped,
            UserStoppedSpeakingFrame: self._user_stopped,
            UserMuteStartedFrame: self._mute_started,
            UserMuteStoppedFrame: self._mute_stopped,
            InterruptionFrame: self._interrupted,
            BotStartedSpeakingFrame: self._bot_started,
            BotStoppedSpeakingFrame: self._bot_stopped,
            LLMContextFrame: self._context_sent,
            LLMFullResponseStartFrame: self._response_started,
            InterimTranscriptionFrame: self._transcribed,
            TranscriptionFrame: self._transcribed,
            ErrorFrame: self._failed,
            AdaptiveVerdictFrame: self._verdict,
        }

    def options_in_force(self, options: Mapping[str, Any], at_s: float) -> None:
        """Write the options of the pipeline, which starts now and listens."""
        self._log.write(OptionsInForce(at_s=at_s, options=dict(options)))
        self._become("listening", at_s)

    def ruled(self, strategy: object) -> None:
        """A strategy ruled that the caller's turn began; it is told outside the order of frames."""
        self._rulings.append(type(strategy).__name__)

    def pushed(self, data: FramePushed, at_s: float) -> None:
        """A frame was handed from one processor to the next."""
        frame = data.frame
        if isinstance(frame, InputAudioRawFrame):
            if data.first_push and isinstance(data.source, BaseInputTransport):
                self._caller_audio(frame, at_s)
        elif isinstance(frame, SpokenAudio | TTSStartedFrame | TTSStoppedFrame):
            self._speech_frame(data, frame, at_s)
        elif isinstance(frame, InterruptionFrame) and not data.first_push:
            self._interruption_goes_on(data, at_s)
        elif data.first_push and _counts(data):
            handler = self._handlers.get(type(frame))
            if handler is not None:
                handler(data, at_s)

    def tick(self, now_s: float) -> None:
        """Time passes: called with every frame of the caller's audio."""
        self._interruptions.tick(now_s)
        self._playing.tick(now_s, self._far.queued_s(), is_made=self._speeches.is_made)
        self._context.look(now_s)
        self._speeches.tick(now_s)
        while self._rulings:
            self._log.write(UserTurn(at_s=now_s, new="started", strategy=self._rulings.pop(0)))

    def close(self, now_s: float, reason: str) -> None:
        """The call is over."""
        self.tick(now_s)
        self._playing.close(now_s)
        self._speeches.close(now_s)
        self._log.write(SessionClosed(at_s=now_s, reason=reason))

    # Audio.

    def _caller_audio(self, frame: InputAudioRawFrame, at_s: float) -> None:
        self._log.recorder.caller_frame(at_s, frame.audio, frame.sample_rate, frame.num_channels)
        self.tick(at_s)

    def _speech_frame(
        self, data: FramePushed, frame: SpokenAudio | TTSStartedFrame | TTSStoppedFrame, at_s: float
    ) -> None:
        to_output = isinstance(data.destination, BaseOutputTransport)
        from_output = isinstance(data.source, BaseOutputTransport)
        if data.direction is not FrameDirection.DOWNSTREAM:
            return
        if data.first_push:
            self._made(data, frame)
        if not (to_output or from_output):
            return
        if isinstance(frame, TTSStoppedFrame):
            if to_output:
                self._speeches.generated(frame.context_id)
                self._playing.flush(at_s, complete=True)
        elif isinstance(frame, TTSStartedFrame):
            if to_output:
                self._speeches.created(frame.context_id, at_s, interruptible=frame.interruptible)
        elif to_output:
            self._handed(frame, at_s)
        else:
            self._playing.written(_seconds(frame), at_s, self._far.queued_s())

    def _made(
        self, data: FramePushed, frame: SpokenAudio | TTSStartedFrame | TTSStoppedFrame
    ) -> None:
        context_id = getattr(frame, "context_id", None)
        if isinstance(frame, TTSStoppedFrame):
            self._speeches.made(context_id)
        elif not isinstance(frame, TTSStartedFrame):
            self._speeches.making(context_id, data.source, _seconds(frame))

    def _handed(self, frame: SpokenAudio, at_s: float) -> None:
        context_id = getattr(frame, "context_id", None)
        speech = self._speeches.of(context_id, at_s, interruptible=frame.interruptible)
        first = not speech.heard
        if first:
            speech.heard = True
        speech.handed_s += _seconds(frame)
        self._playing.handed(speech.speech_id, _seconds(frame), at_s)
        if first:
            self._log.spans.speech(speech.speech_id)
            self._context.seen(at_s, speech.speech_id)
        self._log.recorder.agent_frame(frame.audio, frame.sample_rate, frame.num_channels)

    # The caller.

    def _vad_started(self, data: FramePushed, at_s: float) -> None:
        frame = data.frame
        assert isinstance(frame, VADUserStartedSpeakingFrame)
        onset_s = self._log.from_wall(frame.timestamp - frame.start_secs)
        self._user("speaking", at_s, onset_s)

    def _vad_stopped(self, data: FramePushed, at_s: float) -> None:
        frame = data.frame
        assert isinstance(frame, VADUserStoppedSpeakingFrame)
        self._user("listening", at_s, self._log.from_wall(frame.timestamp - frame.stop_secs))

    def _user(self, new: str, at_s: float, livekit_at_s: float) -> None:
        old, self._user_state = self._user_state, new
        if old == new:
            return  # each stretch is told of once more by the aggregator that holds the VAD
        self._log.write(UserState(at_s=at_s, old=old, new=new, livekit_at_s=livekit_at_s))

    def _user_stopped(self, _: FramePushed, at_s: float) -> None:
        self._log.write(UserTurn(at_s=at_s, new="stopped"))

    def _mute_started(self, _: FramePushed, at_s: float) -> None:
        if not self._muted:
            self._muted = True
            self._log.write(ProtectedStarted(at_s=at_s, reason="uninterruptible"))

    def _mute_stopped(self, _: FramePushed, at_s: float) -> None:
        if self._muted:
            self._muted = False
            self._log.write(ProtectedEnded(at_s=at_s, reason="uninterruptible"))

    def _transcribed(self, data: FramePushed, at_s: float) -> None:
        frame = data.frame
        assert isinstance(frame, TranscriptionFrame | InterimTranscriptionFrame)
        self._log.write(
            Transcript(
                at_s=at_s,
                text=self._log.text(frame.text),
                is_final=isinstance(frame, TranscriptionFrame),
                language=None if frame.language is None else str(frame.language),
                speaker_id=frame.user_id or None,
            )
        )

    # The agent.

    def _interrupted(self, data: FramePushed, at_s: float) -> None:
        """An interruption leaves its sender: if it stops what is heard, that is the decision."""
        sender = data.source
        cause = self.causes.of_interruption(sender, at_s)
        segment = self._playing.now
        if segment is not None and segment.speech_id not in self._speeches.kept:
            self._log.write(
                Decision(
                    at_s=at_s,
                    speech_id=segment.speech_id,
                    path="interrupt",
                    cause=cause,
                    queued_s=self._playing.queued_s(at_s),
                )
            )
        self._interruptions.sent(data.frame.id, sender, at_s)
        self._interruption_goes_on(data, at_s)

    def _interruption_goes_on(self, data: FramePushed, at_s: float) -> None:
        if data.direction is not FrameDirection.DOWNSTREAM:
            return
        self._interruptions.reached(data.frame.id, data.destination)
        if not isinstance(data.destination, BaseOutputTransport):
            return
        self._interruptions.arrived(data.frame.id)
        if (speech_id := self._speeches.latest) is None:
            return
        playing = self._playing.now
        speech_id = speech_id if playing is None else playing.speech_id
        queued_s = self._playing.queued_s(at_s)
        self._log.write(OutputCleared(at_s=at_s, speech_id=speech_id, queued_s=queued_s))
        for cut in self._speeches.cut():
            self._log.write(SpeechInterrupted(at_s=at_s, speech_id=cut, source=None))
        self._playing.cut(at_s, kept=self._speeches.kept)

    def _bot_started(self, _: FramePushed, at_s: float) -> None:
        self._playing.begins(at_s, self._far.queued_s())
        self._become("speaking", at_s)

    def _bot_stopped(self, _: FramePushed, at_s: float) -> None:
        self._become("listening", at_s)

    def _response_started(self, _: FramePushed, at_s: float) -> None:
        if self._agent_state == "listening":
            self._become("thinking", at_s)

    def _context_sent(self, data: FramePushed, at_s: float) -> None:
        assert isinstance(data.frame, LLMContextFrame)
        self._context.follow(data.frame.context)
        self._context.look(at_s)

    def _become(self, new: str, at_s: float) -> None:
        old, self._agent_state = self._agent_state, new
        if old != new:
            self._log.write(AgentState(at_s=at_s, old=old, new=new))

    def _verdict(self, data: FramePushed, at_s: float) -> None:
        frame = data.frame
        assert isinstance(frame, AdaptiveVerdictFrame)
        if data.direction is FrameDirection.DOWNSTREAM:
            return  # its twin, which waits in the aggregator's queue
        self._log.write(
            OverlappingSpeech(
                at_s=at_s, is_interruption=frame.interruption, probability=frame.probability
            )
        )

    def _failed(self, data: FramePushed, at_s: float) -> None:
        frame = data.frame
        assert isinstance(frame, ErrorFrame)
        by: FrameProcessor = data.source if frame.processor is None else frame.processor
        self._log.write(SessionError(at_s=at_s, source=by.name, message=frame.error))


def _counts(data: FramePushed) -> bool:
    """Return whether a frame counts: one that is sent both ways counts downstream only."""
    both = data.frame.broadcast_sibling_id is not None
    return not both or data.direction is FrameDirection.DOWNSTREAM


def _seconds(frame: SpokenAudio) -> float:
    return frame.num_frames / frame.sample_rate
