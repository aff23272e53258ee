"""Sentences laid on a timeline, and the truth: which sample is the first audible one.

*Trimmed* speech is cut where it is 20 dB under its active level, so its truth is where it was cut,
as when an agent is stopped in mid-word. *Natural* speech keeps its soft edges, and its truth is
where the clean sentence crosses the audibility margin D.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from benchmarks.corpus.spoiling import NONE, Blur, Spoil
from benchmarks.corpus.talkers import RATE, talkers
from livekit_barge.call.audio import Float32
from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB
from livekit_barge.hearing.levels import active_power, smooth

SPEECH_DBFS = -20.0
TRIM_DB = 20.0
FRAME_S = 0.0025


@dataclass(frozen=True)
class Laid:
    """A sentence on the timeline: its first audible sample, and the end of its last."""

    onset_s: float
    end_s: float


@dataclass(frozen=True)
class Condition:
    """What is done to speech before it is measured."""

    name: str
    trimmed: bool = True
    speech_dbfs: float = SPEECH_DBFS
    rate: int = RATE
    spoils: tuple[Spoil, ...] = ()
    said_by: str | None = None
    """Only talkers of this tool."""
    soft: bool = False
    """Only sentences that begin with /h/ or /s/."""


def lay(condition: Condition, part: str) -> Iterator[tuple[Float32, Blur, list[Laid]]]:
    """A call by each talker: its audio, how far its codec spreads edges in seconds, the truth."""
    for number, talker in enumerate(talkers(part)):
        dice = np.random.default_rng([number, len(part)])
        rate, pieces, laid, at = condition.rate, [], [], 0
        if condition.said_by not in (None, talker.tool):
            continue
        for said in talker.says(part, soft=condition.soft):
            spoken = soxr.resample(said, RATE, rate)
            spoken *= np.sqrt(10 ** (condition.speech_dbfs / 10) / level(spoken, rate))
            margin_db = TRIM_DB if condition.trimmed else AUDIBLE_MARGIN_DB
            first, last = audible_span(spoken, rate, margin_db)
            if condition.trimmed:
                spoken, first, last = spoken[first:last], 0, last - first
            quiet = np.zeros(int(dice.uniform(1.0, 2.0) * rate), dtype=np.float32)
            at += len(quiet)
            laid.append(Laid((at + first) / rate, (at + last) / rate))
            at += len(spoken)
            pieces += [quiet, spoken]
        if not laid:
            continue
        audio = np.concatenate([*pieces, np.zeros(rate, dtype=np.float32)]).astype(np.float32)
        blur_s = NONE
        for spoil in condition.spoils:
            audio, more_s = spoil(audio, rate, dice)
            blur_s = max(blur_s, more_s)  # of one codec at most
        yield np.asarray(audio, dtype=np.float32), blur_s, laid


def audible_span(spoken: Float32, rate: int, margin_db: float) -> tuple[int, int]:
    """First audible sample and end of the last: active level less a margin, over 2.5 and 10 ms."""
    least = level(spoken, rate) * 10 ** (-margin_db / 10)
    loud = np.flatnonzero(
        (power_around(spoken, rate, FRAME_S) >= least) & (power_around(spoken, rate, 0.01) >= least)
    )
    return int(loud[0]), int(loud[-1]) + 1


def power_around(spoken: Float32, rate: int, width_s: float) -> np.ndarray:
    """The mean square around each sample."""
    half = round(rate * width_s / 2)
    sums = np.cumsum(np.square(np.pad(spoken, (half + 1, half)), dtype=np.float64))
    return np.asarray((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1))


def level(spoken: Float32, rate: int) -> float:
    """Active power."""
    frame = round(rate * FRAME_S)
    frames = spoken[: len(spoken) // frame * frame].reshape(-1, frame)
    return active_power(smooth(np.square(frames, dtype=np.float64).mean(axis=1)))
