"""A scripted call that was played: its turns beside what its script asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livekit_barge.measure.overlap import Outcome, Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.script.director import PlacedLine
from livekit_barge.script.label_types import Expect
from livekit_barge.script.script import CallerLine
from livekit_barge.stage.voices import SAMPLE_RATE

# An onset is measured where a voice becomes audible, which may be a little before its clip counts
# as begun; in noise more.
_ONSET_WITHIN_S = 0.1

# Where the caller need not be heeded, an agent that went on has missed nothing, whatever was said.
_WENT_ON: tuple[Outcome, ...] = ("held", "missed", "natural_end")
_RIGHT: dict[Expect, tuple[Outcome, ...]] = {
    "yield": ("yielded",),
    "hold": _WENT_ON,
    "protected": _WENT_ON,
}


@dataclass(frozen=True)
class PlayedCall:
    """A call that was played, with its turns."""

    turns: tuple[Turn, ...]
    lines: tuple[PlacedLine, ...]
    """The caller's lines, in order, and where each was put."""
    unplaced: tuple[CallerLine, ...]
    """The lines that found no place before the call ended."""
    duration_s: float
    call_dir: Path | None
    """Its folder; ``None``: it was not kept."""

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """The caller's speech over the agent, in order."""
        return tuple(overlap for turn in self.turns for overlap in turn.overlaps)

    @property
    def surprises(self) -> tuple[str, ...]:
        """The lines whose expectation the agent did not meet, and those that found no place."""
        wrong = []
        for line in (placed.line for placed in self.lines):
            overlap = self.overlap_of(line)
            outcome = "not over the agent's speech" if overlap is None else overlap.outcome
            if line.expect is not None and outcome not in _RIGHT[line.expect]:
                wrong.append(f"{line}: should {line.expect}, and it was {outcome}")
        return (*wrong, *(f"{line}: its place never came" for line in self.unplaced))

    def overlap_of(self, line: CallerLine) -> Overlap | None:
        """Return what happened where a line fell on the agent's speech; ``None``: it did not."""
        for placed in self.lines:
            if placed.line is line:
                begin_s, end_s = placed.start_s - _ONSET_WITHIN_S, placed.end / SAMPLE_RATE
                for overlap in self.overlaps:
                    if overlap.onset_s is not None and begin_s <= overlap.onset_s < end_s:
                        return overlap
        return None
