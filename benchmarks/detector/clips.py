"""The clips: each said or recorded once, trimmed, 16 kHz, in a cache that a stopped run continues.

A clip's first sample is its first audible one (40 dB under its loudest 20 ms), so times after the
onset need no guess.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Float32

RATE = 16_000
_TRIM_DB = 40.0


@dataclass(frozen=True)
class Clip:
    """One utterance or sound, and what is known about it."""

    name: str
    """Its file below ``clips/``."""
    part: str
    """``train``, ``choice`` or ``judged``."""
    kind: str
    """``hum``, ``word``, ``laugh``, ``sound`` | ``taught``, ``command``, ``sentence``, …"""
    interrupts: bool
    speaker: str
    source: str
    text: str


class ClipStore:
    """The folder of clips and the list of them, a line each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "clips"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._list = folder / "clips.jsonl"
        self._names = {clip.name for clip in self}

    def __iter__(self) -> Iterator[Clip]:
        if self._list.exists():
            for line in self._list.read_text(encoding="utf-8").splitlines():
                yield Clip(**json.loads(line))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, clip: Clip, samples: Float32) -> None:
        """Keep ``samples`` (float, 16 kHz) trimmed, at full scale; silence is not kept."""
        kept = trimmed(samples)
        if len(kept) < 0.04 * RATE:
            return
        np.save(self._folder / f"{clip.name}.npy", (kept * 32_767).astype(np.int16))
        with self._list.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(clip), ensure_ascii=False) + "\n")
        self._names.add(clip.name)

    def samples(self, clip: Clip) -> Float32:
        """Return the clip, float, its loudest sample at 1."""
        return np.load(self._folder / f"{clip.name}.npy").astype(np.float32) / 32_767


def trimmed(samples: Float32) -> Float32:
    """Return ``samples`` from the first audible 5 ms to the last, the loudest sample at 1."""
    grain = RATE // 200
    rows = samples[: len(samples) // grain * grain].reshape(-1, grain)
    if not rows.size or not (peak := float(np.abs(samples).max())):
        return samples[:0]
    power = np.convolve(np.square(rows).mean(axis=1), np.ones(4) / 4, "same")
    audible = np.flatnonzero(power > power.max() * 10 ** (-_TRIM_DB / 10))
    return samples[audible[0] * grain : (audible[-1] + 1) * grain] / peak
