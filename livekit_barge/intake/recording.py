"""Recordings, opened: two channels as a stream, and what they show of themselves on the way.

What can be refused by looking at the header is refused at once. The rest, a silent channel or the
same sound in both, shows only when all of it has been read, so it is refused at the end of
``blocks``, after one pass in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import BLOCK_S, Format, decode, probe

# A call is rarely longer than an hour; half a day is most often a file of another kind.
LONG_S = 12 * 3600.0
# Quieter than −70 dBFS at its loudest: below the noise of any microphone, so nobody is on it.
SILENT_PEAK = 10 ** (-70 / 20)
# Two parties' channels share at most crosstalk. 0.98 leaves room for two codecs' own noise on the
# same mix and is far above crosstalk at −10 dB.
SAME_CORRELATION = 0.98
# A float file may exceed full scale by a limiter's overshoot; by 18 dB it is scaled otherwise.
OVER_SCALE = 8.0
# Likeness is judged by every fourth sample: a mix is one at any rate.
_STRIDE = 4


@dataclass
class Likeness:
    """How loud two channels are and how much alike, gathered block by block."""

    peak: Float32 = field(default_factory=lambda: np.zeros(2, dtype=np.float32))
    power: np.ndarray = field(default_factory=lambda: np.zeros(2))
    product: float = 0.0
    zeros: np.ndarray = field(default_factory=lambda: np.zeros(2))
    counted: int = 0

    def add(self, block: Float32) -> None:
        """Take a block of shape ``(2, n)``."""
        highest = np.maximum(block.max(axis=1, initial=0.0), -block.min(axis=1, initial=0.0))
        self.peak = np.maximum(self.peak, highest)
        some = block[:, ::_STRIDE]
        self.power += np.einsum("cn,cn->c", some, some)
        self.product += float(np.einsum("n,n->", some[0], some[1]))
        self.zeros += (some == 0.0).sum(axis=1)
        self.counted += some.shape[1]

    @property
    def correlation(self) -> float:
        """Of the two channels at no delay, 1.0 for copies at any gain; 0.0 where one is empty."""
        scale = float(np.sqrt(self.power.prod()))
        return abs(self.product) / scale if scale > 0 else 0.0

    @property
    def digital_silence(self) -> tuple[float, float]:
        """Of each channel, the share of samples that are exactly zero."""
        share = self.zeros / max(self.counted, 1)
        return float(share[0]), float(share[1])

    def refuse(self, path: Path) -> None:
        """Raise :class:`IntakeError` for what is no call between two parties."""
        if self.counted == 0:
            raise IntakeError("no audio in it", where=path, remedy="fetch the recording again")
        for channel, peak in enumerate(self.peak):
            if peak < SILENT_PEAK:
                raise IntakeError(
                    f"channel {channel} is silent throughout",
                    where=path,
                    remedy="check that both parties were recorded",
                )
        if self.correlation > SAME_CORRELATION:
            raise IntakeError(
                f"a mono mix in two channels (correlation {self.correlation:.3f})",
                where=path,
                remedy="turn on two-channel recording in the system that made it",
            )


@dataclass(frozen=True)
class Recording:
    """A file of two channels, one party each."""

    path: Path
    found: Format
    long: bool = False
    likeness: Likeness = field(default_factory=Likeness)
    """Complete once ``blocks`` is."""

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
        _refuse_long(path, found.claimed_s, long)
        return cls(path, found, long)

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self.found.sample_rate

    @property
    def edge_blur_s(self) -> float:
        """How far the codec may spread an edge."""
        return self.found.edge_blur_s

    @property
    def codec(self) -> str:
        """What the file holds."""
        return self.found.codec

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Float32]:
        """Both channels as they stand in the file: float32 blocks of shape ``(2, n)``."""
        for block in _bounded(self.path, self.found, self.long, block_s):
            self.likeness.add(block)
            yield block
        self.likeness.refuse(self.path)


@dataclass(frozen=True)
class Pair:
    """Two mono files, one party each, on one timeline: that of the earlier one's start."""

    caller: Path
    agent: Path
    caller_format: Format
    agent_format: Format
    agent_start_s: float
    """The agent's first sample lies so long after the caller's; negative: before it."""
    long: bool = False
    likeness: Likeness = field(default_factory=Likeness)

    @classmethod
    def open(
        cls, caller: Path, agent: Path, *, agent_start_s: float = 0.0, long: bool = False
    ) -> Pair:
        """Raises :class:`IntakeError` for what the headers alone rule out."""
        formats = []
        for path in (caller, agent):
            found = probe(path)
            if found.channels != 1:
                raise IntakeError(
                    f"{found.channels} channels, where --agent-file takes two mono files",
                    where=path,
                    remedy="give one party a file, or the two-channel file alone",
                )
            _refuse_long(path, found.claimed_s, long)
            formats.append(found)
        if abs(agent_start_s) > LONG_S:
            raise IntakeError(
                f"starts {agent_start_s:g} s apart",
                where="--agent-start",
                remedy="give seconds from the caller's first sample to the agent's",
            )
        return cls(caller, agent, formats[0], formats[1], agent_start_s, long)

    @property
    def sample_rate(self) -> int:
        """The higher of both: the other is brought to it."""
        return max(self.caller_format.sample_rate, self.agent_format.sample_rate)

    @property
    def edge_blur_s(self) -> float:
        """The wider of both."""
        return max(self.caller_format.edge_blur_s, self.agent_format.edge_blur_s)

    @property
    def codec(self) -> str:
        """What the files hold."""
        return "+".join(dict.fromkeys((self.caller_format.codec, self.agent_format.codec)))

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Float32]:
        """Channel 0 the caller, channel 1 the agent, silent where a file does not reach."""
        frames = int(block_s * self.sample_rate)
        caller = _Side(self._samples(self.caller, self.caller_format, block_s), frames)
        agent = _Side(self._samples(self.agent, self.agent_format, block_s), frames)
        late = round(abs(self.agent_start_s) * self.sample_rate)
        (agent if self.agent_start_s > 0 else caller).delay(late)
        while True:
            sides = caller.take(), agent.take()
            if not (longest := max(map(len, sides))):
                break
            block = np.stack([np.pad(side, (0, longest - len(side))) for side in sides])
            self.likeness.add(block)
            yield block
        self.likeness.refuse(self.caller)

    def _samples(self, path: Path, found: Format, block_s: float) -> Iterator[Float32]:
        blocks = (block[0] for block in _bounded(path, found, self.long, block_s))
        if found.sample_rate == self.sample_rate:
            yield from blocks
            return
        stream = soxr.ResampleStream(found.sample_rate, self.sample_rate, 1, dtype="float32")
        for block in blocks:
            yield stream.resample_chunk(block)
        yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)


class _Side:
    """One file's samples, in pieces of one size."""

    def __init__(self, pieces: Iterator[Float32], frames: int) -> None:
        self._pieces = pieces
        self._frames = frames
        self._silent = 0
        self._rest = np.zeros(0, dtype=np.float32)

    def delay(self, samples: int) -> None:
        """Begin with so many samples of silence."""
        self._silent = samples

    def take(self) -> Float32:
        """The next ``frames`` samples, fewer at the end, and none after it."""
        silent = min(self._silent, self._frames)
        self._silent -= silent
        parts = [np.zeros(silent, dtype=np.float32), self._rest]
        missing = self._frames - silent - len(self._rest)
        while missing > 0 and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            missing -= len(piece)
        whole = np.concatenate(parts)
        self._rest = whole[self._frames :]
        return whole[: self._frames]


def _bounded(path: Path, found: Format, long: bool, block_s: float) -> Iterator[Float32]:
    """The decoded audio, as far as it is audio at all and no longer than it may be."""
    samples = 0
    for block in decode(path, found, block_s):
        loudest = float(max(block.max(initial=0.0), -block.min(initial=0.0)))
        if not loudest <= OVER_SCALE:  # nor is a sample that is no number
            raise IntakeError(
                f"a sample of {loudest:g}, where full scale is 1",
                where=path,
                remedy="scale it, or write it as 16-bit WAV",
            )
        samples += block.shape[1]
        _refuse_long(path, samples / found.sample_rate, long)
        yield block


def _refuse_long(path: Path, length_s: float | None, long: bool) -> None:
    if length_s is not None and length_s > LONG_S and not long:
        raise IntakeError(
            f"longer than {LONG_S / 3600:.0f} h",
            where=path,
            remedy="pass --long if that is meant",
        )
