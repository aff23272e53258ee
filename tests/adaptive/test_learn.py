"""Learning from labelled overlaps: what is fitted when, and by whom a fit is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livekit_barge.adaptive.detector import Detector
from livekit_barge.adaptive.learn import Example, learn, level_for
from livekit_barge.adaptive.mel import SAMPLE_RATE
from livekit_barge.errors import LearningError


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load()


def tone(hertz: float, seconds: float, seed: int) -> Example:
    """A low hum or a high one on a faint line, from 0.3 s on."""
    dice = np.random.default_rng(seed)
    line = dice.normal(0, 1e-4, round(1.2 * SAMPLE_RATE))
    at_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hum = sum(
        np.sin(2 * np.pi * n * hertz * dice.uniform(0.95, 1.05) * at_s) / n for n in (1, 2, 3)
    )
    first = round(0.3 * SAMPLE_RATE)
    line[first : first + len(hum)] += 0.1 * hum
    return Example(line.astype(np.float32), 0.3, hertz > 300, f"call {seed % 10}")


def tones(each: int) -> list[Example]:
    """As many low hums, which are backchannels here, as high ones, which are interruptions."""
    return [tone(hertz, 0.5, n) for n in range(each) for hertz in (120.0, 700.0)]


@pytest.mark.parametrize(
    ("interruptions", "others", "level"),
    [(30, 500, "threshold"), (80, 80, "scale"), (500, 199, "scale"), (200, 200, "head")],
)
def test_the_rarer_class_decides_what_is_fitted(
    interruptions: int, others: int, level: str
) -> None:
    assert level_for(interruptions, others) == level


@pytest.mark.parametrize(("interruptions", "others"), [(29, 500), (500, 29), (0, 0)])
def test_too_few_examples_are_refused_with_the_number_wanted(
    interruptions: int, others: int
) -> None:
    with pytest.raises(LearningError, match=r"too few to learn from – .* 30 of each"):
        level_for(interruptions, others)


def test_examples_of_one_call_are_refused(detector: Detector) -> None:
    with pytest.raises(LearningError, match="1 calls are too few"):
        learn(detector, [replace(one, call="the only one") for one in tones(30)])


def test_a_threshold_leaves_the_weights_as_they_were(detector: Detector) -> None:
    learned = learn(detector, tones(30))
    assert learned.level == "threshold"
    assert learned.detector.weights is detector.weights


def test_a_head_learns_what_the_shipped_one_cannot_tell_apart(detector: Detector) -> None:
    learned = learn(detector, tones(200))
    assert learned.level == "head"
    assert learned.better
    assert (learned.judged.found, learned.judged.false) == (200, 0)


def test_labels_that_mean_nothing_are_not_found_to_be_better(detector: Detector) -> None:
    dice = np.random.default_rng(3)
    examples = [replace(tone(300, 0.5, n), interrupts=bool(dice.random() < 0.5)) for n in range(90)]
    learned = learn(detector, examples)
    assert learned.judged.cost > 0.5 * learned.judged.others


def test_the_same_examples_give_the_same_detector(detector: Detector) -> None:
    first, second = (learn(detector, tones(80)).detector for _ in "ab")
    assert first.threshold == second.threshold
    assert np.array_equal(first.weights["out.w"], second.weights["out.w"])


def test_a_learned_detector_says_what_it_was_made_from(detector: Detector) -> None:
    made_from = learn(detector, tones(30)).detector.made_from
    assert made_from.startswith("60 overlaps of 10 calls (threshold), on: ")
