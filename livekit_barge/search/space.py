"""The search space: the knobs that trade a quick yield against false stops, and their values.

Steps are as fine as a difference can be heard in; the ends are where a knob stops doing anything
useful. Left out on purpose: what belongs to the line or the law and not to taste
(``aec_warmup_duration``, ``allow_interruptions``), and what another model decides
(``turn_detection``, the endpointing delays, ``interruption_mode``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livekit_barge.search.axes import Axis, Setting

SPACE = (
    # Below 0.05 a click is enough; beyond 0.8 it is quicker to wait for the words.
    Axis("min_interruption_duration", (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8)),
    # Any words gate waits for a transcript; three words is more than most barge-ins begin with.
    Axis("min_interruption_words", (0, 1, 2)),
    Axis("activation_threshold", (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
    # Two windows of Silero's, to what a "mm-hm" lasts.
    Axis("min_speech_duration", (0.05, 0.1, 0.15, 0.2, 0.25)),
    # It counts toward min_interruption_duration, and delays the end of a turn; with less, LiveKit's
    # turn detector cannot be used.
    Axis("min_silence_duration", (0.25, 0.4, 0.55)),
    # Dead air after a false stop comes to this and min_silence_duration.
    Axis("false_interruption_timeout", (0.3, 0.5, 1.0, 2.0)),
    Axis("input_frame_s", (0.02, 0.05)),
)


@dataclass(frozen=True)
class SpacePoint:
    """A place in the search space: for each axis the number of its value."""

    numbers: tuple[int, ...]

    @classmethod
    def nearest(cls, knobs: Mapping[str, Any]) -> SpacePoint:
        """Return the place nearest to a preset's knobs; the middle for one that is not set."""
        return cls(tuple(_nearest(axis, knobs.get(axis.name)) for axis in SPACE))

    @property
    def setting(self) -> Setting:
        return Setting(
            tuple((axis.name, axis.values[n]) for axis, n in zip(SPACE, self.numbers, strict=True))
        )

    def step(self, axis: int, by: int) -> SpacePoint | None:
        """Return the next place along an axis, or ``None`` at its end."""
        number = self.numbers[axis] + by
        if not 0 <= number < len(SPACE[axis].values):
            return None
        return SpacePoint((*self.numbers[:axis], number, *self.numbers[axis + 1 :]))


def _nearest(axis: Axis, value: Any) -> int:
    if not isinstance(value, int | float):
        return len(axis.values) // 2
    return min(range(len(axis.values)), key=lambda number: abs(axis.values[number] - value))
