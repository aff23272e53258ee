"""Follows the agent's speeches as they are pushed to the line, with their words.

Words come with the audio, as LiveKit carries them from a TTS with aligned transcripts
(``USERDATA_TIMED_TRANSCRIPT``); any other TTS gets sentences only, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

from livekit_barge.stage.agent_output import LineOutput
from livekit_barge.stage.playout import HeardAudio, Timeline
from livekit_barge.stage.track import FULL_SCALE, Pcm

AUDIBLE_PEAK_DBFS = -50.0
"""A voice's edges are above it, a TTS's silence is below."""
_AUDIBLE = int(FULL_SCALE * 10 ** (AUDIBLE_PEAK_DBFS / 20))
"""The loudest whole sample that is not over it."""


@dataclass(frozen=True)
class SaidWord:
    """A word, in seconds from its speech's first sample.

    Where ``end_s`` is ``None`` it is a sentence.
    """

    text: str
    start_s: float
    end_s: float | None


@dataclass
class AgentSpeech:
    """A speech as far as it was pushed: what lies between two flushes of the output.

    Counted in samples from its first.
    """

    number: int
    rate: int
    words: list[SaidWord] = field(default_factory=list)
    audible_start: int | None = None
    audible_end: int | None = None
    """The offset after the last audible sample that was pushed."""
    complete: bool = False
    """The speech was pushed to its end."""
    heard_to: int = 0
    """The end of what the caller had heard of it before the present moment."""
    pushed: int = 0

    def push(self, frame: rtc.AudioFrame) -> None:
        """Add the speech's next frame."""
        samples = np.frombuffer(bytes(frame.data), np.int16)
        audible = audible_samples(samples)
        if len(audible):
            if self.audible_start is None:
                self.audible_start = self.pushed + int(audible[0])
            self.audible_end = self.pushed + int(audible[-1]) + 1
        self.pushed += len(samples)
        for text in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ()):
            if isinstance(start_s := getattr(text, "start_time", None), float | int):
                end_s = getattr(text, "end_time", None)
                known = isinstance(end_s, float | int)
                self.words.append(SaidWord(str(text), start_s, end_s if known else None))


class SpeakingOutput(LineOutput):
    """A line's output that knows what is said on it."""

    def __init__(self, timeline: Timeline, **delays: float) -> None:
        super().__init__(timeline, **delays)  # type: ignore[arg-type]  # sample_rate is one
        self.speeches: list[AgentSpeech] = []
        self._done_at: dict[int, int | None] = {}

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if len(self.speeches) == self._segment.index:
            self.speeches.append(AgentSpeech(self._segment.index, frame.sample_rate))
        self.speeches[-1].push(frame)

    def flush(self) -> None:
        if self.speeches and self.speeches[-1].number == self._segment.index:
            self.speeches[-1].complete = True
        super().flush()

    def heard_since(self, sample: int) -> list[tuple[AgentSpeech, HeardAudio]]:
        """Return what was heard from ``sample`` of the call on, with the speech it belongs to."""
        return [
            (self.speeches[stretch.place.segment], stretch)
            for stretch in self._queue.heard(since=sample)
            if stretch.place is not None
        ]

    def done_at(self) -> int | None:
        """The call's sample after the latest speech's last audible one; ``None``: not over yet."""
        if not self.speeches:
            return None
        speech = self.speeches[-1]
        if speech.number not in self._done_at:
            if not speech.complete and speech.number == self._segment.index:
                return None
            at, offset = self._last_audible(speech)
            whole = speech.complete and offset == speech.audible_end
            if not whole and speech.number == self._segment.index:
                return None
            self._done_at[speech.number] = at
        return self._done_at[speech.number]

    def _last_audible(self, speech: AgentSpeech) -> tuple[int | None, int | None]:
        """Return the end of its last audible sample heard: in the call, and in the speech."""
        for stretch in self._queue.heard_backwards():
            if stretch.place is not None and stretch.place.segment == speech.number:
                audible = audible_samples(stretch.samples)
                if len(audible):
                    last = int(audible[-1]) + 1
                    return stretch.at + last, stretch.place.offset + last
        return None, None


def audible_samples(samples: Pcm) -> Any:
    """The numbers of those that are over :data:`AUDIBLE_PEAK_DBFS`."""
    return ((samples > _AUDIBLE) | (samples < -_AUDIBLE)).nonzero()[0]
