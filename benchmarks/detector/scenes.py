"""Scenes: a clip on a line as a service hears it, with what a line, a room and a street add.

A scene begins before the caller's onset with whatever the background is. The background is drawn
with the scene: silence, noise of three colours, a crowd, an agent's echo, the stage's traffic,
music or keys. A telephone takes the band 300 to 3,400 Hz and 8-bit µ-law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter as make_butter
from scipy.signal import fftconvolve, sosfilt

from livekit_barge.call.audio import Float32

RATE = 16_000
LENGTH = round(2.2 * RATE)


@dataclass(frozen=True)
class Condition:
    """What is done to a clip. ``None`` leaves it as it is."""

    name: str
    level_dbfs: float = -23.0
    snr_db: float | None = None
    noise: str = "pink"
    phone: bool = False
    room_s: float | None = None
    """Time in which the room's tail decays by 60 dB."""
    pitch: float = 1.0


def drawn(rng: np.random.Generator) -> Condition:
    """Draw a condition for training."""
    noises = ("white", "pink", "brown", "crowd", "echo", "background")
    return Condition(
        "drawn",
        level_dbfs=float(rng.uniform(-42, -12)),
        snr_db=float(rng.uniform(3, 35)) if rng.random() < 0.75 else None,
        noise=str(rng.choice(noises)),
        phone=rng.random() < 0.35,
        room_s=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.4 else None,
        pitch=float(rng.uniform(0.86, 1.16)) if rng.random() < 0.7 else 1.0,
    )


@dataclass(frozen=True)
class Scene:
    """Samples (float32, 16 kHz), and where the caller is audible in them."""

    samples: Float32
    onset_s: float
    end_s: float


class Stagehand:
    """Lays clips on a line. ``speech`` and ``backgrounds`` are what crowds, echoes and streets are
    made of."""

    def __init__(self, speech: list[Float32], backgrounds: list[Float32]) -> None:
        self._speech, self._backgrounds = speech, backgrounds

    def lay(
        self, clip: Float32, condition: Condition, rng: np.random.Generator, *,
        onset_s: float | None = None, length: int = LENGTH, before: Float32 | None = None,
    ) -> Scene:  # fmt: skip
        """Return the scene; the onset is drawn between 0.3 and 0.8 s unless it is given.

        ``before`` is an earlier sound of the caller's, the end of which is heard until 0.3 s
        before the onset: LiveKit sends what lies in the second before an overlap, too.
        """
        at = round((rng.uniform(0.3, 0.8) if onset_s is None else onset_s) * RATE)
        if condition.pitch != 1.0:
            count = round(len(clip) / condition.pitch)
            clip = np.interp(np.linspace(0, len(clip) - 1, count), np.arange(len(clip)), clip)
        clip = clip[: length - at]
        dry = np.zeros(length, np.float32)
        dry[at : at + len(clip)] = clip
        if before is not None and (until := at - round(0.3 * RATE)) > 0:
            dry[max(until - len(before), 0) : until] = before[-until:]
        if condition.room_s is not None:
            dry = _in_room(dry, condition.room_s, rng)
        power = np.mean(np.square(_active(dry[at : at + len(clip)]))) + 1e-12
        wet = dry * np.sqrt(10 ** (condition.level_dbfs / 10) / power)
        if condition.snr_db is not None:
            noise = self._noise(condition.noise, length, rng)
            noise *= 10 ** ((condition.level_dbfs - condition.snr_db) / 20) / (_rms(noise) + 1e-9)
            wet = wet + noise
        wet = wet + rng.normal(0, 10 ** (rng.uniform(-85, -65) / 20), length)
        if condition.phone:
            wet = _mu_law(sosfilt(_PHONE, wet))
        wet = np.round(np.clip(wet, -1, 1) * 32_767) / 32_768
        return Scene(wet.astype(np.float32), at / RATE, (at + len(clip)) / RATE)

    def _noise(self, kind: str, length: int, rng: np.random.Generator) -> Float32:
        if kind == "background":
            found = self._backgrounds[rng.integers(len(self._backgrounds))]
            return np.roll(np.resize(found, length), rng.integers(length)).astype(np.float64)
        if kind in ("crowd", "echo"):
            voices = rng.integers(4, 9) if kind == "crowd" else 1
            mixed = np.zeros(length)
            for _ in range(voices):
                said = [self._speech[n] for n in rng.integers(len(self._speech), size=5)]
                mixed += np.roll(np.resize(np.concatenate(said), length), rng.integers(length))
            return _in_room(mixed, 0.3, rng).astype(np.float64)
        white = rng.normal(0, 1, length)
        if kind == "white":
            return white
        spectrum = np.fft.rfft(white)
        slope = np.arange(1, len(spectrum) + 1) ** (-0.5 if kind == "pink" else -1.0)
        return np.fft.irfft(spectrum * slope, length)


_PHONE = make_butter(4, (300, 3_400), "bandpass", fs=RATE, output="sos")


def _mu_law(samples: np.ndarray) -> np.ndarray:
    """Return what 8-bit µ-law leaves of ``samples``."""
    held = np.clip(samples, -1, 1)
    coded = np.round(np.sign(held) * np.log1p(255 * np.abs(held)) / np.log(256) * 127) / 127
    return np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255


def _in_room(dry: np.ndarray, room_s: float, rng: np.random.Generator) -> np.ndarray:
    count = round(room_s * RATE)
    tail = rng.normal(0, 1, count) * 10 ** (-3 * np.arange(count) / count)
    tail *= rng.uniform(0.2, 0.9) / np.sqrt(np.square(tail).sum())
    tail[0] += 1
    return fftconvolve(dry, tail)[: len(dry)]


def _active(samples: np.ndarray) -> np.ndarray:
    """Return the samples whose 20 ms are within 30 dB of the loudest 20 ms."""
    grain = RATE // 50
    rows = samples[: max(len(samples) // grain, 1) * grain]
    if len(rows) < grain:
        return samples
    rows = rows.reshape(-1, grain)
    power = np.square(rows).mean(axis=1)
    return rows[power >= power.max() / 1_000]


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))
