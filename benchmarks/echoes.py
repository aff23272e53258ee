"""Calls with an echo whose every edge is known to the sample, and how they are measured.

    python -m benchmarks.echoes [--part tuning] [--count 8]

An agent speaks; its own voice comes back on the caller's channel through a room (a first arrival, a
tail that fades by 60 dB in 0.2 to 0.5 s) later and quieter. The caller speaks over the agent at
known samples, and sometimes while it is quiet. Sentences, voices and gaps are drawn from ``seed``;
``tuning`` and ``report`` share no sentence. Sentences are trimmed where they are 20 dB under their
active level: their truth is where they were cut.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from rich.console import Console
from rich.table import Table

from benchmarks.boundaries import SENTENCES, TRIM_DB, Laid, audible_span, level, mu_law, say
from livekit_barge.bench.voices import SAMPLE_RATE, VOICES
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.leakage import Leakage
from livekit_barge.measure.two_channels import TwoChannels

SPEECH_DBFS = -20.0
NOISE_DBFS = -65.0
# Half of the agent's time is talked over at most: so much is said, and so many callers come in.
TURNS = 6
AGENT_SAYS = {
    "tuning": (
        "Your parcel left this morning, and it will reach you on Tuesday before noon.",
        "I can change the address for you, if you tell me the new one.",
        "There is one more thing that you should know about the delivery.",
        "We are open from nine to five on weekdays, and from ten to two on Saturdays.",
    ),
    "report": (
        "Thank you for calling. This conversation may be recorded for training purposes.",
        "Before I can help you with that, I have to ask you a few short questions.",
        "The technician comes between eight and twelve, and he calls an hour before.",
        "Your balance is forty two dollars, and the next payment is due in March.",
    ),
}


@dataclass(frozen=True)
class Echo:
    """What comes back."""

    level_db: float
    """Under the agent's own level."""
    delay_s: float
    tail_s: float = 0.3
    """Until it has faded by 60 dB; 0: a bare copy."""
    drift_ppm: float = 0.0
    """How much faster the caller's clock runs."""
    sometimes: bool = False
    """In the second half of the call only."""


@dataclass(frozen=True)
class EchoedCall:
    """Two channels, caller's first, and what is in them."""

    rate: int
    audio: Float32
    caller: tuple[Laid, ...]
    agent: tuple[Laid, ...]
    echo: Echo


def response(echo: Echo, rate: int, dice: np.random.Generator) -> Float32:
    """From the agent's channel to the caller's: delay, first arrival, tail."""
    tail = np.zeros(max(round(echo.tail_s * rate), 1))
    tail[0] = 1.0
    if echo.tail_s:
        fade = 10 ** (-3 * np.arange(len(tail)) / len(tail))
        tail += dice.normal(0, 0.12 * np.sqrt(8_000 / rate), len(tail)) * fade
    tail *= 10 ** (echo.level_db / 20) / np.sqrt(np.square(tail).sum())
    return np.concatenate([np.zeros(round(echo.delay_s * rate)), tail]).astype(np.float32)


def echoed_call(
    echo: Echo,
    part: str,
    seed: int,
    *,
    rate: int = 16_000,
    coded: bool = False,
    noise_dbfs: float = NOISE_DBFS,
    caller_dbfs: float = SPEECH_DBFS,
    callers: bool = True,
) -> EchoedCall:
    """One call; ``coded``: through µ-law; without ``callers`` only the agent speaks."""
    dice = np.random.default_rng([seed, len(part)])
    voices = list(VOICES.values())
    agent_voice, caller_voice = dice.permutation(len(voices))[:2]
    length = round(2.0 * rate)
    spoken: list[tuple[int, int, Float32]] = []
    for _ in range(TURNS):
        at = length
        for text in dice.choice(AGENT_SAYS[part], 2, replace=False):
            line = _trimmed(_said(voices[agent_voice], text, rate, SPEECH_DBFS), rate)
            spoken.append((1, at, line))
            at += len(line) + round(dice.uniform(0.25, 0.5) * rate)
        if callers:
            text = dice.choice(SENTENCES[part])
            line = _trimmed(_said(voices[caller_voice], text, rate, caller_dbfs), rate)
            room = at - length
            spoken.append((0, length + round(dice.uniform(0.15, 0.6) * room), line))
        length = at + round(dice.uniform(1.0, 2.0) * rate)
        if callers and dice.random() < 0.5:
            text = dice.choice(SENTENCES[part])
            line = _trimmed(_said(voices[caller_voice], text, rate, caller_dbfs), rate)
            spoken.append((0, length, line))
            length += len(line) + round(dice.uniform(0.8, 1.5) * rate)
    audio = np.zeros((2, length + rate), dtype=np.float32)
    laid: tuple[list[Laid], list[Laid]] = ([], [])
    for channel, at, line in spoken:
        audio[channel, at : at + len(line)] += line
        laid[channel].append(Laid(at / rate, (at + len(line)) / rate))
    audio[0] += _returned(audio[1], echo, rate, dice)
    audio[0] += dice.normal(0, 10 ** (noise_dbfs / 20), audio.shape[1])
    if coded:
        audio = mu_law(audio)
    audio = to_float(np.round(np.clip(audio, -1, 1) * 32767).astype(np.int16))
    return EchoedCall(rate, audio, tuple(laid[0]), tuple(laid[1]), echo)


def _returned(agent: Float32, echo: Echo, rate: int, dice: np.random.Generator) -> Float32:
    path = response(echo, rate, dice)
    size = 1 << (len(agent) + len(path)).bit_length()
    came = np.fft.irfft(np.fft.rfft(agent, size) * np.fft.rfft(path, size))[: len(agent)]
    if echo.drift_ppm:
        stretched = soxr.resample(came, 1e6 + echo.drift_ppm, 1e6, "VHQ")
        came = np.zeros_like(came)
        came[: len(stretched)] = stretched[: len(came)]
    if echo.sometimes:
        came[: len(came) // 2] = 0
    return came.astype(np.float32)


def _said(voice, text: str, rate: int, dbfs: float) -> Float32:
    spoken = soxr.resample(say(voice, str(text)), SAMPLE_RATE, rate)
    return np.asarray(spoken * np.sqrt(10 ** (dbfs / 10) / level(spoken, rate)), np.float32)


def _trimmed(spoken: Float32, rate: int) -> Float32:
    first, last = audible_span(spoken, rate, TRIM_DB)
    return spoken[first:last]


def find(call: EchoedCall) -> tuple[list[Burst], list[Burst], list[Leakage]]:
    """As a recording is measured: in blocks of ten seconds."""
    finder = TwoChannels(call.rate)
    bursts: tuple[list[Burst], list[Burst]] = ([], [])
    for at in range(0, call.audio.shape[1], 10 * call.rate):
        for side, more in zip(bursts, finder.push(call.audio[:, at : at + 10 * call.rate]), strict=True):
            side += more
    for side, more in zip(bursts, finder.finish(), strict=True):
        side += more
    return *bursts, finder.leakages
