"""Mixes noise and echo into the caller's microphone, and passes it through a phone line.

The sounds of :mod:`.surroundings`, made while the call runs: noise from its seed, echo from what
was heard of the agent, and the phone's band, code and lost packets. The phone delays what passes by
the 1 ms or so of its filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from livekit_barge.stage.noises import SOUNDS, Wave, music, traffic
from livekit_barge.stage.playout import HeardAudio
from livekit_barge.stage.surroundings import Echo, Noise, NoiseKind, Phone, Surroundings
from livekit_barge.stage.track import FULL_SCALE, Pcm, to_pcm
from livekit_barge.stage.voices import ACTIVE_DBFS, SAMPLE_RATE, VOICES

_BED_S = 12.0  # a bed is so long, and then comes again
_PHONE_RATE = 8_000
_STEP = SAMPLE_RATE // _PHONE_RATE
_PACKET = _PHONE_RATE // 50  # 20 ms, the usual packet of G.711
_BURST = 2.0  # packets lost in a row, on average
_FADE = 0.5  # of the concealment, each packet
_MU = 255
_TALKERS = 5
_SAID = (
    "We could have met there earlier, if the others had told us about it in time.",
    "There was a long queue in front of the bakery, and it began to rain as well.",
    "The children want to go to the lake again, and I have to find the keys first.",
)


class Air:
    """The microphone's surroundings in one call."""

    def __init__(self, around: Surroundings) -> None:
        self._noise = _Bed(around.noise, around.seed) if around.noise else None
        self._echo = _EchoPath(around.echo) if around.echo else None

    @property
    def hears_back_s(self) -> float:
        """The seconds of the agent's past audio that the echo needs."""
        return self._echo.delay_s if self._echo else 0.0

    def between(self, start: int, stop: int, heard: Sequence[HeardAudio]) -> list[Pcm]:
        """Return what to mix in from sample ``start`` to ``stop``."""
        parts = []
        if self._noise is not None:
            parts.append(self._noise.between(start, stop))
        if self._echo is not None:
            parts.append(self._echo.between(start, stop, heard))
        return parts


class _Bed:
    def __init__(self, noise: Noise, seed: int) -> None:
        gain = FULL_SCALE * 10 ** ((ACTIVE_DBFS - noise.snr_db) / 20)
        self._bed = to_pcm(_bed(noise.kind, seed) * gain)

    def between(self, start: int, stop: int) -> Pcm:
        return self._bed.take(np.arange(start, stop), mode="wrap")


class _EchoPath:
    def __init__(self, echo: Echo) -> None:
        self.delay_s = echo.delay_s
        self._delay = round(echo.delay_s * SAMPLE_RATE)
        self._gain = 10 ** (echo.level_db / 20)
        self._for = None if echo.for_s is None else round(echo.for_s * SAMPLE_RATE)
        self._begun: int | None = None

    def between(self, start: int, stop: int, heard: Sequence[HeardAudio]) -> Pcm:
        came = np.zeros(stop - start)
        for stretch in heard:
            at = stretch.at + self._delay
            low, high = max(at, start), min(at + len(stretch.samples), stop)
            if low >= high:
                continue
            if self._begun is None:
                self._begun = low
            if self._for is not None:
                high = min(high, self._begun + self._for)
            if low < high:
                came[low - start : high - start] += stretch.samples[low - at : high - at]
        return to_pcm(came * self._gain)


class PhoneLine:
    """A phone's band, its µ-law and its lost packets; takes a track piece by piece, in order."""

    def __init__(self, phone: Phone, seed: int) -> None:
        from scipy.signal import butter, ellip

        self._narrow = _Filter(butter(2, 300, "high", fs=SAMPLE_RATE, output="sos"))
        self._before = _Filter(ellip(6, 0.1, 50, 3400, "low", fs=SAMPLE_RATE, output="sos"))
        self._after = _Filter(ellip(6, 0.1, 50, 3400, "low", fs=SAMPLE_RATE, output="sos"))
        self._loss = _Loss(phone.loss, seed)
        self._at = 0

    def __call__(self, pcm: Pcm) -> Pcm:
        """Return what comes out of the line for the next samples."""
        band = self._before(self._narrow(pcm.astype(np.float64)))
        first = -self._at % _STEP
        coded = _mu_law(band[first::_STEP])
        out = np.zeros(len(pcm))
        out[first::_STEP] = self._loss(coded) * _STEP
        self._at += len(pcm)
        return to_pcm(self._after(out))


class _Filter:
    """A filter that goes on where it was."""

    def __init__(self, sections: npt.NDArray[Any]) -> None:
        self._sections = sections
        self._state = np.zeros((len(sections), 2))

    def __call__(self, wave: Wave) -> Wave:
        from scipy.signal import sosfilt

        filtered, self._state = sosfilt(self._sections, wave, zi=self._state)
        return np.asarray(filtered, np.float64)


class _Loss:
    """Loses packets in bursts (Gilbert's model), and fills in the last one, fading."""

    def __init__(self, share: float, seed: int) -> None:
        self._rng = np.random.default_rng((seed, *b"loss"))
        self._ends = 1 / _BURST
        self._begins = share / (_BURST * (1 - share))
        self._lost = False
        self._gain = 1.0
        self._at = 0
        self._last = np.zeros(_PACKET)

    def __call__(self, samples: Wave) -> Wave:
        out = samples.copy()
        done = 0
        while done < len(samples):
            place = self._at % _PACKET
            if place == 0:
                self._next_packet()
            count = min(_PACKET - place, len(samples) - done)
            piece = slice(done, done + count)
            if self._lost:
                out[piece] = self._last[place : place + count] * self._gain
            else:
                self._last[place : place + count] = samples[piece]
            done += count
            self._at += count
        return out

    def _next_packet(self) -> None:
        chance = float(self._rng.random())
        self._lost = chance >= self._ends if self._lost else chance < self._begins
        self._gain = self._gain * _FADE if self._lost else 1.0


def _mu_law(samples: Wave) -> Wave:
    """Code samples into 8 bits and back."""
    share = np.clip(samples / FULL_SCALE, -1, 1)
    code = np.rint(np.sign(share) * np.log1p(_MU * np.abs(share)) / np.log1p(_MU) * 127)
    back: Wave = np.sign(code) * np.expm1(np.abs(code) / 127 * np.log1p(_MU)) / _MU * FULL_SCALE
    return back


@lru_cache(maxsize=4)
def _bed(kind: NoiseKind, seed: int) -> Wave:
    """A bed of noise, at a power of 1."""
    rng = np.random.default_rng((seed, *kind.encode()))
    bed = _seamless(_raw_bed(kind, rng))
    power: Wave = bed / np.sqrt((bed**2).mean())
    return power


def _raw_bed(kind: NoiseKind, rng: np.random.Generator) -> Wave:
    count = round((_BED_S + 1) * SAMPLE_RATE)
    if kind == "traffic":
        return traffic(rng, _BED_S + 1)
    if kind == "music":
        return music(rng, _BED_S + 1)
    if kind == "keyboard":
        parts = [np.zeros(0)]
        while sum(map(len, parts)) < count:
            parts += [SOUNDS["keyboard"](rng), np.zeros(round(rng.uniform(0.2, 1) * SAMPLE_RATE))]
        return np.concatenate(parts)[:count]
    if kind == "babble":
        return _babble(rng, count)
    return rng.standard_normal(count)


def _babble(rng: np.random.Generator, count: int) -> Wave:
    """Make babble: several voices that talk at once, at different distances."""
    room = np.zeros(count)
    voices = list(VOICES.values())
    for number in range(_TALKERS):
        voice = voices[int(rng.integers(0, len(voices)))]
        said = voice.speak(_SAID[number % len(_SAID)]).samples.astype(np.float64)
        said = np.concatenate([said, np.zeros(round(rng.uniform(0.1, 0.6) * SAMPLE_RATE))])
        shift = int(rng.integers(0, len(said)))
        room += rng.uniform(0.5, 1.0) * said.take(np.arange(shift, shift + count), mode="wrap")
    return room


def _seamless(wave: Wave) -> Wave:
    """Fade the last second into the first, so that the bed can repeat."""
    rise = np.linspace(0, 1, SAMPLE_RATE)
    bed = wave[:-SAMPLE_RATE].copy()
    bed[:SAMPLE_RATE] = bed[:SAMPLE_RATE] * np.sqrt(rise) + wave[-SAMPLE_RATE:] * np.sqrt(1 - rise)
    return bed
