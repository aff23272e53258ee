"""A batch's summary for a terminal."""

from io import StringIO

import pytest
from rich.console import Console

from livekit_barge.batch.query import Worst
from livekit_barge.report.terminal.summary_table import render_worst


@pytest.mark.parametrize(
    ("dead_air_s", "unknown", "told"), [(2.0, 0, "2.0 s"), (2.0, 1, "≥ 2.0 s"), (0.0, 1, "–")]
)
def test_dead_air_that_is_not_known_is_not_taken_for_none(dead_air_s, unknown, told):
    console = Console(width=100, file=StringIO())
    console.print(render_worst([Worst("call.wav", 0, 1, 0.8, dead_air_s, unknown)]))
    assert console.file.getvalue().split("800 ms")[1].strip() == told
