"""Make the interruption detector again, step by step, and judge it.

    python -m benchmarks.detector --cache FOLDER [--page PAGE.md] [STEP …]

Steps: ``fetch`` (packages, 0.6 GB), ``clips`` (an hour of one core, most of it Kokoro), ``train``
(half an hour), ``judge`` (some minutes). Without a step: all of them, in this order. What is
already in the cache is not made again. ``train`` needs jax, which it installs below the cache:
it never becomes a dependency of the project.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.detector import recorded, spoken
from benchmarks.detector.card import write_card
from benchmarks.detector.clips import Clip, ClipStore
from benchmarks.detector.examples import draw, joined, loaded
from benchmarks.detector.packages import fetch, python_with_pip
from benchmarks.detector.scenes import Stagehand
from benchmarks.detector.teacher import taught
from livekit_barge.adaptive.weights_file import SHIPPED, Facts, write_weights
from livekit_barge.call.audio import Float32

STEPS = ("fetch", "clips", "train", "judge")
SOURCES = ("kokoro", "recorded", "made", "espeak", "flite", "piper")
LONG_S = 1.0
"""What still sounds after that long is an interruption: see the card."""
_TOOLS = ("jax==0.10.2", "jaxlib==0.10.2", "ml_dtypes", "opt_einsum", "espeakng-loader==0.2.4")
_DRAWS, _SCENES, _EPOCHS = 4, 7_000, 12


def main() -> None:
    """Run the steps that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detector", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--cache", type=Path, required=True, help="folder for packages and clips")
    parser.add_argument("--page", type=Path, help="write the tables into this page")
    parser.add_argument(
        "--most", type=int, default=10_000, help="judge so many of a kind and source"
    )
    asked = parser.parse_args()
    if unknown := set(asked.steps) - set(STEPS):
        parser.error(f"no step is called {', '.join(sorted(unknown))}: {', '.join(STEPS)}")
    asked.cache.mkdir(parents=True, exist_ok=True)
    for step in asked.steps or STEPS:
        {"fetch": _fetch, "clips": _clips, "train": _train, "judge": _judge}[step](asked)


def _fetch(asked: argparse.Namespace) -> None:
    fetch(asked.cache)
    tools = asked.cache / "tools"
    if not tools.exists():
        command = [python_with_pip(), "-m", "pip", "install", "-q", "--no-deps"]
        subprocess.run([*command, "--target", tools, *_TOOLS], check=True, timeout=600)


def _clips(asked: argparse.Namespace) -> None:
    sys.path.append(str(asked.cache / "tools"))
    unpacked = asked.cache / "unpacked"
    recorded.recorded_clips(ClipStore(asked.cache / "recorded"), unpacked)
    recorded.made_clips(ClipStore(asked.cache / "made"))
    spoken.espeak_clips(ClipStore(asked.cache / "espeak"))
    spoken.flite_clips(ClipStore(asked.cache / "flite"), unpacked / "usr" / "bin" / "flite")
    spoken.joe_clips(ClipStore(asked.cache / "piper"))
    spoken.kokoro_clips(ClipStore(asked.cache / "kokoro"), unpacked)


def _train(asked: argparse.Namespace) -> None:
    sys.path.append(str(asked.cache / "tools"))
    from benchmarks.detector.choosing import choose
    from benchmarks.detector.training import fresh, train

    pairs, hand = stage(asked.cache, "train")
    vectors = taught(asked.cache / "unpacked", pairs)
    drawn = [draw(pairs, hand, _SCENES, seed, vectors) for seed in range(_DRAWS)]
    weights = train(fresh(1), joined(drawn), epochs=_EPOCHS, rate=3e-3, seed=3)
    np.savez(asked.cache / "trained.npz", **weights)
    threshold = choose(weights, *stage(asked.cache, "choice"), long_s=LONG_S)
    made_from = f"{len(pairs)} clips in {_DRAWS * _SCENES} scenes"
    write_weights(SHIPPED, weights, Facts(threshold, LONG_S, made_from))
    print(f"threshold {threshold}, SHA-256 {hashlib.sha256(SHIPPED.read_bytes()).hexdigest()}")


def _judge(asked: argparse.Namespace) -> None:
    from benchmarks.detector.tables import tables

    pairs, hand = stage(asked.cache, "judged")
    page, figures = tables(_thinned(pairs, asked.most), hand)
    write_card(figures)
    if asked.page is None:
        print(page)
    else:
        asked.page.parent.mkdir(parents=True, exist_ok=True)
        asked.page.write_text(page, encoding="utf-8")


def _thinned(pairs: list[tuple[Clip, Float32]], most: int) -> list[tuple[Clip, Float32]]:
    """Return at most so many clips of each kind and source."""
    kept: Counter[tuple[str, str]] = Counter()
    chosen = []
    for n in np.random.default_rng(9).permutation(len(pairs)):
        clip = pairs[n][0]
        kept[clip.kind, clip.source] += 1
        if kept[clip.kind, clip.source] <= most:
            chosen.append(pairs[n])
    return chosen


def stage(cache: Path, part: str) -> tuple[list[tuple[Clip, Float32]], Stagehand]:
    """Return the clips of a part, and a stagehand whose crowds and streets are of the same part."""
    pairs = loaded([ClipStore(cache / name) for name in SOURCES], part)
    speech = [s for clip, s in pairs if clip.kind in ("sentence", "prompt", "talk", "command")]
    streets = [s for clip, s in pairs if clip.source == "made" and clip.kind == "noise"]
    return pairs, Stagehand(speech, streets)


if __name__ == "__main__":
    main()
