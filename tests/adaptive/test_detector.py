"""The shipped detector: causal, stateless, a probability per 25 ms; other files are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from livekit_barge.adaptive.detector import STEP_S, Detector
from livekit_barge.adaptive.mel import SAMPLE_RATE, STEP
from livekit_barge.adaptive.weights_file import SHIPPED, Facts, read_weights, write_weights
from livekit_barge.call.audio import Float32
from livekit_barge.errors import SettingsError
from livekit_barge.stage.noises import make_sound

WEIGHTS_SHA256 = "f388dd9947a54d030052d03ccef555a1a9ca365386d071b1167fdb495410edca"
"""`python -m benchmarks.detector train` prints it."""


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load()


def noise(seconds: float, dbfs: float = -30.0, seed: int = 1) -> Float32:
    dice = np.random.default_rng(seed)
    return dice.normal(0, 10 ** (dbfs / 20), round(seconds * SAMPLE_RATE)).astype(np.float32)


def call(*, gap_s: float = 0.6) -> Float32:
    """A faint line, then sounds of a throat and of keys on it."""
    clip = np.concatenate([make_sound("cough", 3), make_sound("keyboard", 4)])[::3] / 32_768
    return np.concatenate([noise(gap_s, -70), clip.astype(np.float32), noise(0.5, -70)])[:48_000]


def test_the_shipped_weights_are_those_of_the_card() -> None:
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == WEIGHTS_SHA256
    assert WEIGHTS_SHA256 in (SHIPPED.parent / "CARD.md").read_text(encoding="utf-8")


def test_the_shipped_weights_are_smaller_than_a_megabyte() -> None:
    assert SHIPPED.stat().st_size < 1_000_000


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 401, 4_800, 48_000])
def test_there_is_one_probability_for_every_25_ms_begun(detector: Detector, samples: int) -> None:
    found = detector.probabilities(noise(3.0)[:samples])
    assert found.shape == (-(-samples // STEP),)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("at_s", [0.3, 0.75, 1.0, 1.6])
def test_probabilities_do_not_change_with_what_comes_later(detector: Detector, at_s: float) -> None:
    audio, at = call(), round(at_s * SAMPLE_RATE)
    other = np.concatenate([audio[:at], noise(3.0, -6)])[:48_000]
    steps = at // STEP
    whole = detector.probabilities(audio)[:steps]
    assert np.allclose(whole, detector.probabilities(other)[:steps], atol=1e-5)
    assert np.allclose(whole, detector.probabilities(audio[:at])[:steps], atol=1e-5)


def test_an_unfinished_step_repeats_the_one_before(detector: Detector) -> None:
    found = detector.probabilities(call()[:20_100])
    assert found[-1] == found[-2]


def test_the_same_audio_gets_the_same_probabilities(detector: Detector) -> None:
    first = detector.probabilities(call())
    detector.probabilities(noise(2.0))
    assert np.array_equal(first, detector.probabilities(call()))
    assert np.array_equal(first, Detector.load().probabilities(call()))


def test_int16_and_float32_are_heard_alike(detector: Detector) -> None:
    as_int16 = np.round(call() * 32_768).astype(np.int16)
    as_float = as_int16.astype(np.float32) / 32_768
    assert np.array_equal(detector.probabilities(as_int16), detector.probabilities(as_float))


@pytest.mark.parametrize("dbfs", [-200.0, -75.0, -45.0])
def test_a_line_on_which_nobody_speaks_is_no_interruption(detector: Detector, dbfs: float) -> None:
    assert not detector.interrupts(detector.probabilities(noise(3.0, dbfs)))


def test_nothing_is_said_of_what_came_before_the_onset(detector: Detector) -> None:
    found = detector.probabilities(call(), onset_s=0.5)
    assert (found[: round(0.5 / STEP_S)] == 0).all()
    assert (found[round(0.5 / STEP_S) :] > 0).all()


def test_a_single_step_above_the_threshold_is_no_verdict(detector: Detector) -> None:
    high, low = detector.threshold, detector.threshold - 0.01
    assert not detector.interrupts(np.array([low, high, low, high], np.float32))
    assert detector.interrupts(np.array([low, high, high, low], np.float32))


@pytest.mark.parametrize(
    "audio",
    [np.zeros((400, 2), np.float32), np.zeros(400, np.float64), np.zeros(400, np.int32)],
)
def test_audio_of_another_kind_is_refused(detector: Detector, audio: Float32) -> None:
    with pytest.raises(ValueError, match=r"shape|int16"):
        detector.probabilities(audio)


def test_samples_that_are_not_numbers_do_not_spread(detector: Detector) -> None:
    audio = call()
    audio[12_000:12_100] = np.nan
    assert np.isfinite(detector.probabilities(audio)).all()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mine\.npz: there is no such file – "):
        Detector.load(tmp_path / "mine.npz")


@pytest.mark.parametrize("kept", [0, 100, 5_000])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(SHIPPED.read_bytes()[:kept])
    with pytest.raises(SettingsError, match="damaged") as refused:
        Detector.load(path)
    assert "\n" not in str(refused.value)


def test_a_bit_flipped_in_the_weights_is_noticed(tmp_path: Path) -> None:
    path, data = tmp_path / "mine.npz", bytearray(SHIPPED.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(SettingsError, match="damaged"):
        Detector.load(path)


def test_a_foreign_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(SettingsError, match="not a detector's file of this version"):
        Detector.load(path)


def test_a_file_with_pickled_objects_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, facts=np.array([{"threshold": 0.5}], dtype=object))
    with pytest.raises(SettingsError, match="damaged"):
        Detector.load(path)


def test_weights_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    weights, facts = read_weights(SHIPPED)
    path = tmp_path / "mine.npz"
    write_weights(path, {**weights, "out.w": weights["out.w"][:-1]}, facts)
    with pytest.raises(SettingsError, match="do not fit together"):
        Detector.load(path)


@pytest.mark.parametrize("facts", [Facts(1.5, 1.0), Facts(0.5, 0.0), Facts(float("nan"), 1.0)])
def test_a_threshold_or_length_out_of_range_is_refused(tmp_path: Path, facts: Facts) -> None:
    path = tmp_path / "mine.npz"
    write_weights(path, read_weights(SHIPPED)[0], facts)
    with pytest.raises(SettingsError, match="out of range"):
        Detector.load(path)


def test_what_is_written_is_what_is_read(tmp_path: Path, detector: Detector) -> None:
    path = tmp_path / "mine.npz"
    write_weights(path, detector.weights, Facts(0.7, 1.2, "twelve calls"))
    read = Detector.load(path)
    assert (read.threshold, read.long_s, read.made_from) == (0.7, 1.2, "twelve calls")
    assert np.allclose(read.probabilities(call()), detector.probabilities(call()), atol=0.01)
