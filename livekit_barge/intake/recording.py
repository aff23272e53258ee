"""A recording, opened: two channels as a stream, and what they show of themselves on the way.

What can be refused by looking at the header is refused at once. The rest, a silent channel or the
same sound in both, shows only when all of it has been read, so it is refused at the end of
``blocks``, after one pass in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import BLOCK_S, DecodedFormat, decode, probe
from livekit_barge.intake.ogg import doubts
from livekit_barge.intake.stamped_timeline import StampedTimeline, joined
from livekit_barge.measure.scorecard import Caveat

# A call is rarely longer than an hour; half a day is most often a file of another kind.
LONG_S = 12 * 3600.0
# Quieter than −70 dBFS at its loudest: below the noise of any microphone, so nobody is on it.
SILENT_PEAK = 10 ** (-70 / 20)
# Two parties' channels share at most crosstalk. 0.98 leaves room for two codecs' own noise on the
# same mix and is far above crosstalk at −10 dB.
SAME_CORRELATION = 0.98
# A float file may exceed full scale by a limiter's overshoot; by 18 dB it is scaled otherwise.
OVER_SCALE = 8.0
RECORD_TWO = "turn on two-channel recording in the system that made it"
"""The remedy for a mix."""
# Opus codes two channels as one at 16 kbit/s and lets them leak into one another at 24.
_MERGED_BELOW_BPS = 30_000
# What is left of a constant's power when its mean is taken away in single precision.
_ROUNDING = 1e-5
# Likeness is judged by every fourth sample: a mix is one at any rate.
_STRIDE = 4


@dataclass
class Likeness:
    """The levels and the likeness of two channels, gathered block by block.

    A constant offset is no sound, and the same on both makes them no copies of one another.
    """

    silent: set[int] = field(default_factory=lambda: {0, 1})
    """The channels on which nothing was louder than :data:`SILENT_PEAK`."""
    sums: np.ndarray = field(default_factory=lambda: np.zeros(2))
    power: np.ndarray = field(default_factory=lambda: np.zeros(2))
    product: float = 0.0
    zeros: np.ndarray = field(default_factory=lambda: np.zeros(2))
    counted: int = 0

    def add(self, block: Float32) -> None:
        """Take a block of shape ``(2, n)``."""
        if block.size:
            self.silent -= {n for n in self.silent if np.ptp(block[n]) >= 2 * SILENT_PEAK}
        some = np.ascontiguousarray(block[:, ::_STRIDE])
        self.sums += some.sum(axis=1)
        self.power += np.einsum("cn,cn->c", some, some)
        self.product += float(np.einsum("n,n->", some[0], some[1]))
        self.zeros += [side.size - np.count_nonzero(side) for side in some]
        self.counted += some.shape[1]

    @property
    def correlation(self) -> float:
        """The correlation at no delay: 1.0 for copies at any gain, 0.0 if a channel is empty."""
        means = self.sums / max(self.counted, 1)
        powers = self.power - self.counted * means**2
        if (powers <= _ROUNDING * self.power).any():
            return 0.0
        product = self.product - self.counted * float(means.prod())
        return abs(product) / float(np.sqrt(powers.prod()))

    @property
    def digital_silence(self) -> tuple[float, float]:
        """The share of each channel's samples that are exactly zero."""
        share = self.zeros / max(self.counted, 1)
        return float(share[0]), float(share[1])

    def refuse(self, path: Path, remedy: str = RECORD_TWO) -> None:
        """Raise :class:`IntakeError` for what is no call between two parties.

        ``remedy``: the one for a mix.
        """
        if self.counted == 0:
            raise IntakeError("no audio in it", where=path, remedy="fetch the recording again")
        if self.silent:
            raise IntakeError(
                f"channel {min(self.silent)} is silent throughout",
                where=path,
                remedy="check that both parties were recorded",
            )
        if self.correlation > SAME_CORRELATION:
            raise IntakeError(
                f"a mono mix in two channels (correlation {self.correlation:.3f})",
                where=path,
                remedy=remedy,
            )


@dataclass(frozen=True)
class Recording:
    """A file of two channels, one party each."""

    path: Path
    found: DecodedFormat
    long: bool = False
    likeness: Likeness = field(default_factory=Likeness)
    """Complete once ``blocks`` is."""
    notes: list[Caveat] = field(default_factory=list)
    """Warnings about the file's container. Complete once ``blocks`` is."""
    doubts: list[tuple[float, float]] = field(default_factory=list)
    """The spans in which audio may lie elsewhere, in seconds. Complete once ``blocks`` is."""

    @classmethod
    def open(cls, path: Path, *, long: bool = False) -> Recording:
        """Raises :class:`IntakeError` for what the header alone rules out."""
        found = probe(path)
        if found.channels == 1:
            raise IntakeError(
                "mono: who speaks when cannot be told",
                where=path,
                remedy="give a two-channel recording, or the agent's own with --agent-file",
            )
        if found.channels > 2:
            raise IntakeError(
                f"{found.channels} channels, and no word on which two to use",
                where=path,
                remedy="extract the caller's and the agent's into a two-channel file",
            )
        refuse_long(path, found.claimed_s, long)
        return cls(path, found, long)

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self.found.sample_rate

    @property
    def edge_blur_s(self) -> float:
        """The most by which the codec may spread an edge."""
        return self.found.edge_blur_s

    @property
    def end_blur_s(self) -> float:
        """The most by which the codec may spread an end."""
        return self.found.end_blur_s

    @property
    def codec(self) -> str:
        """The contents of the file."""
        return self.found.codec

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Float32]:
        """Both channels as they stand in the file: float32 blocks of shape ``(2, n)``."""
        timeline = timeline_of(self.path, self.found)
        for block in bounded(timeline, self.found, self.long, block_s):
            self.likeness.add(block)
            yield block
        self.notes.extend(notes_on(timeline, self.found))
        self.doubts.extend(doubts_of(timeline, self.found))
        self.likeness.refuse(self.path, self.mix_remedy)

    @property
    def mix_remedy(self) -> str:
        """The remedy if both parties are on both channels. Known once ``blocks`` is complete."""
        length_s = self.likeness.counted * _STRIDE / self.sample_rate
        bits_a_second = 8 * self.path.stat().st_size / length_s if length_s else 0.0
        if "opus" in self.codec and 0 < bits_a_second < _MERGED_BELOW_BPS:
            return (
                f"raise the recorder's bit rate, here {bits_a_second / 1000:.0f} kbit/s, to 64 or "
                "more: Opus merges the channels at less than 32"
            )
        return RECORD_TWO


def timeline_of(path: Path, found: DecodedFormat) -> StampedTimeline:
    """Return an empty timeline for the file."""
    return StampedTimeline(path, found.stamp_jitter_s)


def bounded(
    timeline: StampedTimeline, found: DecodedFormat, long: bool, block_s: float
) -> Iterator[Float32]:
    """The decoded audio; :class:`IntakeError` for samples that are none, and for too many.

    ``timeline`` is that of the file, and is complete afterwards.
    """
    samples = 0
    path = timeline.path
    for block in decode(path, found, block_s, timeline):
        if not found.within_scale:
            _refuse_over_scale(path, block)
        samples += block.shape[1]
        refuse_long(path, samples / found.sample_rate, long)
        yield block


def doubts_of(timeline: StampedTimeline, found: DecodedFormat) -> Iterator[tuple[float, float]]:
    """Yield the spans in which audio may lie elsewhere: a gap's place in an Ogg page is unknown."""
    if found.container == "ogg" and timeline.gaps:
        yield from doubts(timeline.path, found.sample_rate, timeline.gaps)


def notes_on(timeline: StampedTimeline, found: DecodedFormat) -> Iterator[Caveat]:
    """Report what the file's container makes doubtful."""
    yield from timeline.caveats()
    path = timeline.path
    if found.claim.joined:
        yield joined(path.name, "a second one begins behind the first")
    if found.claim.unmarked:
        yield Caveat(
            "no_end_mark",
            f"{path.name} has no mark at its end: its recorder did not close it, or it was cut "
            "short between two pages",
            "compare its length with the call's",
        )


def _refuse_over_scale(path: Path, block: Float32) -> None:
    loudest = float(max(block.max(initial=0.0), -block.min(initial=0.0)))
    if not loudest <= OVER_SCALE:  # nor is a sample that is no number
        raise IntakeError(
            f"a sample of {loudest:g}, where full scale is 1",
            where=path,
            remedy="scale it, or write it as 16-bit WAV",
        )


def refuse_long(path: Path, length_s: float | None, long: bool) -> None:
    """Raise :class:`IntakeError` for half a day, unless that is meant."""
    if length_s is not None and length_s > LONG_S and not long:
        raise IntakeError(
            f"longer than {LONG_S / 3600:.0f} h",
            where=path,
            remedy="pass --long if that is meant",
        )
