"""A call's id names its folder, whatever is in the id."""

from __future__ import annotations

import pytest

from livekit_barge.recording.recording_config import RecordingConfig


@pytest.mark.parametrize(
    ("call_id", "name"),
    [
        ("room-7", "room-7"),
        ("a" * 300, "a" * 240),
        ("é" * 200, "é" * 120),
        ("a\ud800b", "a?b"),
        ("a/b", "a_b"),
    ],
    ids=["as it is", "too long", "too long in bytes", "half a surrogate pair", "a slash"],
)
def test_a_folder_of_that_name_can_be_made(tmp_path, call_id, name):
    folder = RecordingConfig(calls_dir=tmp_path, call_id=call_id).new_call_dir(0.0)
    assert folder.name == name


def test_a_second_call_of_a_long_id_gets_a_number(tmp_path):
    keeping = RecordingConfig(calls_dir=tmp_path, call_id="a" * 300)
    first, second = keeping.new_call_dir(0.0), keeping.new_call_dir(0.0)
    assert second.name == f"{first.name}-2"
