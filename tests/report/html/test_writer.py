"""How the pages write figures."""

from __future__ import annotations

import pytest

from livekit_barge.measure.statistics import Measured, Percentiles
from livekit_barge.report.html.writer import between


def test_a_lower_bound_stays_one_as_an_interval_s_end():
    times = Percentiles.of([*map(Measured, (0.1, 0.2, 0.3, 0.4, 0.5)), Measured(3.0, True)])
    assert between(times, 50) == "100 ms to ≥ 3.0 s"


@pytest.mark.parametrize(
    ("count", "percent", "text"),
    [(0, 50, "–"), (3, 50, "too few to say"), (10, 90, "700 ms or more")],
)
def test_too_few_figures_say_so(count, percent, text):
    times = Percentiles.of(Measured((rank + 1) / 10) for rank in range(count))
    assert between(times, percent) == text
