"""Calls with an echo, each edge of which is known to the sample, and how near it they are dated.

    python -m benchmarks.echoes [--part tuning] [--count 8]

An agent speaks; its voice comes back on the caller's channel later and quieter, through a room (a
first arrival, then a tail that fades by 60 dB in 0.3 s). The caller speaks over the agent at known
samples, and at times while it is quiet. Sentences, voices and gaps are drawn by a seed; ``tuning``
and ``report`` share no sentence. Speech is trimmed where it is 20 dB under its active level, so its
truth is where it was cut; and so is a sentence at a pause of a quarter of a second ("Uh, never
mind."), whose parts are bursts of their own: one that is not heard is missed, and no onset is late
by the pause. In a second call of each kind the caller says nothing: every burst that is found there
is echo.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import soxr
from rich.console import Console
from rich.table import Table

from benchmarks.corpus.laying import FRAME_S, TRIM_DB, Laid, level, power_around
from benchmarks.corpus.spoiling import mu_law
from benchmarks.corpus.talkers import SENTENCES as CALLER_SAYS
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.edges import bridged, runs
from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.hearing.two_channels import TwoChannels
from livekit_barge.stage.voices import SAMPLE_RATE, VOICES, Voice

SPEECH_DBFS = -20.0
NOISE_DBFS = -65.0
TURNS = 6
PAUSE_S = 0.25
SENTENCES = {"tuning": CALLER_SAYS["tuning"], "report": CALLER_SAYS["figures"]}
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
    """By how much the echo's clock is slower."""
    sometimes: bool = False
    """In the second half of the call only."""


@dataclass(frozen=True)
class EchoedCall:
    """Two channels, the caller's first, and what is in them."""

    rate: int
    audio: Float32
    caller: tuple[Laid, ...]
    agent: tuple[Laid, ...]
    echo: Echo


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
            line = said(voices[agent_voice], str(text), rate, SPEECH_DBFS)
            spoken.append((1, at, line))
            at += len(line) + round(dice.uniform(0.25, 0.5) * rate)
        over = said(voices[caller_voice], str(dice.choice(SENTENCES[part])), rate, caller_dbfs)
        after = said(voices[caller_voice], str(dice.choice(SENTENCES[part])), rate, caller_dbfs)
        if callers:
            spoken.append((0, length + round(dice.uniform(0.15, 0.6) * (at - length)), over))
        length = at + round(dice.uniform(1.0, 2.0) * rate)
        if callers and dice.random() < 0.5:
            spoken.append((0, length, after))
            length += len(after) + round(dice.uniform(0.8, 1.5) * rate)
    audio = np.zeros((2, length + rate), dtype=np.float32)
    laid: tuple[list[Laid], list[Laid]] = ([], [])
    for channel, at, line in spoken:
        audio[channel, at : at + len(line)] += line
        laid[channel].extend(Laid((at + a) / rate, (at + b) / rate) for a, b in parts(line, rate))
    audio[0] += returned(audio[1], echo, rate, dice)
    audio[0] += dice.normal(0, 10 ** (noise_dbfs / 20), audio.shape[1])
    if coded:
        audio = np.stack([mu_law(side, rate, dice)[0] for side in audio])
    audio = to_float(np.round(np.clip(audio, -1, 1) * 32767).astype(np.int16))
    return EchoedCall(rate, audio, tuple(laid[0]), tuple(laid[1]), echo)


def returned(agent: Float32, echo: Echo, rate: int, dice: np.random.Generator) -> Float32:
    """What comes back of the agent."""
    tail = np.zeros(max(round(echo.tail_s * rate), 1))
    tail[0] = 1.0
    if echo.tail_s:
        fade = 10 ** (-3 * np.arange(len(tail)) / len(tail))
        tail += dice.normal(0, 0.12 * np.sqrt(8_000 / rate), len(tail)) * fade
    tail *= 10 ** (echo.level_db / 20) / np.sqrt(np.square(tail).sum())
    path = np.concatenate([np.zeros(round(echo.delay_s * rate)), tail])
    size = 1 << (len(agent) + len(path)).bit_length()
    came = np.fft.irfft(np.fft.rfft(agent, size) * np.fft.rfft(path, size))[: len(agent)]
    if echo.drift_ppm:
        stretched = soxr.resample(came, 1e6 + echo.drift_ppm, 1e6, "VHQ")
        came = np.zeros_like(came)
        came[: len(stretched)] = stretched[: len(came)]
    if echo.sometimes:
        came[: len(came) // 2] = 0
    return came.astype(np.float32)


def said(voice: Voice, text: str, rate: int, dbfs: float) -> Float32:
    """A sentence at a level, trimmed."""
    spoken = soxr.resample(to_float(voice.speak(text).samples), SAMPLE_RATE, rate)
    spoken = np.asarray(spoken * np.sqrt(10 ** (dbfs / 10) / level(spoken, rate)), np.float32)
    trimmed = np.zeros_like(spoken)
    heard = parts(spoken, rate)
    for begin, end in heard:
        trimmed[begin:end] = spoken[begin:end]
    return trimmed[heard[0][0] : heard[-1][1]]


def parts(line: Float32, rate: int) -> list[tuple[int, int]]:
    """Where a sentence is audible: begin and end of what lies between its longer pauses."""
    return bridged(audible(line, rate), round(PAUSE_S * rate))


def audible(line: Float32, rate: int) -> list[tuple[int, int]]:
    """Return begin and end, in samples, of each run that is loud enough to be audible."""
    least = level(line, rate) * 10 ** (-TRIM_DB / 10)
    loud = np.minimum(power_around(line, rate, FRAME_S), power_around(line, rate, 0.01)) >= least
    return runs(loud)


def find(call: EchoedCall) -> tuple[list[Burst], tuple[Leakage, ...]]:
    """The caller's bursts, as a recording is measured: in blocks of ten seconds."""
    finder = TwoChannels(call.rate, patience_s=60.0)
    bursts = []
    for at in range(0, call.audio.shape[1], 10 * call.rate):
        bursts += finder.push(call.audio[:, at : at + 10 * call.rate])[0]
    return bursts + finder.finish()[0], finder.leakages


@dataclass(frozen=True)
class EchoRow:
    """A row of the table: of calls with one kind of echo."""

    name: str
    onset_p95_ms: float
    onset_worst_ms: float
    end_p95_ms: float
    onset_held: float
    """The share of onsets within their stated uncertainty."""
    found: int
    laid: int
    echo_bursts: int
    """Bursts where the caller said nothing, in calls with a caller and in calls without."""
    calls: int
    """Of both."""
    level_db: float | None
    """As it was found; ``None``: it was not."""
    delay_s: float | None


CONDITIONS: tuple[tuple[str, Echo, dict[str, bool | int]], ...] = (
    ("no echo", Echo(-200, 0.12), {}),
    ("echo −20 dB", Echo(-20, 0.12), {}),
    ("echo −25 dB, 0.25 s late", Echo(-25, 0.25), {}),
    ("echo −30 dB, 0.4 s late", Echo(-30, 0.4), {}),
    ("echo −35 dB", Echo(-35, 0.06), {}),
    ("echo −40 dB", Echo(-40, 0.12), {}),
    ("echo −20 dB, 8 kHz µ-law", Echo(-20, 0.2), {"coded": True, "rate": 8_000}),
    ("echo −20 dB, tail 0.5 s", Echo(-20, 0.2, 0.5), {}),
    ("echo −20 dB, drifting 50 ppm", Echo(-20, 0.12, drift_ppm=50), {}),
    ("echo −20 dB, half of the call", Echo(-20, 0.12, sometimes=True), {}),
    ("crosstalk −20 dB", Echo(-20, 0.0, 0.0), {}),
)


def echo_rows(seed: int, count: int, part: str = "report") -> list[EchoRow]:
    """A row for each condition, of ``count`` calls with a caller and as many without."""
    return [
        _row(name, echo, range(seed, seed + count), part, options)
        for name, echo, options in CONDITIONS
    ]


def _row(
    name: str, echo: Echo, seeds: Sequence[int], part: str, options: dict[str, bool | int]
) -> EchoRow:
    onsets, ends, held, laid, false = [], [], 0, 0, 0
    leaks: list[Leakage] = []
    for seed in seeds:
        for callers in (True, False):
            call = echoed_call(echo, part, seed, callers=callers, **options)  # type: ignore[arg-type]
            bursts, leakages = find(call)
            leaks += [leakage for leakage in leakages if leakage.channel == 0]
            laid += len(call.caller)
            for one in call.caller:
                mine = [b for b in bursts if b.onset_s < one.end_s and b.end_s > one.onset_s]
                bursts = [b for b in bursts if b not in mine]
                if mine:
                    onsets.append(abs(mine[0].onset_s - one.onset_s))
                    ends.append(abs(mine[-1].end_s - one.end_s))
                    held += onsets[-1] <= mine[0].onset_uncertainty_s
            false += len(bursts)
    return EchoRow(
        name=name,
        onset_p95_ms=float(np.quantile(onsets, 0.95)) * 1000,
        onset_worst_ms=max(onsets) * 1000,
        end_p95_ms=float(np.quantile(ends, 0.95)) * 1000,
        onset_held=held / len(onsets),
        found=len(onsets),
        laid=laid,
        echo_bursts=false,
        calls=2 * len(seeds),
        level_db=float(np.median([leak.level_db for leak in leaks])) if leaks else None,
        delay_s=float(np.median([leak.delay_s for leak in leaks])) if leaks else None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=AGENT_SAYS, default="report")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    rows = echo_rows(options.seed, options.count, options.part)
    table = Table(*(name for name in asdict(rows[0])))
    for row in rows:
        cells = asdict(row).values()
        table.add_row(*(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells))
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
