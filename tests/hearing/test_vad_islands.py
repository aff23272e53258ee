"""The islands that Silero hears, and the windows in which it is asked."""

import numpy as np
import pytest

from livekit_barge.hearing import vad_islands
from livekit_barge.hearing.silero.network import SILERO_RATE, WINDOW
from livekit_barge.hearing.vad_islands import Island, IslandFinder


class Said:
    """In Silero's place: says what it is told, and counts."""

    def __init__(self, *probabilities: float) -> None:
        self.left = list(probabilities)
        self.heard = 0

    def __call__(self, _windows: np.ndarray, _gains: np.ndarray, pieces: list) -> np.ndarray:
        count = sum(map(len, pieces))
        self.heard += count
        said, self.left = self.left[:count], self.left[count:]
        return np.array(said + [0.0] * (count - len(said)))


@pytest.fixture
def islands(monkeypatch):
    """``islands(0.9, 0.4, …)``: what is found in loud noise of which Silero says that."""

    def find(*probabilities: float) -> list[Island]:
        monkeypatch.setattr(vad_islands, "probabilities", Said(*probabilities))
        # The floor: five quiet seconds, so that all the rest passes the gate.
        quiet = np.zeros(160 * WINDOW, dtype=np.float32)
        loud = np.random.default_rng(1).normal(0, 0.1, 64 * WINDOW).astype(np.float32)
        finder = IslandFinder(SILERO_RATE)
        found = finder.push(np.concatenate([quiet, loud])) + finder.finish()
        # The gate opens four windows before the noise.
        return [Island(island.begin - 156, island.end - 156) for island in found]

    return find


def test_digital_silence_is_not_heard_at_all(monkeypatch):
    silero = Said()
    monkeypatch.setattr(vad_islands, "probabilities", silero)
    finder = IslandFinder(SILERO_RATE)
    finder.push(np.zeros(SILERO_RATE * 10, dtype=np.float32))
    finder.finish()
    assert silero.heard == 0


def test_steady_noise_is_not_heard_once_it_is_the_floor(monkeypatch):
    silero = Said()
    monkeypatch.setattr(vad_islands, "probabilities", silero)
    finder = IslandFinder(SILERO_RATE)
    finder.push(np.random.default_rng(1).normal(0, 0.01, SILERO_RATE * 10).astype(np.float32))
    assert silero.heard == 0


def test_an_island_arms_at_a_half_and_lasts_to_the_release(islands):
    assert islands(0.4, 0.5, 0.6, 0.4, 0.3) == [Island(1, 4)]


def test_one_window_is_no_island_unless_it_is_sure(islands):
    assert islands(0.0, 0.7, 0.0) == []
    assert islands(0.0, 0.8, 0.0) == [Island(1, 2)]


def test_three_windows_between_are_bridged_and_four_are_not(islands):
    assert islands(0.9, 0.9, 0, 0, 0, 0.9, 0.9) == [Island(0, 7)]
    assert islands(0.9, 0.9, 0, 0, 0, 0, 0.9, 0.9) == [Island(0, 2), Island(6, 8)]


def test_an_island_that_reaches_the_end_is_handed_out(islands):
    assert islands(*[0.9] * 68) == [Island(0, 68)]
