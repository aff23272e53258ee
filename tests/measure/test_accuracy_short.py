"""A dozen sentences whose edges are known to the sample: how far off they are dated, and how often
the truth lies within the stated uncertainty.

The long form is ``make accuracy``. A *cut* sentence begins and ends where it is well audible, as
when an agent is stopped in mid-word: its truth is where it was cut. A *natural* one keeps its soft
edges: its truth is where it crosses the audibility margin. Files are read as recordings are.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import soundfile
import soxr

from benchmarks.corpus.laying import TRIM_DB, audible_span
from livekit_barge.call.audio import to_float
from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB
from livekit_barge.hearing.speech_finder import SpeechFinder
from livekit_barge.intake.decode import decode, probe
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

VOICES = ("joe", "joe-high", "joe-low")
SENTENCES = ("Go ahead.", "I would like to cancel.", "Please stop.", "What about Friday?")
QUIET_S = 1.25
"""Between two sentences."""


@dataclass(frozen=True)
class Condition:
    """What is done to the sentences before they are heard, and how well they are then dated."""

    name: str
    onset_ms: float
    """No onset is dated further off than this …"""
    end_ms: float
    """… and no end."""
    held: int
    """So many of the 24 edges lie within their stated uncertainty, at least …"""
    stated_ms: tuple[float, float]
    """… which is no more than this, in the middle of the onsets and of the ends."""
    natural: bool = False
    rate: int = SAMPLE_RATE
    noise_dbfs: float | None = None
    file: tuple[str, str] = ("WAV", "PCM_16")


CONDITIONS = (
    Condition("cut", 0.5, 0.5, 24, (2.0, 2.6)),
    Condition("cut, noise", 9.0, 2.0, 24, (28.0, 70.0), noise_dbfs=-50.0),
    Condition("cut, µ-law", 1.0, 1.0, 24, (2.5, 4.0), False, 8_000, -65.0, ("WAV", "ULAW")),
    Condition("cut, Opus", 2.5, 4.0, 24, (10.5, 61.0), noise_dbfs=-65.0, file=("OGG", "OPUS")),
    Condition("natural", 2.5, 4.5, 24, (3.0, 8.0), natural=True),
    Condition("natural, noise", 5.0, 40.0, 24, (29.0, 72.0), natural=True, noise_dbfs=-50.0),
    Condition("natural, Opus", 2.5, 5.0, 24, (10.5, 61.0), True, file=("OGG", "OPUS")),
)


@dataclass(frozen=True)
class Edge:
    """A dated edge: its error, and the uncertainty that is stated of it."""

    error_s: float
    stated_s: float


@cache
def sentence(voice: str, text: str, rate: int, natural: bool) -> tuple[np.ndarray, int, int]:
    """A sentence with its first audible sample, and the end of its last."""
    spoken = to_float(voice_named(voice).speak(text).samples)
    spoken = np.asarray(soxr.resample(spoken, SAMPLE_RATE, rate), dtype=np.float32)
    first, last = audible_span(spoken, rate, AUDIBLE_MARGIN_DB if natural else TRIM_DB)
    return (spoken, first, last) if natural else (spoken[first:last], 0, last - first)


def lay(rate: int, natural: bool) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """All sentences with silence between them, and where each begins and ends, in seconds."""
    pieces, truth, at = [], [], 0
    quiet = np.zeros(round(QUIET_S * rate), np.float32)
    for voice, text in itertools.product(VOICES, SENTENCES):
        spoken, first, last = sentence(voice, text, rate, natural)
        at += len(quiet)
        truth.append(((at + first) / rate, (at + last) / rate))
        at += len(spoken)
        pieces += [quiet, spoken]
    return np.concatenate([*pieces, quiet]), truth


def dated(condition: Condition, folder: Path) -> tuple[list[Edge], list[Edge]]:
    """The onsets and the ends of the sentences, in the condition."""
    audio, truth = lay(condition.rate, condition.natural)
    if condition.noise_dbfs is not None:
        noise = np.random.default_rng(1).normal(0, 10 ** (condition.noise_dbfs / 20), len(audio))
        audio = np.asarray(audio + noise, dtype=np.float32)
    path = folder / "call"
    kind, subtype = condition.file
    soundfile.write(path, np.clip(audio, -1, 1), condition.rate, format=kind, subtype=subtype)
    found = probe(path)
    finder = SpeechFinder(found.sample_rate)
    bursts = [burst for block in decode(path, found) for burst in finder.push(block[0])]
    bursts += finder.finish()
    onsets, ends = [], []
    for onset_s, end_s in truth:
        mine = [burst for burst in bursts if burst.onset_s < end_s and burst.end_s > onset_s]
        first, last = mine[0], mine[-1]
        stated_s = math.hypot(first.onset_uncertainty_s, found.edge_blur_s)
        onsets.append(Edge(first.onset_s - onset_s, stated_s))
        ends.append(Edge(last.end_s - end_s, math.hypot(last.end_uncertainty_s, found.end_blur_s)))
    return onsets, ends


@pytest.mark.parametrize("condition", CONDITIONS, ids=[each.name for each in CONDITIONS])
def test_a_dozen_sentences_are_dated_as_well_as_is_stated(condition, tmp_path):
    onsets, ends = dated(condition, tmp_path)
    worst_ms = [1000 * max(abs(edge.error_s) for edge in side) for side in (onsets, ends)]
    stated_ms = [1000 * median(edge.stated_s for edge in side) for side in (onsets, ends)]
    held = sum(abs(edge.error_s) <= edge.stated_s for edge in onsets + ends)
    assert worst_ms[0] <= condition.onset_ms
    assert worst_ms[1] <= condition.end_ms
    assert held >= condition.held
    assert stated_ms[0] <= condition.stated_ms[0]
    assert stated_ms[1] <= condition.stated_ms[1]
