"""Stretches of time: from one second of the call to another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """From ``begin_s`` up to ``end_s``."""

    begin_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return max(self.end_s - self.begin_s, 0.0)

    def meets(self, other: Span) -> bool:
        """Return whether the two share more than an instant."""
        return self.begin_s < other.end_s and other.begin_s < self.end_s

    def cut(self, other: Span) -> Span:
        """Return the part that both share; of length zero if they share nothing."""
        begin_s = max(self.begin_s, other.begin_s)
        return Span(begin_s, max(min(self.end_s, other.end_s), begin_s))


def shared_s(spans: Sequence[Span], others: Sequence[Span]) -> float:
    """Seconds in which both are; spans of one side do not overlap each other."""
    return sum(span.cut(other).length_s for span in spans for other in others)


def meets_any(span: Span, others: Sequence[Span]) -> bool:
    """Return whether the span meets any of the others, which are in order and do not overlap."""
    after = bisect_right(others, span.begin_s, key=lambda other: other.end_s)
    return after < len(others) and span.meets(others[after])


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same seconds, as spans that do not overlap, in order."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.begin_s <= result[-1].end_s:
            result[-1] = Span(result[-1].begin_s, max(result[-1].end_s, span.end_s))
        else:
            result.append(span)
    return result
