"""Products in pieces that OpenBLAS leaves to one thread."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.adaptive.product import product


@pytest.mark.parametrize("rows", [0, 1, 25, 26, 240])
def test_pieces_give_the_whole_product(rows: int) -> None:
    dice = np.random.default_rng(rows)
    x = dice.normal(0, 1, (rows, 257)).astype(np.float32)
    w = dice.normal(0, 1, (257, 40)).astype(np.float32)
    assert product(x, w).shape == (rows, 40)
    assert np.allclose(product(x, w), x.astype(np.float64) @ w, atol=1e-4)


def test_rows_may_be_every_second_of_an_array() -> None:
    x = np.arange(24, dtype=np.float32).reshape(8, 3)
    w = np.eye(3, dtype=np.float32)
    assert np.array_equal(product(x[1::2], w), x[1::2])
