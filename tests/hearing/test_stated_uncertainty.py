"""The stated uncertainty of an edge is a number of 2.5 ms frames, of which each has its reason."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.hearing.edges import Edge, IslandFrames, edges
from livekit_barge.hearing.levels import Background

FRAME_S = 0.0025
ONSET_S, END_S = 0.0018, 0.0024
"""What is stated of the sharpest edge."""
SILENCE, SOUND = [-90.0] * 20, [-30.0] * 20


def uncertainties(levels_db: list[float], background: Background, least_db: float):
    """The stated uncertainties of the onset and the end of all that is over −60 dB."""
    levels = np.array(levels_db)
    stretch = IslandFrames(10 ** (levels / 10), (0, len(levels)), background, background, least_db)
    loud = np.flatnonzero(levels > -60)
    [found] = edges([(stretch, (int(loud[0]), int(loud[-1]) + 1))])
    return tuple(edge.uncertainty_s for edge in found if isinstance(edge, Edge))


@pytest.mark.parametrize("near", [0, 4, 8])
def test_each_frame_near_the_audible_level_adds_a_quarter_of_itself(near):
    # Audible from −50 dB on; a frame is near within 3 dB of that.
    levels = [*SILENCE, *[-48.5] * near, *SOUND, *[-48.5] * near, *SILENCE]
    near_s = near / 4 * FRAME_S
    stated = uncertainties(levels, Background(-90.0, 0.0), -50.0)
    assert stated == pytest.approx((ONSET_S + near_s, END_S + near_s), abs=1e-6)


@pytest.mark.parametrize(
    ("hidden_db", "onset_frames", "end_frames"),
    [(5.0, 1.0, 2.5), (12.0, 13.0, 39.0), (40.0, 61.0, 151.0)],
)
def test_what_the_background_hides_adds_a_consonant_or_a_sound(hidden_db, onset_frames, end_frames):
    # A background of −60 dB with a spread of 2 dB: audible from −52 dB on.
    levels = [*SILENCE, *SOUND, *SILENCE]
    stated = uncertainties(levels, Background(-60.0, 2.0), -52.0 - hidden_db)
    assert stated == pytest.approx((ONSET_S + onset_frames * FRAME_S, END_S + end_frames * FRAME_S))
