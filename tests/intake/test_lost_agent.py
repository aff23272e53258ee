"""A recording whose agent channel is lost in the middle of an overlap, in real formats."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from tests.intake.made import ONSET_S, made_call, write

LOST_S = 2.8
"""0.2 s into the overlap, and 0.2 s before the agent truly stopped."""
ORDER = ScoreOptions.of(caller_channel=0)


def lost(rate: int) -> np.ndarray:
    """The made call three times, 21 s: only the caller is recorded from ``LOST_S`` on."""
    call = np.concatenate([made_call(rate)] * 3)
    call[round(LOST_S * rate) :, 1] = 0
    return call


@pytest.mark.parametrize("subtype", ["PCM_16", "ALAW"])
def test_it_is_not_scored_as_a_yield_and_a_warning_says_why(tmp_path, subtype):
    card = score(write(tmp_path / "call", lost(16_000), 16_000, "WAV", subtype), ORDER)
    [overlap] = card.overlaps
    assert (overlap.outcome, overlap.lower_bound) == ("unmeasurable", True)
    assert overlap.time_to_yield_s == pytest.approx(LOST_S - ONSET_S, abs=0.003)
    assert "agent_channel_dead" in [warning.code for warning in card.warnings]


def test_nor_through_opus(tmp_path):
    card = score(write(tmp_path / "call", lost(48_000), 48_000, "OGG", "OPUS"), ORDER)
    assert [overlap.outcome for overlap in card.overlaps] == ["unmeasurable"]


def test_an_agent_that_is_only_silent_to_the_end_of_a_call_yielded(tmp_path):
    path = write(tmp_path / "call", made_call(16_000), 16_000, "WAV", "PCM_16")
    card = score(path, ORDER)
    assert [overlap.outcome for overlap in card.overlaps] == ["yielded"]
    assert "agent_channel_dead" not in [warning.code for warning in card.warnings]
