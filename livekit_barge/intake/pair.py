"""Two mono files as one recording: each party recorded its own, and the start times are known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr

from livekit_barge.call.audio import Float32
from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import BLOCK_S, DecodedFormat, probe
from livekit_barge.intake.recording import (
    LONG_S,
    RECORD_TWO,
    Likeness,
    bounded,
    doubts_of,
    notes_on,
    refuse_long,
    timeline_of,
)
from livekit_barge.intake.stamped_timeline import StampedTimeline
from livekit_barge.measure.scorecard import Caveat

_SECONDS = "give seconds from the caller's first sample to the agent's"


@dataclass(frozen=True)
class Pair:
    """Two mono files, one party each, on one timeline: that of the earlier one's start."""

    caller: Path
    agent: Path
    caller_format: DecodedFormat
    agent_format: DecodedFormat
    agent_start_s: float
    """The agent's first sample lies so long after the caller's; negative: before it."""
    long: bool = False
    likeness: Likeness = field(default_factory=Likeness)
    notes: list[Caveat] = field(default_factory=list)
    """Warnings about the files' containers. Complete once ``blocks`` is."""
    doubts: list[tuple[float, float]] = field(default_factory=list)
    """The spans in which audio may lie elsewhere, in seconds. Complete once ``blocks`` is."""

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
            refuse_long(path, found.claimed_s, long)
            formats.append(found)
        if not abs(agent_start_s) <= LONG_S:  # nor what is no number
            raise IntakeError(
                f"starts {agent_start_s:g} s apart", where="--agent-start", remedy=_SECONDS
            )
        earlier = formats[0] if agent_start_s > 0 else formats[1]
        if earlier.claimed_s is not None and abs(agent_start_s) >= earlier.claimed_s:
            raise IntakeError(
                f"starts {agent_start_s:g} s apart, and the earlier file ends after "
                f"{earlier.claimed_s:.1f} s: nobody can speak over the other",
                where="--agent-start",
                remedy=f"{_SECONDS}; did you mean {agent_start_s / 1000:g}?",
            )
        return cls(caller, agent, formats[0], formats[1], agent_start_s, long)

    @property
    def sample_rate(self) -> int:
        """The higher of both: the other is brought to it."""
        return max(self.caller_format.sample_rate, self.agent_format.sample_rate)

    @property
    def edge_blur_s(self) -> float:
        """The wider of both, and how far the files may start apart from what they say."""
        formats = self.caller_format, self.agent_format
        blur_s = max(found.edge_blur_s for found in formats)
        return math.hypot(blur_s, *(found.start_blur_s for found in formats))

    @property
    def mix_remedy(self) -> str:
        """The remedy if both parties are in both files."""
        return RECORD_TWO

    @property
    def end_blur_s(self) -> float:
        """The most by which a codec may spread an end."""
        return max(self.caller_format.end_blur_s, self.agent_format.end_blur_s)

    @property
    def codec(self) -> str:
        """The contents of the files."""
        return "+".join(dict.fromkeys((self.caller_format.codec, self.agent_format.codec)))

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Float32]:
        """Channel 0 the caller, channel 1 the agent, silent where a file does not reach."""
        frames = int(block_s * self.sample_rate)
        timelines = [timeline_of(self.caller, self.caller_format)]
        timelines.append(timeline_of(self.agent, self.agent_format))
        caller = _Side(self._samples(timelines[0], self.caller_format, block_s), frames)
        agent = _Side(self._samples(timelines[1], self.agent_format, block_s), frames)
        late = round(abs(self.agent_start_s) * self.sample_rate)
        (agent if self.agent_start_s > 0 else caller).delay(late)
        while True:
            sides = caller.take(), agent.take()
            if not (longest := max(map(len, sides))):
                break
            block = np.stack([np.pad(side, (0, longest - len(side))) for side in sides])
            self.likeness.add(block)
            yield block
        starts_s = max(-self.agent_start_s, 0.0), max(self.agent_start_s, 0.0)
        formats = self.caller_format, self.agent_format
        for timeline, found, start_s in zip(timelines, formats, starts_s, strict=True):
            self.notes.extend(notes_on(timeline, found))
            for begin_s, end_s in doubts_of(timeline, found):
                self.doubts.append((start_s + begin_s, start_s + end_s))
        self.likeness.refuse(self.caller)

    def _samples(
        self, timeline: StampedTimeline, found: DecodedFormat, block_s: float
    ) -> Iterator[Float32]:
        blocks = (block[0] for block in bounded(timeline, found, self.long, block_s))
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
