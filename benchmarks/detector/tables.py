"""The tables of a detector's figures, in Markdown, all of them from one hearing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.detector.clips import Clip
from benchmarks.detector.judging import CONDITIONS, Heard, false, hear, recall, times_s
from benchmarks.detector.kokoro import ACCENTS
from benchmarks.detector.scenes import Stagehand
from livekit_barge.adaptive.detector import Detector
from livekit_barge.call.audio import Float32

BACKCHANNELS, NOISES = ("hum", "word"), ("laugh", "cough", "grunt", "noise")
_KINDS = {
    "taught": "taught command, voices never heard",
    "command": "command or question never heard",
    "sentence": "sentence",
    "but": "“yeah, but …”",
    "prompt": "recorded prompt",
    "talk": "recorded talk",
    "shout": "recorded shout of a game",
    "hum": "hum",
    "word": "backchannel of words",
    "laugh": "laugh",
    "cough": "cough, cleared throat",
    "grunt": "recorded grunt",
    "noise": "keys, music, traffic, effects",
}


def tables(pairs: Sequence[tuple[Clip, Float32]], hand: Stagehand) -> tuple[str, str]:
    """Hear every judged clip; return the page, and the figures for the card."""
    detector = Detector.load()
    heard = hear(detector, pairs, hand, share=0.07)
    at, long_s = detector.threshold, detector.long_s
    clean = [one for one in heard if one.condition == CONDITIONS[0].name]
    speakers = {one.clip.speaker for one in heard}
    by_kind = _rows(clean, lambda one: _KINDS[one.clip.kind], at, long_s, list(_KINDS.values()))
    by_condition = _rows(heard, lambda one: one.condition, at, long_s, [c.name for c in CONDITIONS])
    parts = [
        "# The detector's figures\n",
        f"Made by `python -m benchmarks.detector judge`: {len(clean)} clips of {len(speakers)}"
        f" speakers and sounds that took no part in training or in the choice of the threshold,"
        f" {len(heard)} scenes. Threshold {at:.2f}, two probabilities in a row; what sounds for"
        f" {long_s:.1f} s is"
        " an interruption. Shares with Wilson's interval of 95 %; scenes of one clip in several"
        " conditions are not independent, so intervals over all conditions are too narrow.\n",
        "## Limits, all conditions\n",
        _curve(heard, long_s),
        "## By kind, clean\n",
        by_kind,
        "## By kind, all conditions\n",
        _rows(heard, lambda one: _KINDS[one.clip.kind], at, long_s, list(_KINDS.values())),
        "## By condition\n",
        by_condition,
        "## By source\n",
        _rows(heard, _source, at, long_s, sorted({_source(one) for one in heard})),
        "## After so long, clean\n",
        _by_length(clean, at),
        "## Missed and falsely stopped most often\n",
        _worst(heard, at, long_s),
        "## Cost\n",
        _cost(detector),
    ]
    return "\n".join(parts), "\n".join([parts[1], by_kind, by_condition])


def _curve(heard: Sequence[Heard], long_s: float) -> str:
    rows = [
        "| threshold | recall within 1.0 s | false, backchannels | false, noises | median | p90 |",
        "|---|---|---|---|---|---|",
    ]
    for at in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        rows.append(
            f"| {at} | {recall(heard, at, long_s)} | {_of(heard, BACKCHANNELS, at, long_s)} |"
            f" {_of(heard, NOISES, at, long_s)} | {_times(heard, at, long_s)} |"
        )
    return "\n".join(rows) + "\n"


def _rows(
    heard: Sequence[Heard],
    name: Callable[[Heard], str],
    at: float,
    long_s: float,
    order: Sequence[str],
) -> str:
    rows = [
        "| | recall within 1.0 s | false stops | median | p90 |",
        "|---|---|---|---|---|",
    ]
    for label in order:
        some = [one for one in heard if name(one) == label]
        if some:
            rows.append(
                f"| {label} | {recall(some, at, long_s)} | {false(some, at, long_s)} |"
                f" {_times(some, at, long_s)} |"
            )
    return "\n".join(rows) + "\n"


def _by_length(heard: Sequence[Heard], at: float) -> str:
    rows = [
        "| long_s | recall within 1.0 s | false, backchannels | false, noises |",
        "|---|---|---|---|",
    ]
    for long_s in (0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 9.0):
        rows.append(
            f"| {'never' if long_s > 3 else long_s} | {recall(heard, at, long_s)} |"
            f" {_of(heard, BACKCHANNELS, at, long_s)} | {_of(heard, NOISES, at, long_s)} |"
        )
    return "\n".join(rows) + "\n"


def _worst(heard: Sequence[Heard], at: float, long_s: float) -> str:
    missed, stopped = Counter[str](), Counter[str]()
    for one in heard:
        named = f"{one.clip.text or one.clip.speaker} ({one.clip.source})"
        found = one.verdict_s(at, long_s)
        if one.clip.interrupts and (found is None or found > 1.0):
            missed[named] += 1
        elif not one.clip.interrupts and found is not None:
            stopped[named] += 1
    lines = [
        f"{title}: "
        + ", ".join(f"{name} {count}" for name, count in counts.most_common(20))
        + ".\n"
        for title, counts in (("Missed", missed), ("Falsely stopped", stopped))
    ]
    return "\n".join(lines)


def _cost(detector: Detector) -> str:
    rng = np.random.default_rng(0)
    rows = ["| request | CPU, median | p95 |", "|---|---|---|"]
    for seconds in (1.2, 2.0, 3.0):
        audio = rng.normal(0, 0.05, round(seconds * 16_000)).astype(np.float32)
        spent = []
        for _ in range(300):
            begun = time.process_time()
            detector.probabilities(audio)
            spent.append(1_000 * (time.process_time() - begun))
        rows.append(
            f"| {seconds} s | {np.median(spent):.1f} ms | {np.quantile(spent, 0.95):.1f} ms |"
        )
    return "\n".join(rows) + "\n"


def _of(heard: Sequence[Heard], kinds: Sequence[str], at: float, long_s: float) -> str:
    return str(false([one for one in heard if one.clip.kind in kinds], at, long_s))


def _times(heard: Sequence[Heard], at: float, long_s: float) -> str:
    found = times_s(heard, at, long_s)
    if not found:
        return "– | –"
    return f"{np.median(found):.2f} s | {np.quantile(found, 0.9):.2f} s"


def _source(one: Heard) -> str:
    if one.clip.source == "kokoro":
        accent = one.clip.speaker[0] in ACCENTS
        return "Kokoro, English with an accent" if accent else "Kokoro, English"
    if one.clip.source == "recorded" and one.clip.kind == "noise":
        return "recorded sounds"
    names = {
        "recorded": "recorded people",
        "made": "made sounds",
        "flite": "flite, Scottish",
        "piper": "the stage's voices (Piper)",
    }
    return names[one.clip.source]
