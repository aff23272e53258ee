"""One channel of the timeline while it becomes known: stretches in, contiguous audio out."""

from __future__ import annotations

import numpy as np
import soxr

from livekit_barge.call.audio import Int16, Piece, lay_out


class Track:
    """Holds placed stretches until the timeline has passed them."""

    def __init__(self) -> None:
        self._at = 0
        self._waiting: list[tuple[int, Int16]] = []

    def place(self, at: int, samples: Int16) -> None:
        """``samples`` play from sample ``at`` of the timeline on; what is past is left out."""
        late = max(self._at - at, 0)
        if late < len(samples):
            self._waiting.append((at + late, samples[late:]))

    def advance(self, until: int) -> Int16:
        """The channel from where the last call ended up to ``until``, silent where nothing lies."""
        if until <= self._at:
            return np.zeros(0, dtype=np.int16)
        block = np.zeros(until - self._at, dtype=np.int16)
        for at, samples in self._waiting:
            piece = Piece(at, 0, len(samples))
            stretch = lay_out(samples, [piece], max(at, self._at), min(at + len(samples), until))
            begin = max(at, self._at) - self._at
            block[begin : begin + len(stretch)] = stretch
        self._waiting = [
            (at, samples) for at, samples in self._waiting if at + len(samples) > until
        ]
        self._at = until
        return block


class ToRate:
    """Brings 16-bit mono audio to the rate of its first frame; untouched where it has it."""

    def __init__(self) -> None:
        self.rate: int | None = None
        self._converter: tuple[int, soxr.ResampleStream] | None = None

    def __call__(self, samples: Int16, rate: int) -> Int16:
        if self.rate is None:
            self.rate = rate
        if rate == self.rate:
            return samples
        if self._converter is None or self._converter[0] != rate:
            self._converter = (rate, soxr.ResampleStream(rate, self.rate, 1, dtype="int16"))
        return np.asarray(self._converter[1].resample_chunk(samples), dtype=np.int16)

    def end(self) -> Int16:
        """What the conversion still holds back; after it the next stretch starts afresh."""
        converter, self._converter = self._converter, None
        if converter is None:
            return np.zeros(0, dtype=np.int16)
        nothing = np.zeros(0, dtype=np.int16)
        return np.asarray(converter[1].resample_chunk(nothing, last=True), dtype=np.int16)
