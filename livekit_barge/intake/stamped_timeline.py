"""Places decoded audio by its container's time stamps.

A recorder that loses packets, or is sent none while a party is quiet (DTX), keeps the stamps of
those that it has. Decoders then give less audio than time has passed, and everything after the gap
would be dated too early. The gap becomes silence, and is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livekit_barge.errors import IntakeError
from livekit_barge.measure.scorecard import Caveat

# A stamp is rounded to 1 ms in Matroska, and a first one may include what Opus skips, 6.5 ms. The
# shortest packet of a call lasts 10 ms.
JITTER_S = 0.008
"""The largest deviation of a stamp, in seconds, that is ignored."""
# A stamp that is so much earlier than the last one begins another file, put behind the first.
_BACK_S = 0.5
# Nobody waits an hour for the next packet: such a stamp is damaged, or a clock's time.
_LEAP_MOST_S = 3600.0


@dataclass(frozen=True)
class Gap:
    """Time that the stamps count and no packet covers."""

    at_s: float
    length_s: float
    stamp_s: float
    """The stamp of the frame behind it, by the file's own count."""


@dataclass
class StampedTimeline:
    """The places of one file's frames. Complete once the file has been decoded."""

    path: Path
    jitter_s: float = JITTER_S
    """The largest deviation of a stamp that is ignored."""
    start_s: float = 0.0
    """Silence before the first frame."""
    gaps: list[Gap] = field(default_factory=list)
    """The gaps in the stamps."""
    joints: list[float] = field(default_factory=list)
    """The places where the stamps begin anew, in seconds."""
    _offset_s: float = 0.0

    def silence_s(self, at_s: float, stamp_s: float | None, next_s: float | None) -> float:
        """Return the silence that belongs before a frame, in seconds.

        ``at_s``: how much audio came before it, silence included; ``stamp_s``: the frame's stamp;
        ``next_s``: the following frame's, since the first frame of a joined file may still carry a
        stamp of the one before. Raises :class:`IntakeError` for a leap that is no gap.
        """
        if stamp_s is None:
            return 0.0
        missing_s = stamp_s + self._offset_s - at_s
        if missing_s < -_BACK_S:
            self.joints.append(at_s)
            self._offset_s -= missing_s
            return 0.0
        restarts = next_s is not None and next_s < stamp_s - _BACK_S
        if missing_s <= self.jitter_s or restarts:
            return 0.0
        if missing_s > _LEAP_MOST_S:
            raise IntakeError(
                f"its time stamps leap from {at_s:.1f} s to {at_s + missing_s:.1f} s",
                where=self.path,
                remedy="convert it to WAV",
            )
        if at_s == 0:
            self.start_s = missing_s
        else:
            self.gaps.append(Gap(at_s, missing_s, stamp_s))
        return missing_s

    def caveats(self) -> Iterator[Caveat]:
        """Report what the stamps changed."""
        name = self.path.name
        if self.start_s:
            yield Caveat(
                "starts_late",
                f"{name} starts {self.start_s:.2f} s late by its time stamps, and is placed so",
                "check that against the call's start",
            )
        if self.gaps:
            total_s = sum(gap.length_s for gap in self.gaps)
            many = f"{len(self.gaps)} gaps" if len(self.gaps) > 1 else "a gap"
            first = "the first " if len(self.gaps) > 1 else ""
            yield Caveat(
                "gaps",
                f"{name} has {many} in its time stamps, {total_s:.2f} s in all, {first}at "
                f"{self.gaps[0].at_s:.2f} s: packets were lost or not sent; they count as silence",
                "listen to the overlaps beside them",
            )
        if self.joints:
            yield joined(name, f"at {', '.join(f'{at_s:.2f} s' for at_s in self.joints[:5])}")


def joined(name: str, where: str) -> Caveat:
    """Report that a file is several, put end to end."""
    return Caveat(
        "joined",
        f"{name} is several files put end to end ({where}); "
        "up to 0.2 s of silence may have come in at each joint",
        "score the parts one by one where that matters",
    )
