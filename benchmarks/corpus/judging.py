"""What the finder found in a call of the corpus, against the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from benchmarks.corpus.laying import Laid
from benchmarks.corpus.spoiling import Blur
from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.speech_finder import SpeechFinder


def find(audio: Float32, rate: int) -> list[Burst]:
    """As a folder is measured: in blocks of ten seconds."""
    finder = SpeechFinder(rate)
    bursts: list[Burst] = []
    for at in range(0, len(audio), 10 * rate):
        bursts += finder.push(audio[at : at + 10 * rate])
    return bursts + finder.finish()


@dataclass
class Edges:
    """One kind of edge, over all calls of a condition, in seconds."""

    errors: list[float] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)

    def p95(self) -> float:
        return float(np.quantile(np.abs(self.errors), 0.95))

    def covered(self) -> int:
        """How many errors are within what was stated."""
        return int(np.count_nonzero(np.abs(self.errors) <= np.array(self.stated)))

    def width(self) -> float:
        """What is stated, in the middle of the edges."""
        return float(np.median(self.stated))


@dataclass
class Score:
    """A condition's figures."""

    onset: Edges = field(default_factory=Edges)
    end: Edges = field(default_factory=Edges)
    laid: int = 0
    false: int = 0
    """Bursts where nobody spoke."""

    @property
    def found(self) -> int:
        """Sentences of which something was heard."""
        return len(self.onset.errors)

    @property
    def recall(self) -> float:
        return self.found / self.laid

    def add(self, bursts: list[Burst], truth: list[Laid], blur_s: Blur) -> None:
        """A call; ``blur_s`` is the codec's, as a scorecard adds it."""
        self.laid += len(truth)
        taken: set[int] = set()
        for one in truth:
            mine = [
                number
                for number, burst in enumerate(bursts)
                if burst.onset_s < one.end_s and burst.end_s > one.onset_s and number not in taken
            ]
            taken |= set(mine)
            if mine:
                first, last = bursts[mine[0]], bursts[mine[-1]]
                self.onset.errors.append(first.onset_s - one.onset_s)
                self.end.errors.append(last.end_s - one.end_s)
                self.onset.stated.append(math.hypot(first.onset_uncertainty_s, blur_s[0]))
                self.end.stated.append(math.hypot(last.end_uncertainty_s, blur_s[1]))
        self.false += len(bursts) - len(taken)
