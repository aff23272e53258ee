"""One recording, opened: two channels as a stream, and what they show of themselves on the way.

What can be refused by looking at the header is refused at once. The rest, a silent channel or the
same sound in both, shows only when all of it has been read, so it is refused at the end of
:meth:`Recording.blocks`, after one pass in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import Format, decode, probe
from livekit_barge.intake.sources import Source

# A call is rarely longer than an hour; half a day is most often a file of another kind.
LONG_S = 12 * 3600.0
# Quieter than −70 dBFS at its loudest: below the noise of any microphone, so nobody is on it.
SILENT_PEAK = 10 ** (-70 / 20)
# Two parties' channels share at most crosstalk. 0.98 leaves room for two codecs' own noise on the
# same mix and is far above crosstalk at −10 dB.
SAME_CORRELATION = 0.98


@dataclass
class Likeness:
    """How loud two channels are and how much alike, gathered block by block."""

    peak: Float32 = field(default_factory=lambda: np.zeros(2, dtype=np.float32))
    power: np.ndarray = field(default_factory=lambda: np.zeros(2))
    product: float = 0.0

    def add(self, block: Float32) -> None:
        """Take a block of shape ``(2, n)``."""
        self.peak = np.maximum(self.peak, np.abs(block).max(axis=1, initial=0.0))
        self.power += np.einsum("cn,cn->c", block, block, dtype=np.float64)
        self.product += float(np.dot(block[0].astype(np.float64), block[1]))

    @property
    def correlation(self) -> float:
        """Of the two channels at no delay, 1.0 for copies at any gain; 0.0 where one is empty."""
        scale = float(np.sqrt(self.power.prod()))
        return abs(self.product) / scale if scale > 0 else 0.0


@dataclass(frozen=True)
class Recording:
    """A file of two channels, one party each."""

    path: Path
    found: Format
    source: Source | None

    @classmethod
    def open(cls, path: Path, source: Source | None = None, *, long: bool = False) -> Recording:
        """Raises :class:`IntakeError` for what the header alone rules out."""
        found = probe(path)
        if source is not None and source.mono_by_nature:
            raise IntakeError(
                f"{source.name} records {source.note}: who speaks cannot be told",
                where=path,
                remedy="record the call through a system with a party a channel",
            )
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
        if found.claimed_s is not None and found.claimed_s > LONG_S and not long:
            raise IntakeError(
                f"{found.claimed_s / 3600:.1f} h long by its header",
                where=path,
                remedy="pass --long if that is meant",
            )
        return cls(path, found, source)

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self.found.sample_rate

    def blocks(self, block_s: float = 10.0) -> Iterator[Float32]:
        """Both channels as they stand in the file: float32 blocks of shape ``(2, n)``."""
        likeness, samples = Likeness(), 0
        for block in decode(self.path, self.found, block_s):
            likeness.add(block)
            samples += block.shape[1]
            yield block
        if samples == 0:
            raise IntakeError("no audio in it", where=self.path, remedy="fetch the recording again")
        _refuse_unlike_a_call(self.path, likeness)


def _refuse_unlike_a_call(path: Path, likeness: Likeness) -> None:
    for channel, peak in enumerate(likeness.peak):
        if peak < SILENT_PEAK:
            raise IntakeError(
                f"channel {channel} is silent throughout",
                where=path,
                remedy="check that both parties were recorded",
            )
    if likeness.correlation > SAME_CORRELATION:
        raise IntakeError(
            f"a mono mix in two channels (correlation {likeness.correlation:.3f})",
            where=path,
            remedy="turn on two-channel recording in the system that made it",
        )
