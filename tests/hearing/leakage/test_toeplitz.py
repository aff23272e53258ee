"""Linear equations of a Toeplitz matrix, against numpy's own solution."""

import numpy as np
import pytest

from livekit_barge.hearing.leakage.toeplitz import solved


def test_a_toeplitz_system_is_solved():
    auto = 0.5 ** np.arange(64)
    toward = np.random.default_rng(3).normal(0, 1, 64)
    matrix = auto[np.abs(np.subtract.outer(np.arange(64), np.arange(64)))] + 0.1 * np.eye(64)
    assert solved(auto, toward, 0.1) == pytest.approx(np.linalg.solve(matrix, toward), abs=1e-3)
