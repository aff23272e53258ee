"""Training examples: levels of drawn scenes, with a target and a weight for each 25 ms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.detector.clips import Clip, ClipStore, trimmed
from benchmarks.detector.scenes import LENGTH, Stagehand, drawn
from benchmarks.detector.teacher import DIMENSIONS, FRAME_S
from livekit_barge.adaptive.mel import STEP, band_levels
from livekit_barge.call.audio import Float32

RATE = 16_000
STEPS = LENGTH // STEP

SHARES = {
    "hum": 0.13, "word": 0.19, "laugh": 0.04, "cough": 0.04, "grunt": 0.03, "noise": 0.06,
    "taught": 0.14, "command": 0.13, "sentence": 0.12, "but": 0.06, "prompt": 0.04, "shout": 0.02,
}  # fmt: skip
"""How often a kind is drawn."""
_SOURCES = {"kokoro": 6.0, "recorded": 3.0, "made": 1.5, "espeak": 1.0, "flite": 1.0, "piper": 3.0}

LATE_S = 0.1
_EARLIER = 0.15
"""How often an earlier sound of the caller's lies before the onset."""
_UNCLEAR_S = {"but": 0.5, "default": 0.15}
"""Until then after the onset nothing is asked of an interruption: it could be anything yet."""
_ANSWERED_S = 0.5
"""How long after its end LiveKit still asks."""


@dataclass(frozen=True)
class Examples:
    """Levels (n, 2·steps, 40) as float16, targets and weights (n, steps)."""

    levels: np.ndarray
    targets: Float32
    weights: Float32
    taught: np.ndarray | None = None
    """The teacher's vectors (n, steps, dimensions) as float16, 0.1 s late; 0 outside the clip."""


def draw(
    pairs: list[tuple[Clip, Float32]],
    hand: Stagehand,
    count: int,
    seed: int,
    vectors: Mapping[str, np.ndarray],
) -> Examples:
    """Draw ``count`` scenes from clips, kind by kind; ``vectors`` are the teacher's, by clip."""
    rng = np.random.default_rng(seed)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for n, (clip, _) in enumerate(pairs):
        by_kind[clip.kind].append(n)
    kinds = [kind for kind in SHARES if by_kind[kind]]
    chance = np.array([SHARES[kind] for kind in kinds])
    odds = {k: np.array([_SOURCES[pairs[n][0].source] for n in by_kind[k]]) for k in kinds}
    levels = np.empty((count, 2 * STEPS, 40), np.float16)
    targets, weights = (np.zeros((count, STEPS), np.float32) for _ in "ab")
    taught = np.zeros((count, STEPS, DIMENSIONS), np.float16)
    for n in range(count):
        kind = str(rng.choice(kinds, p=chance / chance.sum()))
        clip, samples = pairs[rng.choice(by_kind[kind], p=odds[kind] / odds[kind].sum())]
        whole = samples
        samples = varied(clip, samples, rng)
        before = pairs[rng.integers(len(pairs))][1] if rng.random() < _EARLIER else None
        scene = hand.lay(samples, condition := drawn(rng), rng, before=before)
        levels[n] = band_levels(scene.samples)
        targets[n], weights[n] = asked(clip, scene.onset_s, scene.end_s)
        if before is not None:
            weights[n, : round(scene.onset_s * RATE / STEP)] = 0
        if samples is whole and clip.name in vectors:
            taught[n] = _late(vectors[clip.name], scene.onset_s, condition.pitch)
    return Examples(levels, targets, weights, taught)


def _late(vectors: np.ndarray, onset_s: float, pitch: float) -> np.ndarray:
    """Return the teacher's vector of 0.1 s before each step's end; 0 outside the clip."""
    at_s = ((np.arange(STEPS) + 1) * STEP / RATE - onset_s - LATE_S) * pitch
    frames = np.floor(at_s / FRAME_S).astype(int)
    inside = (frames >= 0) & (frames < len(vectors))
    found = np.zeros((STEPS, vectors.shape[1]), np.float16)
    found[inside] = vectors[frames[inside]]
    return found


def varied(clip: Clip, samples: Float32, rng: np.random.Generator) -> Float32:
    """Return a sentence from a later word on, or a hum twice: more openings from the same clips."""
    if clip.kind in ("sentence", "prompt") and len(samples) > 1.2 * RATE and rng.random() < 0.4:
        grain = RATE // 50
        power = np.square(samples[: len(samples) // grain * grain].reshape(-1, grain)).mean(axis=1)
        first = int(rng.integers(10, len(power) - 40))
        first += int(np.argmin(power[first : first + 10]))
        samples = trimmed(samples[first * grain :])
    elif clip.kind in ("hum", "word", "cough", "grunt") and rng.random() < 0.12:
        gap = np.zeros(round(rng.uniform(0.08, 0.35) * RATE), np.float32)
        samples = np.concatenate([samples, gap, samples * np.float32(rng.uniform(0.6, 1.2))])
    return samples


def asked(clip: Clip, onset_s: float, end_s: float) -> tuple[Float32, Float32]:
    """Return the target and the weight of every step."""
    at_s = (np.arange(STEPS) + 1) * STEP / RATE
    if not clip.interrupts:
        return np.zeros(STEPS, np.float32), np.where(at_s < onset_s, 0.3, 1.0).astype(np.float32)
    late = clip.kind == "but" or clip.text.startswith(("um ", "uh ", "um,", "uh,"))
    unclear_s = _UNCLEAR_S["but" if late else "default"]
    since_s = at_s - onset_s
    target = (since_s >= 0).astype(np.float32)
    weight = np.where(since_s < 0, 0.3, np.clip((since_s - unclear_s) / 0.15, 0, 1))
    weight[at_s > end_s + _ANSWERED_S] = 0
    return target, weight.astype(np.float32)


def loaded(stores: list[ClipStore], part: str) -> list[tuple[Clip, Float32]]:
    """Return the clips of a part with their samples."""
    return [(c, store.samples(c)) for store in stores for c in store if c.part == part]


def joined(drawn: Sequence[Examples]) -> Examples:
    """Return several draws as one."""
    names = ("levels", "targets", "weights", "taught")
    return Examples(*(np.concatenate([getattr(one, name) for one in drawn]) for name in names))
