"""The bot's speeches: one for each context of its TTS, from its first frame until it is heard."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from livekit_barge.call.events import (
    Event,
    ProtectedEnded,
    ProtectedStarted,
    SpeechCreated,
    SpeechDone,
)
from livekit_barge.frameworks.pipecat.llm_context import ContextWatch
from livekit_barge.frameworks.pipecat.transport_playout import TransportPlayout

# Audio that was resampled on its way may be longer or shorter by less.
_ALIKE_S = 0.05


@dataclass
class BotSpeech:
    """The audio that the TTS makes between its started and its stopped frame."""

    speech_id: str
    context_id: str | None
    interruptible: bool = True
    heard: bool = False
    """Its first frame reached the output."""
    generated: bool = False
    """All of it did."""
    cut: bool = False
    handed_s: float = 0.0
    """Seconds of its audio that reached the output."""


@dataclass
class _Made:
    """The audio that a TTS has made of one context."""

    maker: object
    seconds: float = 0.0
    all: bool = False
    """It says that this was all."""


class BotSpeeches:
    """Those that are not done yet."""

    def __init__(
        self, write: Callable[[Event], None], playing: TransportPlayout, context: ContextWatch
    ) -> None:
        self._write = write
        self._playing = playing
        self._context = context
        self._open: list[BotSpeech] = []
        self._cut: dict[str, BotSpeech] = {}
        """Speeches that were cut, by context; more frames of them may still arrive."""
        self._made: dict[str | None, _Made] = {}
        self._ids = (f"speech_{number}" for number in itertools.count(1))
        self.latest: str | None = None

    def created(self, context_id: str | None, at_s: float, *, interruptible: bool) -> BotSpeech:
        """A speech is about to come; those before it have been made."""
        for earlier in self._open:
            earlier.generated = True
        speech = BotSpeech(next(self._ids), context_id, interruptible)
        self._open.append(speech)
        self.latest = speech.speech_id
        self._write(
            SpeechCreated(
                at_s=at_s,
                speech_id=speech.speech_id,
                source="generate_reply",
                user_initiated=False,
                allow_interruptions=interruptible,
            )
        )
        if not interruptible:
            started = ProtectedStarted(
                at_s=at_s, reason="uninterruptible", speech_id=speech.speech_id
            )
            self._write(started)
        return speech

    def of(self, context_id: str | None, at_s: float, *, interruptible: bool) -> BotSpeech:
        """The speech that a frame belongs to."""
        for speech in reversed(self._open):
            if not speech.generated and context_id in (None, speech.context_id):
                return speech
        if context_id is not None and (cut := self._cut.get(context_id)):
            return cut
        return self.created(context_id, at_s, interruptible=interruptible)

    def making(self, context_id: str | None, maker: object, seconds: float) -> None:
        """Note audio that leaves its maker, on its way to the output."""
        made = self._made.setdefault(context_id, _Made(maker))
        if made.maker is maker:  # else it is the same audio, changed on its way
            made.seconds += seconds

    def made(self, context_id: str | None) -> None:
        """Note that the maker says this was all; the output may never hear of it."""
        if context_id in self._made:
            self._made[context_id].all = True

    def is_made(self, speech_id: str) -> bool | None:
        """Return whether all of a speech was made and handed over; ``None``: it is not known."""
        speech = next((speech for speech in self._open if speech.speech_id == speech_id), None)
        made = None if speech is None else self._made.get(speech.context_id)
        if speech is None or made is None:
            return None
        return made.all and speech.handed_s > made.seconds - _ALIKE_S

    def generated(self, context_id: str | None) -> None:
        """The TTS has made all of it."""
        for speech in self._open:
            if context_id in (None, speech.context_id):
                speech.generated = True

    @property
    def kept(self) -> set[str]:
        """Those under way that an interruption does not stop."""
        return {speech.speech_id for speech in self._open if not speech.interruptible}

    def cut(self) -> list[str]:
        """All that is under way and may be was interrupted; which speeches those are."""
        cut = [speech for speech in self._open if speech.interruptible and not speech.cut]
        for speech in cut:
            speech.heard = self._playing.is_heard(speech.speech_id)  # it may wait behind another
        self._context.cut = self._context.cut or any(speech.heard for speech in cut)
        for speech in cut:
            speech.cut = speech.generated = True
            if speech.context_id is not None:
                self._cut[speech.context_id] = speech
        return [speech.speech_id for speech in cut]

    def tick(self, now_s: float) -> None:
        """Finish those of which nothing is left to play."""
        for speech in list(self._open):
            if speech.generated and self._playing.is_done(speech.speech_id):
                self._done(speech, now_s)

    def close(self, now_s: float) -> None:
        """The call ends."""
        for speech in list(self._open):
            self._done(speech, now_s)

    def _done(self, speech: BotSpeech, now_s: float) -> None:
        self._open.remove(speech)
        if not speech.interruptible:
            self._write(
                ProtectedEnded(at_s=now_s, reason="uninterruptible", speech_id=speech.speech_id)
            )
        items = [self._context.owe()] if speech.heard else []
        self._write(
            SpeechDone(
                at_s=now_s, speech_id=speech.speech_id, interrupted=speech.cut, item_ids=items
            )
        )
