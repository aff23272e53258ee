"""The properties of an overlap."""

from __future__ import annotations

import pytest

from livekit_barge.measure.overlap import Overlap


@pytest.mark.parametrize(
    ("onset_s", "decision_s", "expected"),
    [(0.0, 0.3, 0.0), (None, 0.3, 0.3), (2.0, None, 2.0), (None, None, None)],
)
def test_an_overlap_begins_at_its_onset_and_where_nobody_spoke_at_the_decision(
    onset_s, decision_s, expected
):
    overlap = Overlap(
        onset_s=onset_s, decision_s=decision_s, talk_over_s=0.0, outcome="unmeasurable"
    )
    assert overlap.begin_s == expected
