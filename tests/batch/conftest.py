"""Directories of recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.intake.made import made_call, write

RATE = 8_000


@pytest.fixture
def recordings(tmp_path) -> Callable[[int], Path]:
    """``recordings(count)``: a directory of as many short calls."""

    def make(count: int) -> Path:
        directory = tmp_path / "recordings"
        directory.mkdir()
        call = made_call(RATE)[round(1.8 * RATE) : 4 * RATE]
        for number in range(count):
            # each barge-in a sample later than the one before, so that none is another's copy
            write(directory / f"{number:04}.wav", call[number:], RATE, "WAV", "PCM_16")
        return directory

    return make
