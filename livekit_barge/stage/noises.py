"""Sounds that are not speech: made from a seed, so that no two coughs are the same.

Each is built from what the sound is made of, as acoustics describe it, at the level of a voice
(:data:`~.voices.ACTIVE_DBFS`, over what is within 30 dB of its loudest 20 ms):

| name | is |
|---|---|
| ``cough`` | one to three: a burst of air, turbulence through the throat's resonances, and often \
a voiced end |
| ``throat`` | a cleared throat: creaky, low-pitched pulses through the same resonances |
| ``keyboard`` | keys going down and up: a click, and the thud of the desk |
| ``traffic`` | engines and tyres passing by: noise under 1 kHz that swells, a low tone in it |
| ``music`` | music on hold: four chords, plucked, with a bass |
| ``dtmf`` | keys of a phone: two tones each, 0.1 s (ITU-T Q.23) |

They stand in for the real things; whoever has recordings names them by ``wav`` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from livekit_barge.stage.track import Pcm
from livekit_barge.stage.voices import SAMPLE_RATE, at_level

Wave = npt.NDArray[np.float64]

_DTMF_LOW, _DTMF_HIGH = (697, 770, 852, 941), (1209, 1336, 1477)
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # I vi IV V, in semitones
_MEAN_F0_HZ = 130.0


def sound_name(value: Any) -> str:
    """The name of a sound. Raises ``ValueError``."""
    if not isinstance(value, str) or value not in SOUNDS:
        raise ValueError(f"one of {', '.join(SOUNDS)}")
    return value


@lru_cache(maxsize=256)
def make_sound(name: str, seed: int) -> Pcm:
    """The clip, 24 kHz, from its first audible sample to its last."""
    rng = np.random.default_rng((seed, *name.encode()))
    return at_level(SOUNDS[name](rng))


def _cough(rng: np.random.Generator) -> Wave:
    fit = [_one_cough(rng)]
    for _ in range(int(rng.integers(0, 3))):
        fit += [np.zeros(_samples(rng.uniform(0.08, 0.25))), _one_cough(rng) * rng.uniform(0.5, 1)]
    return np.concatenate(fit)


def _one_cough(rng: np.random.Generator) -> Wave:
    """Make a cough: burst, turbulence, and in two of three a voiced end."""
    throat = _resonances(rng, (600, 1300, 2600, 3900))
    air = rng.standard_normal(_samples(rng.uniform(0.18, 0.32)))
    at_s = np.arange(len(air)) / SAMPLE_RATE
    burst = np.exp(-at_s / 0.025) * np.minimum(at_s / 0.003, 1)
    turbulence = 0.35 * np.exp(-at_s / 0.09)
    hiss = _butter(air * burst, 3000, "high")
    cough = _resonate(air * (burst + turbulence), throat) + 0.15 * hiss
    if rng.random() < 2 / 3:
        voiced = _voiced(rng, rng.uniform(0.08, 0.18), rng.uniform(1.2, 2.2), jitter=0.05)
        start = max(len(cough) - _samples(0.12), 0)
        whole = np.zeros(max(len(cough), start + len(voiced)))
        whole[: len(cough)] += cough
        whole[start : start + len(voiced)] += 0.4 * _rms(cough) / _rms(voiced) * voiced
        cough = whole
    return cough


def _throat(rng: np.random.Generator) -> Wave:
    parts: list[Wave] = []
    for _ in range(int(rng.integers(1, 3))):
        creak = _voiced(rng, rng.uniform(0.18, 0.35), rng.uniform(0.35, 0.6), jitter=0.2)
        air = _resonate(rng.standard_normal(len(creak)), _resonances(rng, (700, 1400, 2500)))
        parts += [creak + 0.3 * _rms(creak) / _rms(air) * air * np.hanning(len(air))]
        parts += [np.zeros(_samples(rng.uniform(0.06, 0.15)))]
    return np.concatenate(parts[:-1])


def _voiced(rng: np.random.Generator, seconds: float, pitch: float, *, jitter: float) -> Wave:
    """Pulses of the voice through its resonances, falling in pitch, swelling and fading."""
    pulses = np.zeros(_samples(seconds))
    at, f0 = 0.0, _MEAN_F0_HZ * pitch
    while at < len(pulses):
        pulses[int(at)] = rng.uniform(0.7, 1.0)
        fallen = f0 * (1 - 0.25 * at / len(pulses))
        at += SAMPLE_RATE / fallen * (1 + jitter * rng.standard_normal())
        at = max(at, 1.0)
    glottal = _lowpass(pulses, 1200)
    return _resonate(glottal, _resonances(rng, (550, 1150, 2500))) * np.hanning(len(pulses)) ** 0.5


def _keyboard(rng: np.random.Generator) -> Wave:
    keys = int(rng.integers(6, 16))
    times = np.cumsum(rng.gamma(4, 0.035, keys))
    typed = np.zeros(_samples(times[-1] + 0.3))
    for at_s in times:
        loud = rng.uniform(0.5, 1.0)
        _add(typed, _key(rng, loud), at_s)
        _add(typed, _key(rng, 0.4 * loud), at_s + rng.uniform(0.06, 0.11))
    return typed


def _key(rng: np.random.Generator, loud: float) -> Wave:
    at_s = np.arange(_samples(0.06)) / SAMPLE_RATE
    click = rng.standard_normal(len(at_s)) * np.exp(-at_s / rng.uniform(0.0015, 0.004))
    click = _resonate(click, [(rng.uniform(1800, 4500), 900.0)])
    thud = np.sin(2 * np.pi * rng.uniform(140, 380) * at_s) * np.exp(-at_s / 0.012)
    return loud * (click / (_rms(click) * 8 + 1e-9) + 0.12 * thud)


def _traffic(rng: np.random.Generator) -> Wave:
    return traffic(rng, rng.uniform(1.5, 3.0))


def traffic(rng: np.random.Generator, seconds: float) -> Wave:
    """Make the sound of passing cars."""
    count = _samples(seconds)
    at_s = np.arange(count) / SAMPLE_RATE
    road = _lowpass(rng.standard_normal(count), 900) + 0.5 * _lowpass(
        rng.standard_normal(count), 200
    )
    swell = 0.35 + np.zeros(count)
    for _ in range(max(round(seconds / 2), 1)):
        middle, width = rng.uniform(0, seconds), rng.uniform(0.4, 1.2)
        swell += np.exp(-(((at_s - middle) / width) ** 2))
    engine = np.zeros(count)
    f0 = rng.uniform(45, 90) * (1 + 0.05 * np.sin(2 * np.pi * 0.3 * at_s))
    phase = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE
    for harmonic in range(1, 7):
        engine += np.sin(harmonic * phase + rng.uniform(0, 6)) / harmonic
    return (road / _rms(road) + 0.5 * engine / _rms(engine)) * swell


def _music(rng: np.random.Generator) -> Wave:
    return music(rng, rng.uniform(2.0, 3.5))


def music(rng: np.random.Generator, seconds: float) -> Wave:
    """A hold tune for so long."""
    beat_s = 60 / rng.uniform(84, 120)
    key = rng.integers(-5, 6)
    song = np.zeros(_samples(seconds + 2.0))
    for beat in range(int(seconds / beat_s) + 1):
        chord = _CHORDS[(beat // 4) % 4]
        if beat % 4 == 0:
            _add(song, 0.8 * _pluck(rng, 110 * 2 ** ((chord[0] + key) / 12), 1.6), beat * beat_s)
        for half in range(2):
            note = chord[int(rng.integers(0, 3))] + 12 * int(rng.integers(1, 3)) + key
            _add(song, 0.5 * _pluck(rng, 110 * 2 ** (note / 12), 0.8), (beat + half / 2) * beat_s)
    return song[: _samples(seconds)]


def _pluck(rng: np.random.Generator, f0: float, seconds: float) -> Wave:
    """A string: harmonics that fade the sooner the higher they are."""
    at_s = np.arange(_samples(seconds)) / SAMPLE_RATE
    tone = np.zeros(len(at_s))
    for harmonic in range(1, 9):
        fade = np.exp(-at_s * (1.5 + harmonic))
        phase = rng.uniform(0, 2 * np.pi)
        tone += np.sin(2 * np.pi * f0 * harmonic * at_s + phase) * fade / harmonic**1.3
    return tone * np.minimum(at_s / 0.004, 1)


def _dtmf(rng: np.random.Generator) -> Wave:
    keys: list[Wave] = []
    at_s = np.arange(_samples(0.1)) / SAMPLE_RATE
    for _ in range(int(rng.integers(2, 6))):
        low, high = _DTMF_LOW[rng.integers(0, 4)], _DTMF_HIGH[rng.integers(0, 3)]
        tones = np.sin(2 * np.pi * low * at_s) + 1.12 * np.sin(2 * np.pi * high * at_s)
        keys += [tones, np.zeros(_samples(rng.uniform(0.08, 0.16)))]
    return np.concatenate(keys[:-1])


SOUNDS: dict[str, Callable[[np.random.Generator], Wave]] = {
    "cough": _cough,
    "throat": _throat,
    "keyboard": _keyboard,
    "traffic": _traffic,
    "music": _music,
    "dtmf": _dtmf,
}


def _resonances(rng: np.random.Generator, means_hz: tuple[float, ...]) -> list[tuple[float, float]]:
    """Draw a throat's resonances near these, with their widths."""
    return [(hz * rng.uniform(0.85, 1.15), 80 + 0.08 * hz) for hz in means_hz]


def _resonate(wave: Wave, resonances: list[tuple[float, float]]) -> Wave:
    """Filter through parallel resonances, the lower the stronger."""
    from scipy.signal import lfilter

    heard = np.zeros(len(wave))
    for number, (hz, width_hz) in enumerate(resonances):
        radius = np.exp(-np.pi * width_hz / SAMPLE_RATE)
        poles = [1.0, -2 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE), radius**2]
        heard += lfilter([1 - radius], poles, wave) / (1 + 0.5 * number)
    return heard


def _lowpass(wave: Wave, hz: float) -> Wave:
    return _butter(wave, hz, "low")


def _butter(wave: Wave, hz: float, kind: str) -> Wave:
    from scipy.signal import butter, sosfilt

    filtered: Wave = sosfilt(butter(2, hz, kind, fs=SAMPLE_RATE, output="sos"), wave)
    return filtered


def _add(track: Wave, clip: Wave, at_s: float) -> None:
    start = _samples(at_s)
    clip = clip[: max(len(track) - start, 0)]
    track[start : start + len(clip)] += clip


def _rms(wave: Wave) -> float:
    return float(np.sqrt((wave**2).mean())) + 1e-12


def _samples(seconds: float) -> int:
    return round(float(seconds) * SAMPLE_RATE)
