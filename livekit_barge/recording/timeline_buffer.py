"""One channel of the timeline while it becomes known: stretches in, contiguous audio out."""

from __future__ import annotations

import numpy as np
import soxr

from livekit_barge.call.audio import Int16


class TimelineBuffer:
    """A buffer of placed stretches, which it holds until the timeline has passed them."""

    def __init__(self) -> None:
        self._at = 0
        self._waiting: list[tuple[int, Int16]] = []

    def place(self, at: int, samples: Int16) -> None:
        """``samples`` play from sample ``at`` of the timeline on; what is past is left out."""
        self._waiting.append((at, samples))

    def advance(self, until: int) -> Int16:
        """Return the channel from the end of the last call to ``until``, with silence in gaps."""
        if until <= self._at:
            return np.zeros(0, dtype=np.int16)
        block = np.zeros(until - self._at, dtype=np.int16)
        for at, samples in self._waiting:
            begin, end = max(at, self._at), min(at + len(samples), until)
            if begin < end:
                block[begin - self._at : end - self._at] = samples[begin - at : end - at]
        self._waiting = [
            (at, samples) for at, samples in self._waiting if at + len(samples) > until
        ]
        self._at = until
        return block


class ToRate:
    """A converter of 16-bit mono audio to the rate of its first frame."""

    def __init__(self) -> None:
        self.rate: int | None = None
        self._from_rate: int | None = None
        self._converter: soxr.ResampleStream | None = None

    def __call__(self, samples: Int16, rate: int) -> Int16:
        """Return what is ready by now; a conversion holds some back until more audio follows."""
        if rate == self._from_rate:
            return self._convert(samples)
        held_back = self.end()
        self.rate = self.rate or rate
        self._from_rate = rate
        if rate != self.rate:
            self._converter = soxr.ResampleStream(rate, self.rate, 1, dtype="int16")
        return np.concatenate([held_back, self._convert(samples)])

    def end(self) -> Int16:
        """Return what the conversion still holds back; the next stretch starts afresh."""
        held_back = self._convert(np.zeros(0, dtype=np.int16), last=True)
        self._from_rate, self._converter = None, None
        return held_back

    def _convert(self, samples: Int16, *, last: bool = False) -> Int16:
        if self._converter is None:
            return samples
        return np.asarray(self._converter.resample_chunk(samples, last=last), dtype=np.int16)
