"""Made sounds that are no speech: coughs, keys, DTMF and what else a line carries.

Each gives one example at full loudness, another for every draw of its dice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livekit_barge.call.audio import Float32

RATE = 24_000
Made = Callable[[np.random.Generator], Float32]

_LOW, _HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def dtmf(dice: np.random.Generator) -> Float32:
    """A digit of 70 to 250 ms, its two tones up to 4 dB apart."""
    low, high = dice.choice(_LOW), dice.choice(_HIGH)
    apart = 10 ** (dice.uniform(-4, 4) / 20)
    return _shaped(_tone(low, duration := dice.uniform(0.07, 0.25)) + apart * _tone(high, duration))


def dialled(dice: np.random.Generator) -> Float32:
    """Six digits, 40 to 120 ms apart, as a number is dialled."""
    parts = []
    for _ in range(6):
        parts += [dtmf(dice), np.zeros(round(dice.uniform(0.04, 0.12) * RATE), np.float32)]
    return np.concatenate(parts)


def key(dice: np.random.Generator) -> Float32:
    """A key of a keyboard: down, and up 60 to 150 ms later."""
    both = [_click(dice, 1.0), np.zeros(round(dice.uniform(0.06, 0.15) * RATE), np.float32)]
    return np.concatenate([*both, _click(dice, 0.5)])


def typing(dice: np.random.Generator) -> Float32:
    """Ten keys in two seconds."""
    audio = np.zeros(round(2.5 * RATE), np.float32)
    for at in np.sort(dice.uniform(0, 2.0, 10)):
        one = key(dice)
        audio[round(at * RATE) :][: len(one)] += one
    return audio


def cough(dice: np.random.Generator) -> Float32:
    """A burst of noise through a vocal tract, a rough voice at its end: 0.25 to 0.5 s."""
    length = round(dice.uniform(0.25, 0.5) * RATE)
    time = np.arange(length) / RATE
    burst = dice.normal(0, 1, length) * np.exp(-time / dice.uniform(0.05, 0.12))
    pulses = np.zeros(length)
    at = 0.1 * RATE
    while at < length:
        pulses[int(at)] = dice.uniform(3, 8)
        at += RATE / dice.uniform(90, 220)
    voiced = pulses * np.clip((time - 0.1) / 0.05, 0, 1) * np.exp(-time / 0.15)
    return _shaped(_through(burst + voiced, dice))


def coughs(dice: np.random.Generator) -> Float32:
    """Two or three coughs in a row."""
    gap = np.zeros(round(dice.uniform(0.15, 0.4) * RATE), np.float32)
    return np.concatenate([part for _ in range(dice.integers(2, 4)) for part in (cough(dice), gap)])


def ringback(dice: np.random.Generator) -> Float32:
    """A second of what is heard while a telephone rings, of three countries' kinds."""
    pair = dice.permutation([(440, 480), (425, 425), (400, 450)])[0]
    return _shaped(_tone(pair[0], 1.0) + _tone(pair[1], 1.0))


def line_noise(dice: np.random.Generator) -> Float32:
    """A second of comfort noise that sets in and stops."""
    return dice.normal(0, 10 ** dice.uniform(-2.0, -1.0), RATE).astype(np.float32)


MADE: dict[str, Made] = {
    "DTMF digits": dtmf,
    "DTMF, dialled": dialled,
    "ringback": ringback,
    "keys": key,
    "typing": typing,
    "coughs": cough,
    "coughs in a row": coughs,
    "comfort noise": line_noise,
}


def _tone(frequency: float, duration_s: float) -> Float32:
    time = np.arange(round(duration_s * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * frequency * time), dtype=np.float32)


def _shaped(audio: np.ndarray) -> Float32:
    """Faded in and out over 3 ms, its loudest sample at 1."""
    audio = np.array(audio, dtype=np.float32)
    edge = np.linspace(0, 1, round(0.003 * RATE), dtype=np.float32)
    audio[: len(edge)] *= edge
    audio[-len(edge) :] *= edge[::-1]
    return np.asarray(audio / np.abs(audio).max(), dtype=np.float32)


def _click(dice: np.random.Generator, gain: float) -> Float32:
    time = np.arange(round(0.02 * RATE)) / RATE
    ring = sum(
        np.sin(2 * np.pi * dice.uniform(800, 6000) * time + dice.uniform(0, 6)) for _ in range(4)
    )
    click = (ring + dice.normal(0, 1, len(time))) * np.exp(-time / dice.uniform(0.002, 0.006))
    return np.asarray(gain * click / np.abs(click).max(), dtype=np.float32)


def _through(source: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Through a tube open at one end: three formants, in the frequency domain."""
    spectrum = np.fft.rfft(source)
    frequency = np.fft.rfftfreq(len(source), 1 / RATE)
    shape = sum(
        1 / (1 + ((frequency - centre * dice.uniform(0.85, 1.15)) / width) ** 2)
        for centre, width in ((600, 150), (1500, 300), (2800, 500))
    )
    return np.fft.irfft(spectrum * shape, len(source))
