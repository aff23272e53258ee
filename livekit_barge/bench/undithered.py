"""LiveKit's resampler without its dither, which is not the same twice.

``rtc.AudioResampler`` is soxr, through LiveKit's native library. Like any soxr it adds a dither of
a step of 16 bits, whose seed is the machine's clock and an address in memory. So what the VAD hears
differs in the last bit from run to run, and once in many calls a threshold is crossed in one run
and not in the other. In virtual time the same soxr resamples in floating point, and is rounded:
equal runs hear equal samples, within two steps of what LiveKit's would have given.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soxr
from livekit import rtc

from livekit_barge.bench.track import to_pcm

_Quality = rtc.AudioResamplerQuality
_RECIPES = {
    _Quality.QUICK: "QQ",
    _Quality.LOW: "LQ",
    _Quality.MEDIUM: "MQ",
    _Quality.HIGH: "HQ",
    _Quality.VERY_HIGH: "VHQ",
}
_Dithered = rtc.AudioResampler
_threads: set[int] = set()
"""Those in which new resamplers do not dither, by ``threading.get_ident()``."""
_lock = threading.Lock()


class _Undithered(_Dithered):
    """In place of ``rtc.AudioResampler``; in other threads it is that."""

    def __init__(
        self,
        input_rate: int,
        output_rate: int,
        *,
        num_channels: int = 1,
        quality: rtc.AudioResamplerQuality = _Quality.MEDIUM,
    ) -> None:
        self._stream: soxr.ResampleStream | None = None
        if threading.get_ident() not in _threads:
            super().__init__(input_rate, output_rate, num_channels=num_channels, quality=quality)
            return
        self._output_rate = output_rate
        self._num_channels = num_channels
        self._stream = soxr.ResampleStream(
            input_rate, output_rate, num_channels, dtype="float32", quality=_RECIPES[quality]
        )

    def push(self, data: bytearray | rtc.AudioFrame) -> list[rtc.AudioFrame]:
        if self._stream is None:
            return super().push(data)
        pcm = data if isinstance(data, bytearray) else data.data
        return self._frames(np.frombuffer(pcm, np.int16)) if len(pcm) else []

    def flush(self) -> list[rtc.AudioFrame]:
        if self._stream is None:
            return super().flush()
        return self._frames(np.zeros(0, np.int16), last=True)

    def _frames(self, pcm: np.ndarray, *, last: bool = False) -> list[rtc.AudioFrame]:
        assert self._stream is not None  # there is another way where it is
        samples = pcm.astype(np.float32)
        if self._num_channels > 1:
            samples = samples.reshape(-1, self._num_channels)
        out = to_pcm(self._stream.resample_chunk(samples, last=last))
        if not len(out):
            return []
        return [rtc.AudioFrame(out.tobytes(), self._output_rate, self._num_channels, len(out))]


@contextmanager
def undithered() -> Iterator[None]:
    """Within, the resamplers that are made in this thread do not dither."""
    thread = threading.get_ident()
    with _lock:
        _threads.add(thread)
        rtc.AudioResampler = _Undithered  # type: ignore[misc]
    try:
        yield
    finally:
        with _lock:
            _threads.discard(thread)
            if not _threads:
                rtc.AudioResampler = _Dithered  # type: ignore[misc]
