"""The amount of audio in the buffer behind Pipecat's output transport, where it can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from livekit import rtc
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.livekit.transport import LiveKitOutputTransport

EXACT = (
    "the bot's audio lies where its transport said that it played; the way to the caller, "
    "network and jitter buffer, is not in it"
)
ESTIMATED = (
    "the bot's audio is placed by when its transport had written it: how much lies in the buffer "
    "behind {transport} cannot be told, and BotStoppedSpeaking comes before that has drained; what "
    "the caller still heard after a stop is not in this recording"
)


@runtime_checkable
class TellsQueue(Protocol):
    """An output transport that says how much it has written and not played."""

    @property
    def queued_s(self) -> float: ...


class FarBuffer:
    """The buffer behind an output transport."""

    def __init__(self, transport: FrameProcessor | None) -> None:
        self._transport = transport

    def queued_s(self) -> float | None:
        """Seconds written and not yet played; ``None``: it cannot be told."""
        if isinstance(self._transport, TellsQueue):
            return self._transport.queued_s
        source = self._audio_source()
        return None if source is None else source.queued_duration

    def note(self) -> str:
        """Return the note that a reader of the recording needs."""
        if isinstance(self._transport, TellsQueue | LiveKitOutputTransport):
            return EXACT
        return ESTIMATED.format(transport=type(self._transport).__name__)

    def room(self) -> str | None:
        """The name of the room that LiveKitTransport is in."""
        name = getattr(getattr(self._transport, "_client", None), "_room_name", None)
        return name if isinstance(name, str) else None

    def _audio_source(self) -> rtc.AudioSource | None:
        """LiveKitTransport's; it has no public name."""
        client = getattr(self._transport, "_client", None)
        source = getattr(client, "_audio_source", None)
        return source if isinstance(source, rtc.AudioSource) else None


def walk(processor: FrameProcessor) -> Iterable[FrameProcessor]:
    """All processors of the pipeline that one belongs to, in order, nested ones too."""
    first = processor
    while first.previous is not None:
        first = first.previous
    current: FrameProcessor | None = first
    while current is not None:
        yield from _with_inner(current)
        current = current.next


def _with_inner(processor: FrameProcessor) -> Iterable[FrameProcessor]:
    yield processor
    for inner in processor.processors:
        yield from _with_inner(inner)
