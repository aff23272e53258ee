"""A call as a row in the table of all calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Scorecard


@dataclass(frozen=True)
class Label:
    """A kind of finding."""

    code: str
    title: str
    symptom: int | None
    """One of the seven symptoms; ``None``: another cause."""

    @property
    def text(self) -> str:
        """``3 · stops, but a syllable leaks``."""
        return self.title if self.symptom is None else f"{self.symptom} · {self.title}"

    @property
    def short(self) -> str:
        """``3 · leaked-syllable``: the short form, for a table with many."""
        return self.code if self.symptom is None else f"{self.symptom} · {self.code}"


@dataclass(frozen=True)
class CallRow:
    """One call on the page of all calls."""

    name: str
    """The name of its page, without ``.html``."""
    card: Scorecard
    labels: tuple[Label, ...] = ()

    @property
    def overlaps(self) -> Sequence[Overlap]:
        return self.card.overlaps

    @property
    def preset(self) -> str:
        return self.card.preset or ""

    @property
    def outcomes(self) -> dict[str, int]:
        """The count of each outcome, the most common first."""
        counts: dict[str, int] = {}
        for overlap in self.overlaps:
            counts[overlap.outcome] = counts.get(overlap.outcome, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def causes(self) -> tuple[str, ...]:
        return tuple(sorted({overlap.cause for overlap in self.overlaps if overlap.cause}))

    @property
    def slowest(self) -> Overlap | None:
        """The overlap that counts and has the longest time to yield."""
        timed = [o for o in self.overlaps if o.time_to_yield_s is not None and o.counts]
        return max(timed, key=lambda o: o.time_to_yield_s or 0.0, default=None)
