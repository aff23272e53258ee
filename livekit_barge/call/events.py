"""The events of a call, one frozen value per kind of event.

A line of ``events.jsonl`` is one of these: ``{"type": "output_paused", "at_s": 4.31, ...}``.
``at_s`` is our stamp, in seconds since the call's start, from one monotonic clock. Where LiveKit
stamped the same thing, ``livekit_at_s`` keeps its wall-clock ``created_at``, brought onto that
axis; it may be back-dated by LiveKit, so the two differ and both are of use.

A *speech* is one LiveKit ``SpeechHandle``. A *segment* is one stretch of a speech's audio between
two flushes of the output; a speech with tool calls in it has several. ``segment_id`` counts from 0
in the order in which the segments began.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict, TypeVar, dataclass_transform

from livekit_barge.call.fields import fault, parse, plain, to_json
from livekit_barge.errors import BadEvent

Cause = Literal[
    "vad",
    "stt_final",
    "stt_interim",
    "turn_commit",
    "adaptive",
    "realtime",
    "programmatic",
    "unknown",
]
"""The trigger of the framework's decision to stop the agent; ``unknown`` if it cannot be told."""

INFERENCE_URL = "inference_url"
"""The option in force that says where the adaptive detector is asked, if that was set."""

_Kind = TypeVar("_Kind", bound="Event")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Event:
    """Something that happened, and its time."""

    type: ClassVar[str]
    at_s: float
    """Seconds since the call's start."""

    def __eq__(self, other: object) -> bool:
        return vars(other) == vars(self) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__qualname__}({fields})"


@dataclass_transform(frozen_default=True, kw_only_default=True)
def _kind(event: type[_Kind]) -> type[_Kind]:
    """A kind of event: a frozen dataclass that compares and prints as every event does.

    Were that made for each kind anew, every start would take 15 ms longer.
    """
    return dataclass(frozen=True, kw_only=True, eq=False, repr=False)(event)


@_kind
class OptionsInForce(Event):
    """The session's options as LiveKit resolved them; written again when they change."""

    type: ClassVar[str] = "options_in_force"
    options: Mapping[str, Any]
    """Under LiveKit's names; ``None`` where an option cannot be read or does not apply."""


@_kind
class AgentState(Event):
    """LiveKit's ``agent_state_changed``."""

    type: ClassVar[str] = "agent_state"
    old: str
    new: str
    livekit_at_s: float | None = None


@_kind
class UserState(Event):
    """LiveKit's ``user_state_changed``; ``livekit_at_s`` is back-dated by the VAD to its onset."""

    type: ClassVar[str] = "user_state"
    old: str
    new: str
    livekit_at_s: float | None = None


@_kind
class SpeechCreated(Event):
    """A speech handle came to be."""

    type: ClassVar[str] = "speech_created"
    speech_id: str
    source: str
    """``say`` or ``generate_reply``."""
    user_initiated: bool
    allow_interruptions: bool
    livekit_at_s: float | None = None


@_kind
class SpeechInterrupted(Event):
    """The handle's interruption was set; its speech may have been paused or queued before."""

    type: ClassVar[str] = "speech_interrupted"
    speech_id: str
    source: str | None
    """LiveKit's: ``audio_activity``, ``user_turn``, ``programmatic``; ``None``: it gave none."""


@_kind
class SpeechDone(Event):
    """The handle is done: after its teardown, so never a measure of when it fell silent."""

    type: ClassVar[str] = "speech_done"
    speech_id: str
    interrupted: bool
    error: str | None = None
    item_ids: Sequence[str] = ()
    """Its items in the chat context, LiveKit's ``ChatItem.id``."""


@_kind
class Decision(Event):
    """The framework decided to stop the agent that is speaking (or is paused in mid-speech)."""

    type: ClassVar[str] = "decision"
    speech_id: str
    path: Literal["pause", "interrupt"]
    cause: Cause
    queued_s: float | None = None
    """Seconds of audio handed to the output and not yet played; ``None``: the sink is mute."""


@_kind
class ProtectedStarted(Event):
    """From here on audio activity cannot stop the agent."""

    type: ClassVar[str] = "protected_started"
    reason: Literal["uninterruptible", "aec_warmup"]
    speech_id: str | None = None


@_kind
class ProtectedEnded(Event):
    """The end of the protection that began with the same reason and speech."""

    type: ClassVar[str] = "protected_ended"
    reason: Literal["uninterruptible", "aec_warmup"]
    speech_id: str | None = None


@_kind
class SegmentStarted(Event):
    """The first frame of a segment was handed to the output."""

    type: ClassVar[str] = "segment_started"
    segment_id: int
    speech_id: str | None
    pushed_offset_s: float
    """The beginning of this segment in the pushed audio: the length of what was pushed before."""


@_kind
class SegmentFlushed(Event):
    """No more frames come for this segment: it is complete, or was given up."""

    type: ClassVar[str] = "segment_flushed"
    segment_id: int
    speech_id: str | None
    last_frame_at_s: float
    """The moment at which its last frame was handed to the output."""
    pushed_s: float
    """The length of all that was handed over, in seconds of audio."""
    complete: bool | None = None
    """The speech's maker had said that this was all; ``None``: that cannot be told."""


@_kind
class OutputPaused(Event):
    """``pause()`` on the output; repeats until the next resume are not written."""

    type: ClassVar[str] = "output_paused"
    speech_id: str | None
    agent_state: str
    queued_s: float | None = None


@_kind
class OutputResumed(Event):
    """``resume()`` on a paused output. No proof that anything is audible again."""

    type: ClassVar[str] = "output_resumed"
    speech_id: str | None


@_kind
class OutputCleared(Event):
    """``clear_buffer()`` on the output."""

    type: ClassVar[str] = "output_cleared"
    speech_id: str | None
    queued_s: float | None = None


@_kind
class PlaybackStarted(Event):
    """The sink began to play a segment."""

    type: ClassVar[str] = "playback_started"
    segment_id: int
    livekit_at_s: float | None = None


@_kind
class PlaybackProgressed(Event):
    """The sink says that a stretch of a segment has played; never revised."""

    type: ClassVar[str] = "playback_progressed"
    segment_id: int
    started_at_s: float
    offset_s: float
    """The beginning of the stretch in the segment's audio."""
    duration_s: float


@_kind
class PlaybackFinished(Event):
    """The sink is done with a segment."""

    type: ClassVar[str] = "playback_finished"
    segment_id: int
    position_s: float
    """The played length of the segment's audio."""
    interrupted: bool
    transcript: str | None = None


@_kind
class Transcript(Event):
    """LiveKit's ``user_input_transcribed``."""

    type: ClassVar[str] = "transcript"
    text: str | None
    """``None``: transcripts are not kept."""
    is_final: bool
    language: str | None = None
    speaker_id: str | None = None
    livekit_at_s: float | None = None


@_kind
class LabelledTranscript(Transcript):
    """A transcript that another system labels as a backchannel; no Call folder holds one."""


@_kind
class FalseInterruption(Event):
    """LiveKit's ``agent_false_interruption``; sent also where nothing audible was stopped."""

    type: ClassVar[str] = "false_interruption"
    resumed: bool
    livekit_at_s: float | None = None


@_kind
class OverlappingSpeech(Event):
    """The adaptive detector's verdict, LiveKit's ``overlapping_speech``."""

    type: ClassVar[str] = "overlapping_speech"
    is_interruption: bool
    probability: float | None = None
    delay_s: float | None = None
    """From the overlap's start, as LiveKit's VAD dates it, to the answer; ``None``: no answer."""
    requests: int | None = None
    """The number of requests to the detector during the overlap."""
    answered: bool | None = None
    """The detector answered a request; without an answer LiveKit reports no interruption."""
    agent_ended: bool = False
    """The agent finished before the caller did, so the verdict is inconclusive."""
    livekit_at_s: float | None = None


@_kind
class ConversationItem(Event):
    """LiveKit's ``conversation_item_added``: a message, as the model's context now holds it."""

    type: ClassVar[str] = "conversation_item"
    item_id: str
    role: str
    text: str | None
    interrupted: bool
    metrics: Mapping[str, Any]
    """LiveKit's ``ChatMessage.metrics``, under LiveKit's own names."""
    livekit_at_s: float | None = None


class ContextItem(TypedDict):
    """An item of the chat context."""

    item_id: str
    role: str
    """The role of a message, or the type of any other item."""
    text: str | None
    """``None``: nobody said it, or transcripts are not kept."""
    interrupted: bool


@_kind
class ContextSeen(Event):
    """The end of the running agent's chat context, as a new speech of its became audio.

    By then the model has been asked for that speech, and what was cut before has been entered.
    """

    type: ClassVar[str] = "context_seen"
    speech_id: str | None
    """The speech whose first frame was handed to the output."""
    items: Sequence[ContextItem]
    """The latest items, in the context's order."""
    earlier: int
    """The number of items before these."""


@_kind
class UserTurn(Event):
    """The framework ruled that the caller's turn began or ended; Pipecat's, as of 1.14.

    Written with the next frame that passes, so up to a frame after the ruling.
    """

    type: ClassVar[str] = "user_turn"
    new: Literal["started", "stopped"]
    strategy: str | None = None
    """Whose ruling it was, under the framework's name; ``None``: it did not say."""


@_kind
class InterruptionLost(Event):
    """The order to stop did not come through to the output; Pipecat's ``InterruptionFrame``."""

    type: ClassVar[str] = "interruption_lost"
    sent_at_s: float
    """The moment at which it was sent."""
    sent_by: str
    """The processor that sent it."""
    swallowed_by: str
    """The last processor that it reached."""


@_kind
class AgentHandoff(Event):
    """One agent handed the call to another."""

    type: ClassVar[str] = "agent_handoff"
    old: str | None
    new: str


@_kind
class SessionError(Event):
    """LiveKit's ``error``: a model or a plugin failed."""

    type: ClassVar[str] = "error"
    source: str
    message: str
    recoverable: bool | None = None
    livekit_at_s: float | None = None


@_kind
class CallerAnchored(Event):
    """From sample ``sample`` of the caller's audio on, its samples count on from ``at_s``.

    Written for the first sample, and again only where audio is missing.
    """

    type: ClassVar[str] = "caller_anchored"
    sample: int
    reason: Literal["first", "gap"]


@_kind
class AgentAnchored(Event):
    """The same of the agent's audio, in a call that was recorded at the caller's end."""

    type: ClassVar[str] = "agent_anchored"
    sample: int
    reason: Literal["first", "gap"]


Anchored = CallerAnchored | AgentAnchored


@_kind
class CallerDetached(Event):
    """The session's audio input was taken off: the session closes, or the program turned it off."""

    type: ClassVar[str] = "caller_detached"


@_kind
class RoomConnection(Event):
    """The connection of this end to its room broke, or came back."""

    type: ClassVar[str] = "room_connection"
    state: Literal["lost", "back"]


@_kind
class CallerLinked(Event):
    """The participant that this end takes for the caller, and its kind."""

    type: ClassVar[str] = "caller_linked"
    kind: str
    """LiveKit's kind of participant: ``standard``, ``sip``, …"""


class LinkCounts(TypedDict):
    """The traffic that came to a link one way."""

    packets: int
    octets: int
    lost: int
    """The number of packets that it lost."""
    late_s: float
    """The most by which it sent a packet on later than it was due."""


@_kind
class ImpairedLink(Event):
    """The call went over a link that was made bad on purpose; written when it ends."""

    type: ClassVar[str] = "impaired_link"
    loss: float
    """The share of the packets that the link loses, each way."""
    delay_s: float
    jitter_s: float
    seed: int
    to_server: LinkCounts
    to_caller: LinkCounts
    paths: Mapping[str, str]
    """The path of the media by the client's own statistics; empty: it did not report one."""
    crossed: bool
    """All these paths were the link's, by UDP, and packets crossed it both ways."""


@_kind
class SessionClosed(Event):
    """LiveKit's ``close``."""

    type: ClassVar[str] = "close"
    reason: str
    error: str | None = None
    livekit_at_s: float | None = None


def _kinds(base: type[Event]) -> dict[str, type[Event]]:
    return {kind.type: kind for kind in base.__subclasses__()}


EVENT_TYPES: Mapping[str, type[Event]] = types.MappingProxyType(_kinds(Event))
"""Every kind of event, by the name it has in the file."""


def to_line(event: Event) -> str:
    """The event as one line of JSON, without the line's end."""
    fields = to_json(event, type=event.type)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=plain)


def from_line(line: str | bytes, *, where: str) -> Event:
    """Read one line back. Raises :class:`BadEvent`, naming ``where`` (file and line)."""
    try:
        fields = parse(line)
    except ValueError as error:
        raise BadEvent(
            f"not JSON ({error})", where=where, remedy="mend the line or remove it"
        ) from error
    kind = EVENT_TYPES.get(str(fields.pop("type", None))) if isinstance(fields, dict) else None
    if kind is None:
        raise BadEvent(
            "not an event this version knows",
            where=where,
            remedy="upgrade livekit-barge, or remove the line",
        )
    if what := fault(kind, fields):
        raise BadEvent(f"{kind.type} {what}", where=where, remedy="mend the line or remove it")
    return kind(**fields)
