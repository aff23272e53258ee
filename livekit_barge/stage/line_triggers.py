"""Places: where in a conversation a caller's line begins, found while the call runs.

A place is looked for once for each frame of the caller's audio, just before the frame leaves. What
of the agent was heard in that frame's time is known by then, and the frame can still be mixed; so a
place is met to the sample, and nothing is known before it has happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from livekit_barge.stage.playout import HeardAudio
from livekit_barge.stage.spoken_output import AgentSpeech

WORD_MIN_S = 0.15
"""A shorter word has no middle to break into: the place would be a neighbour's edge."""


@dataclass(frozen=True)
class Moment:
    """One frame's time for a waiting line, in samples from the call's start."""

    rate: int
    start: int
    stop: int
    heard: Sequence[tuple[AgentSpeech, HeardAudio]]
    """The agent's audio heard in this moment, of speeches that the line may fall on."""
    agent_done: int | None
    """The sample after the agent's latest speech, if that is over."""
    caller_done: int | None
    """The sample after the previous line."""
    yielded: int | None = None
    """The sample after which the agent fell silent for the latest line to yield to."""
    thinking: int | None = None
    """The sample at which the agent began to think; ``None``: it does not, or it is not known."""


class Finder(Protocol):
    """Finds one kind of place."""

    def find(self, moment: Moment) -> int | None:
        """The sample, if it lies in this moment; or the moment's start, if it has passed unseen."""
        ...


@dataclass(frozen=True)
class Place:
    """The place where a line begins."""

    phrase: str
    """The phrase in the script."""
    finder: Finder

    def __str__(self) -> str:
        return self.phrase


@dataclass(frozen=True)
class AfterSpoken:
    """A time into a speech, as heard, counted from its first audible sample."""

    spoken_s: float

    def find(self, moment: Moment) -> int | None:
        return _first_heard(moment, lambda speech: _from_start(speech, self.spoken_s))


@dataclass(frozen=True)
class MidWord:
    """A place in the middle of a word."""

    after_s: float = 0.0

    def find(self, moment: Moment) -> int | None:
        def middles(speech: AgentSpeech) -> Iterable[int]:
            for word in speech.words:
                if word.end_s is not None and word.end_s - word.start_s >= WORD_MIN_S:
                    yield round((word.start_s + word.end_s) / 2 * speech.rate)

        return _first_heard(moment, middles, after_s=self.after_s)


@dataclass(frozen=True)
class SentenceStart:
    """A place on the first sample of a sentence that is not a speech's first."""

    after_s: float = 0.0

    def find(self, moment: Moment) -> int | None:
        def starts(speech: AgentSpeech) -> Iterable[int]:
            for before, word in zip(speech.words, speech.words[1:], strict=False):
                if before.text.rstrip(" \"')").endswith((".", "!", "?")):
                    yield round(word.start_s * speech.rate)

        return _first_heard(moment, starts, after_s=self.after_s)


@dataclass(frozen=True)
class BeforeEnd:
    """A time before a speech's last audible sample; known once the whole speech was pushed."""

    left_s: float

    def find(self, moment: Moment) -> int | None:
        def target(speech: AgentSpeech) -> Iterable[int]:
            if speech.complete and (end := speech.audible_end) is not None:
                yield end - round(self.left_s * speech.rate)

        return _first_heard(moment, target)


@dataclass(frozen=True)
class AfterAgent:
    """A time after the agent's last audible sample."""

    gap_s: float

    def find(self, moment: Moment) -> int | None:
        return _after(moment, moment.agent_done, self.gap_s)


@dataclass(frozen=True)
class AfterCaller:
    """A time after the previous line."""

    gap_s: float

    def find(self, moment: Moment) -> int | None:
        return _after(moment, moment.caller_done, self.gap_s)


@dataclass(frozen=True)
class AfterYield:
    """A time after the agent fell silent for a line that it should yield to."""

    gap_s: float

    def find(self, moment: Moment) -> int | None:
        return _after(moment, moment.yielded, self.gap_s)


@dataclass(frozen=True)
class WhileThinking:
    """A place while the agent has something to say and is not heard yet."""

    after_s: float = 0.0

    def find(self, moment: Moment) -> int | None:
        return _after(moment, moment.thinking, self.after_s)


@dataclass(frozen=True)
class AtTime:
    """A time after the call's start."""

    at_s: float

    def find(self, moment: Moment) -> int | None:
        return _after(moment, 0, self.at_s)


def place_from(phrase: object) -> Place:
    """The place that a phrase names. Raises ``ValueError``, saying what may be written."""
    words = " ".join(str(phrase).split())
    for pattern, make in _PHRASES:
        if match := re.fullmatch(pattern, words):
            return Place(words, make(_seconds(match["number"], match["unit"])))
    raise ValueError("one of: " + "; ".join(_FORMS))


_TIME = r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>m?s)"
_LATER = rf"(?:,? after {_TIME})?"
_PHRASES: tuple[tuple[str, Callable[[float], Finder]], ...] = (
    (rf"after the agent has spoken {_TIME}", AfterSpoken),
    (rf"in mid-word{_LATER}", MidWord),
    (rf"just as a new sentence starts{_LATER}", SentenceStart),
    (rf"in the last {_TIME}", BeforeEnd),
    (rf"while the agent thinks{_LATER}", WhileThinking),
    (rf"{_TIME} after the last yield", AfterYield),
    (rf"{_TIME} after the agent stops", AfterAgent),
    (rf"{_TIME} after the caller stops", AfterCaller),
    (rf"{_TIME} after the call starts", AtTime),
)
_FORMS = (
    "after the agent has spoken 1.2 s",
    "in mid-word, after 1.2 s",
    "just as a new sentence starts, after 1.2 s",
    "in the last 200 ms",
    "while the agent thinks, after 0.2 s",
    "1 s after the last yield",
    "0.8 s after the agent stops",
    "0.8 s after the caller stops",
    "2 s after the call starts",
)


def _seconds(number: str | None, unit: str | None) -> float:
    return float(number or 0) / (1000 if unit == "ms" else 1)


def _from_start(speech: AgentSpeech, seconds: float) -> Iterable[int]:
    if speech.audible_start is not None:
        yield speech.audible_start + round(seconds * speech.rate)


def _first_heard(
    moment: Moment, targets: Callable[[AgentSpeech], Iterable[int]], *, after_s: float = 0.0
) -> int | None:
    """Return where the first of a speech's ``targets`` (offsets in it) was heard in this moment."""
    for speech, stretch in moment.heard:
        assert stretch.place is not None
        offset, end = stretch.place.offset, stretch.place.offset + len(stretch.samples)
        earliest = next(iter(_from_start(speech, after_s)), None)
        for target in targets(speech):
            if earliest is not None and earliest <= target and speech.heard_to <= target < end:
                # Before ``offset`` it was lost in a pause: what came next stands for it.
                at = stretch.at + max(target - offset, 0)
                if at >= moment.start:
                    return at
    return None


def _after(moment: Moment, event: int | None, gap_s: float) -> int | None:
    if event is None:
        return None
    at = event + round(gap_s * moment.rate)
    return max(at, moment.start) if at < moment.stop else None
