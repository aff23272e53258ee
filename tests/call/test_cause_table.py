"""The table of causes."""

from __future__ import annotations

from typing import get_args

import pytest

from livekit_barge.call.cause_table import CAUSES
from livekit_barge.call.events import Cause


def test_every_cause_has_a_row():
    assert set(CAUSES) == set(get_args(Cause))


def test_every_cause_reads_differently():
    assert len({facts.text for facts in CAUSES.values()}) == len(CAUSES)


@pytest.mark.parametrize(
    ("flag", "causes"),
    [
        ("by_audio", {"vad", "adaptive", "realtime", "unknown"}),
        ("by_words", {"stt_final", "stt_interim", "turn_commit"}),
        ("by_program", {"programmatic"}),
        ("by_vad", {"vad"}),
        ("while_speaking", {"vad", "adaptive"}),
    ],
)
def test_a_column_of_the_table_names_these_causes(flag, causes):
    assert {cause for cause, facts in CAUSES.items() if getattr(facts, flag)} == causes
