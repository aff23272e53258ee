"""The judging of a detector: what LiveKit would have heard, asked when LiveKit asks.

LiveKit asks for the first time 0.1 s after its VAD reports speech, never before 0.2 s after the
first audible sample, then every 0.1 s until the VAD reports the end. A verdict is the first request
whose audio holds two probabilities in a row at or above the threshold, or in which one burst has
lasted ``long_s``. It counts for an interruption within 1.0 s, against a backchannel at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.detector.clips import Clip
from benchmarks.detector.overlap import overlap_s
from benchmarks.detector.scenes import Condition, Stagehand
from livekit_barge.adaptive.detector import STEP_S, Detector
from livekit_barge.call.audio import Float32

RATE = 16_000
ONSET_S, LENGTH = 1.0, 3 * RATE
FIRST_S, EVERY_S, AFTER_S, WITHIN_S = 0.2, 0.1, 0.55, 1.0

CONDITIONS = (
    Condition("clean"),
    Condition("phone line, 20 dB", phone=True, snr_db=20),
    Condition("pink noise 10 dB", snr_db=10),
    Condition("crowd 10 dB", snr_db=10, noise="crowd"),
    Condition("soft voice, −45 dBFS", level_dbfs=-45, snr_db=25),
    Condition("agent's echo 15 dB under", snr_db=15, noise="echo"),
    Condition("room 0.5 s", room_s=0.5, snr_db=30),
)


@dataclass(frozen=True)
class Heard:
    """A clip in a condition, and the probabilities of the overlap that LiveKit opens on it."""

    clip: Clip
    condition: str
    probabilities: Float32
    """One per 25 ms, from the onset to the overlap's end; empty where the VAD hears nothing."""
    first_s: float
    """When LiveKit asks for the first time, from the onset."""
    burst_s: float
    """How long the first burst lasts."""

    def verdict_s(self, threshold: float, long_s: float) -> float | None:
        """Return when a request first finds an interruption, or ``None``."""
        above = self.probabilities >= threshold
        both = np.flatnonzero(above[1:] & above[:-1])
        ready_s = (both[0] + 2) * STEP_S if len(both) else np.inf
        if len(above) and self.burst_s >= long_s:
            ready_s = min(ready_s, long_s)
        if ready_s == np.inf:
            return None
        late = max(0, int(np.ceil((ready_s - self.first_s) / EVERY_S - 1e-6)))
        return round(self.first_s + EVERY_S * late, 3)


def hear(
    detector: Detector,
    pairs: Sequence[tuple[Clip, Float32]],
    hand: Stagehand,
    conditions: Sequence[Condition] = CONDITIONS,
    *,
    share: float = 1.0,
    seed: int = 11,
) -> list[Heard]:
    """Play every clip in every condition; after the first condition only a share of the clips."""
    heard = []
    for number, condition in enumerate(conditions):
        rng = np.random.default_rng([seed, number])
        for clip, whole in pairs:
            if number and rng.random() >= share:
                continue
            samples = whole[: LENGTH - round((ONSET_S + AFTER_S) * RATE)]
            scene = hand.lay(samples, condition, rng, onset_s=ONSET_S, length=LENGTH)
            opened = overlap_s(scene.samples, ONSET_S)
            if opened is None:
                heard.append(Heard(clip, condition.name, np.zeros(0, np.float32), 0.0, 0.0))
                continue
            found = detector.probabilities(scene.samples, ONSET_S)
            first, last = round(ONSET_S / STEP_S), round(opened[1] / STEP_S)
            asked_s = max(FIRST_S, opened[0] - ONSET_S + EVERY_S)
            burst_s = first_burst_s(samples)
            heard.append(Heard(clip, condition.name, found[first:last], asked_s, burst_s))
    return heard


@dataclass(frozen=True)
class Share:
    """A count out of a count, with Wilson's interval of 95 %."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the lower and the upper bound."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.count / self.of
        middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return float((middle - spread) / (1 + z * z / n)), float(
            (middle + spread) / (1 + z * z / n)
        )

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.count}/{self.of} = {self.count / self.of:.3f} [{low:.3f}, {high:.3f}]"


def recall(heard: Sequence[Heard], threshold: float, long_s: float) -> Share:
    """Return how many interruptions got a verdict within 1.0 s."""
    asked = [one for one in heard if one.clip.interrupts]
    found = [one.verdict_s(threshold, long_s) for one in asked]
    return Share(sum(1 for at_s in found if at_s is not None and at_s <= WITHIN_S), len(asked))


def false(heard: Sequence[Heard], threshold: float, long_s: float) -> Share:
    """Return how many others got one at any time before the overlap's end."""
    asked = [one for one in heard if not one.clip.interrupts]
    return Share(sum(one.verdict_s(threshold, long_s) is not None for one in asked), len(asked))


def times_s(heard: Sequence[Heard], threshold: float, long_s: float) -> list[float]:
    """Return the verdicts' times of the interruptions that were found, sorted."""
    found = [one.verdict_s(threshold, long_s) for one in heard if one.clip.interrupts]
    return sorted(at_s for at_s in found if at_s is not None)


def first_burst_s(samples: Float32) -> float:
    """Return how long a clean clip sounds before its first gap of 0.2 s (25 dB under its peak)."""
    grain = RATE // 100
    rows = samples[: len(samples) // grain * grain].reshape(-1, grain)
    power = np.square(rows).mean(axis=1)
    sounds = np.flatnonzero(power > power.max() * 10**-2.5)
    gaps = np.flatnonzero(np.diff(sounds) > 20)
    last = sounds[gaps[0]] if len(gaps) else sounds[-1]
    return float(last + 1) / 100
