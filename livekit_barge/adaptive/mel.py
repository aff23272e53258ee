"""The detector's view of sound: log-mel bands, two columns per 25 ms.

A column ends where its step ends, so nothing after a step changes it. Levels are relative to the
loudest column heard so far in the same audio: a soft voice and a loud one look alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livekit_barge.adaptive.product import product
from livekit_barge.call.audio import Float32

SAMPLE_RATE = 16_000
STEP = 400
"""Samples of one probability: 25 ms, as LiveKit's protocol has it."""
BANDS = 40

_HOP, _WINDOW, _FFT = 200, 400, 512
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 7_600.0
_FAINTEST_DB = -60.0
"""Re full scale: what is softer than this never counts as the loudest."""
_FLOOR_DB = 70.0
"""Below the loudest: silence and 16-bit rounding look alike."""


def as_float(audio: npt.NDArray[np.int16] | Float32) -> Float32:
    """Return mono samples of shape (n,) as float32 of full scale 1."""
    if audio.ndim != 1:
        raise ValueError(f"one channel is needed, shape (n,), not {audio.shape}")
    if audio.dtype == np.int16:
        return (audio / np.float32(32_768)).astype(np.float32)
    if audio.dtype == np.float32:
        samples: Float32 = np.nan_to_num(np.clip(audio, -1, 1)).astype(np.float32)
        return samples
    raise ValueError(f"samples are int16 or float32, not {audio.dtype}")


def band_levels(audio: Float32) -> Float32:
    """Return the levels of shape (2 · whole steps, 40): 0 at the loudest so far, −1 at 70 dB below.

    ``audio`` is float32 of shape (n,) at 16 kHz. A last step that is not complete is left out.
    """
    steps = len(audio) // STEP
    if not steps:
        return np.zeros((0, BANDS), np.float32)
    padded = np.concatenate([np.zeros(_WINDOW - _HOP, np.float32), audio[: steps * STEP]])
    columns = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectrum = np.abs(np.fft.rfft(columns * _HANN, _FFT)).astype(np.float32)
    power = product(spectrum * spectrum, _FILTERS)
    level_db = 10 * np.log10(power + 1e-12)
    loudest_db = np.maximum.accumulate(np.maximum(level_db.max(axis=1), _FAINTEST_DB))
    relative = np.maximum(level_db - loudest_db[:, None], -_FLOOR_DB) / _FLOOR_DB
    return np.asarray(relative, np.float32)


def _filters() -> Float32:
    """Triangles of equal width in mel, shape (257, 40), scaled so that full scale is near 0 dB."""
    edges_mel = np.linspace(_to_mel(_LOWEST_HZ), _to_mel(_HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    at = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    scale = 4 / np.square(_HANN).sum() / _WINDOW
    return np.asarray(scale * np.clip(np.minimum(rising, falling), 0, None), np.float32)


def _to_mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


_HANN = np.hanning(_WINDOW).astype(np.float32)
_FILTERS = _filters()
