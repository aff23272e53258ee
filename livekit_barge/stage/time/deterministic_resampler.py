"""LiveKit's resampler without its dither, which differs from run to run.

``rtc.AudioResampler`` is soxr, through LiveKit's native library. Like any soxr it adds a dither of
a step of 16 bits, whose seed is the machine's clock and an address in memory. So what the VAD hears
differs in the last bit from run to run, and once in many calls a threshold is crossed in one run
and not in the other. In virtual time the same soxr resamples in floating point, and is rounded:
equal runs hear equal samples, within two steps of what LiveKit's would have given.

The VAD and the turn detector each resample the caller's audio for themselves, in the same way. What
came of a piece is kept a while by all that went in up to it, so the second need not do it again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soxr
from livekit import rtc

from livekit_barge.stage.track import to_pcm

_Quality = rtc.AudioResamplerQuality
_RECIPES = {
    _Quality.QUICK: "QQ",
    _Quality.LOW: "LQ",
    _Quality.MEDIUM: "MQ",
    _Quality.HIGH: "HQ",
    _Quality.VERY_HIGH: "VHQ",
}
_Dithered = rtc.AudioResampler
_threads: dict[int, _Pieces] = {}
"""The threads in which new resamplers do not dither, by ``threading.get_ident()``."""
_lock = threading.Lock()

PIECES = 1_000
"""The number of pieces kept: 20 s at the least, in 2 MB; the second comes within a frame."""


class _Pieces:
    """The output for pieces of audio, by all that had gone in. For one thread."""

    def __init__(self) -> None:
        self._out: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes) -> bytes | None:
        return self._out.get(key)

    def put(self, key: bytes, out: bytes) -> None:
        self._out[key] = out
        if len(self._out) > PIECES:
            self._out.popitem(last=False)


class _Undithered(_Dithered):
    """Replaces ``rtc.AudioResampler``; in other threads it behaves as that."""

    def __init__(
        self,
        input_rate: int,
        output_rate: int,
        *,
        num_channels: int = 1,
        quality: rtc.AudioResamplerQuality = _Quality.MEDIUM,
    ) -> None:
        self._stream: soxr.ResampleStream | None = None
        pieces = _threads.get(threading.get_ident())
        if pieces is None:
            super().__init__(input_rate, output_rate, num_channels=num_channels, quality=quality)
            return
        # LiveKit's adaptive detector reads it off its resampler.
        self._input_rate = input_rate
        self._output_rate = output_rate
        self._num_channels = num_channels
        recipe = _RECIPES[quality]
        self._stream = soxr.ResampleStream(
            input_rate, output_rate, num_channels, dtype="float32", quality=recipe
        )
        self._pieces = pieces
        how = f"{input_rate} {output_rate} {num_channels} {recipe} "
        self._so_far = hashlib.blake2b(how.encode(), digest_size=16)
        self._unheard: list[bytes] = []
        """The input whose output was known: the stream has not heard it."""

    def push(self, data: bytearray | rtc.AudioFrame) -> list[rtc.AudioFrame]:
        if self._stream is None:
            return super().push(data)
        pcm = bytes(data if isinstance(data, bytearray) else data.data)
        if not pcm:
            return []
        # Where it is cut counts, too: what soxr gives when depends on it.
        self._so_far.update(len(pcm).to_bytes(4, "little") + pcm)
        self._unheard.append(pcm)
        key = self._so_far.digest()
        out = self._pieces.get(key)
        if out is None:
            out = self._hear()
            self._pieces.put(key, out)
        return self._frames(out)

    def flush(self) -> list[rtc.AudioFrame]:
        if self._stream is None:
            return super().flush()
        self._hear()
        return self._frames(self._resampled(b"", last=True))

    def _hear(self) -> bytes:
        """Resample what was not heard, and return the output of its last piece."""
        unheard, self._unheard = self._unheard, []
        out = b""
        for pcm in unheard:
            out = self._resampled(pcm)
        return out

    def _resampled(self, pcm: bytes, *, last: bool = False) -> bytes:
        assert self._stream is not None  # there is another way where it is
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        if self._num_channels > 1:
            samples = samples.reshape(-1, self._num_channels)
        return to_pcm(self._stream.resample_chunk(samples, last=last)).tobytes()

    def _frames(self, out: bytes) -> list[rtc.AudioFrame]:
        if not out:
            return []
        samples = len(out) // (2 * self._num_channels)
        return [rtc.AudioFrame(out, self._output_rate, self._num_channels, samples)]


@contextmanager
def undithered() -> Iterator[None]:
    """Make resamplers without dither in this thread while the block runs."""
    thread = threading.get_ident()
    with _lock:
        _threads[thread] = _Pieces()
        rtc.AudioResampler = _Undithered  # type: ignore[misc]
    try:
        yield
    finally:
        with _lock:
            _threads.pop(thread, None)
            if not _threads:
                rtc.AudioResampler = _Dithered  # type: ignore[misc]
