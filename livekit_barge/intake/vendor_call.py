"""A vendor's JSON about a call, read: its id, when it began, and who said what, when.

A transcript's times are a recogniser's, good to some tenths of a second: they tell who is on which
channel and which words belong to a burst, and date nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from livekit_barge.call.events import LabelledTranscript, Transcript
from livekit_barge.hearing.burst import Burst
from livekit_barge.intake.guess import Guess
from livekit_barge.measure.scorecard import Caveat

# A recogniser's words may be this far from what was heard, and still be meant.
NEAR_S = 0.5
# So much speech must agree with the transcript before it says who is where, and twice as much as
# agrees with it the other way round: where both speak, both ways do.
_ENOUGH_S, _CLEAR = 2.0, 2 / 3

Fields = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class TimedWords:
    """A word or an utterance, in seconds from the start of the call."""

    role: Literal["caller", "agent"]
    begin_s: float
    end_s: float
    text: str
    is_backchannel: bool = False
    """The vendor labels it so."""


@dataclass(frozen=True)
class VendorCall:
    """The contents of a vendor's JSON about a call."""

    source: str
    """As ``--source`` names it."""
    call_id: str | None
    """``None``: the vendor may leave it out, and did."""
    started_wall_s: float | None
    """Seconds since 1970."""
    said: tuple[TimedWords, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    """Warnings about what could not be read, and about the recording."""

    @property
    def said_from_s(self) -> float:
        """The start of the first word; infinity if there is none."""
        return min((said.begin_s for said in self.said), default=math.inf)

    def guess(self, bursts: Sequence[Sequence[Burst]]) -> Guess | None:
        """Find the caller's channel from when each side spoke by the transcript; sure, or none."""
        agree_s = [0.0, 0.0]
        for caller in (0, 1):
            for said in self.said:
                side = bursts[caller if said.role == "caller" else 1 - caller]
                agree_s[caller] += sum(_common_s(said, burst) for burst in _met(said, side))
        caller = 0 if agree_s[0] >= agree_s[1] else 1
        share = agree_s[caller] / max(sum(agree_s), 1e-9)
        if agree_s[caller] < _ENOUGH_S or share < _CLEAR:
            return None
        return Guess(caller, round(share, 2), f"channel {1 - caller} speaks when the agent did")

    def transcripts(self, caller: Sequence[Burst]) -> list[Transcript]:
        """The caller's words, each with the first burst that it overlaps or is near.

        A burst of which the vendor labels every word as a backchannel is labelled as one.
        """
        of_burst: dict[int, list[TimedWords]] = {}
        for said in self.said:
            if said.role == "caller" and (number := _burst_of(said, caller)) is not None:
                of_burst.setdefault(number, []).append(said)
        found = []
        for number, words in sorted(of_burst.items()):
            labelled = all(said.is_backchannel for said in words)
            kind = LabelledTranscript if labelled else Transcript
            text = " ".join(said.text for said in words)
            found.append(kind(at_s=caller[number].end_s, text=text, is_final=True))
        return found


def unread(count: int, of: int) -> tuple[Caveat, ...]:
    """The caveat for words or utterances that were left out, if there are any."""
    if not count:
        return ()
    text = f"{count} of {of} pieces of the transcript have no text, role or time that can be used"
    return (Caveat("call_json_unread_words", text, "they are left out; the others are used"),)


def number(value: object) -> float | None:
    """The value as a finite number; ``None``: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number that no float can hold
        return None


def items(value: object) -> Sequence[Any]:
    """The value as a list; empty: it is none."""
    return value if isinstance(value, list) else ()


def text(value: object) -> str | None:
    """The value as words; ``None``: there are none in it."""
    return value.strip() or None if isinstance(value, str) else None


def call_id(value: object) -> str | None:
    """An id, if there is one. Raises ``TypeError`` for what is no text."""
    if value is None or isinstance(value, str):
        return value or None
    raise TypeError(f"{value!r} is no text")


def wall_s(moment: datetime) -> float:
    """Seconds since 1970; a date that names no zone is in GMT, as all vendors' are."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso_wall_s(moment: str | None) -> float | None:
    """Seconds since 1970 of an ISO date, if there is one. Raises ``ValueError``, ``TypeError``."""
    return None if moment is None else wall_s(datetime.fromisoformat(moment))


def _common_s(said: TimedWords, burst: Burst) -> float:
    return max(min(said.end_s, burst.end_s) - max(said.begin_s, burst.onset_s), 0.0)


def _met(said: TimedWords, bursts: Sequence[Burst]) -> Sequence[Burst]:
    """The bursts that it overlaps; a channel's are in order, and none overlaps another."""
    first = bisect_right(bursts, said.begin_s, key=lambda burst: burst.end_s)
    return bursts[first : bisect_left(bursts, said.end_s, key=lambda burst: burst.onset_s)]


def _burst_of(said: TimedWords, bursts: Sequence[Burst]) -> int | None:
    """The first burst that it overlaps, or else one that is near."""
    for reach_s in (0.0, NEAR_S):
        first = bisect_right(bursts, said.begin_s - reach_s, key=lambda burst: burst.end_s)
        if first < len(bursts) and bursts[first].onset_s < said.end_s + reach_s:
            return first
    return None
