"""The limits that ship, each with its reason, and the values that a user's file puts in place."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from livekit_barge.diagnosis import RuleLimits
from livekit_barge.errors import SettingsError
from livekit_barge.files.limits_file import read_limits
from livekit_barge.files.resources import configs_dir
from livekit_barge.measure.limits import Limits

BACKCHANNELS = [
    *("mm", "mhm", "mmhm", "mm-hm", "mm-hmm", "hm", "hmm", "uh-huh", "uhuh", "aha", "ah", "oh"),
    *("yeah", "yep", "yes", "ok", "okay", "right", "sure", "i", "see", "got", "it"),
]


@pytest.fixture
def read(tmp_path):
    def reads(text: str):
        (tmp_path / "own.toml").write_text(text)
        return read_limits(tmp_path / "own.toml")

    return reads


def test_these_are_the_shipped_limits():
    assert read_limits() == {
        "judging": {
            "yield_within_s": 1.0,
            "missed_after_s": 3.0,
            "talked_on_s": 0.2,
            "agent_over_caller_s": 0.2,
            "episode_quiet_s": 1.0,
            "decision_reach_s": 4.0,
            "backchannel_max_s": 0.8,
            "stop_min_s": 0.7,
            "reaction_min_s": 0.1,
            "turn_gap_s": 1.5,
            "backchannels": [
                "mm",
                "mhm",
                "mmhm",
                "mm-hm",
                "mm-hmm",
                "hm",
                "hmm",
                "uh-huh",
                "uhuh",
                "aha",
                "ah",
                "oh",
                "yeah",
                "yep",
                "yes",
                "ok",
                "okay",
                "right",
                "sure",
                "i",
                "see",
                "got",
                "it",
            ],
        },
        "scorecard": {
            "yield_rate_min": 0.9,
            "hold_rate_min": 0.5,
            "p90_time_to_yield_max_s": 1.5,
        },
        "gate": {
            "missed_rate_max": 0.05,
            "false_stop_rate_max": 0.5,
            "broken_rate_max": 0.0,
            "p90_cancellation_max_s": 0.3,
            "p90_dead_air_max_s": 3.0,
        },
        "diagnosis": {
            "off_min_s": 0.25,
            "talked_over_min_s": 1.0,
            "leak_min_s": 0.3,
            "order_within_s": 0.25,
            "frames_after_s": 0.15,
            "transcript_before_s": 0.15,
            "short_of_duration_s": 0.15,
            "tail_slack_s": 0.5,
            "silent_speaking_s": 1.0,
            "stall_min_s": 2.0,
            "floor_dbfs": -65.0,
            "said_min_s": 1.0,
            "echo_alike_min": 0.5,
            "echo_window_s": 0.4,
            "echo_delay_max_s": 0.6,
            "dead_air_min_s": 1.0,
            "sound_max_s": 0.8,
            "lost_min_s": 0.15,
            "deaf_min_s": 1.0,
            "reply_within_s": 5.0,
        },
    }


def test_every_shipped_limit_stands_below_its_reason():
    lines = (configs_dir() / "limits.toml").read_text().splitlines()
    bare = [
        line for before, line in pairwise(lines) if re.match(r"\w+ =", line) and before[:1] != "#"
    ]
    assert bare == []


def test_one_file_serves_the_judge_and_the_diagnosis(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text("[judging]\nyield_within_s = 0.5\n[diagnosis]\nleak_min_s = 0.4\n")
    assert Limits.load(file).yield_within_s == 0.5
    assert RuleLimits.load(file).leak_min_s == 0.4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[judgeing]\nyield_within_s = 1", "no table is called judgeing – did you mean judging?"),
        (
            "yield_within_s = 1",
            "no table is called yield_within_s – write it under [judging]",
        ),
        ("leak_min_s = 1", "no table is called leak_min_s – write it under [diagnosis]"),
        ("leek_min_s = 1", "no table is called leek_min_s – did you mean leak_min_s?"),
        ("scorecard = 1", "scorecard is not a table – write [scorecard]"),
        ("[diagnosis]\nleak_min_s = 300", "leak_min_s is 300, over 60 s – did you mean 0.3?"),
        ("[judging]\nstop_min_s = 700", "stop_min_s is 700, over 60 s – did you mean 0.7?"),
        ("[gate]\nmissed_rate_max = true", "missed_rate_max is True – give a share, such as 0.9"),
    ],
    ids=lambda value: value[:30].replace("\n", " "),
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(read, text, reason):
    with pytest.raises(SettingsError) as error:
        read(text)
    assert str(error.value).endswith(f"own.toml: {reason}")
