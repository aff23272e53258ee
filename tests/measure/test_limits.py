"""A limit of one's own takes its place, or one line says why it cannot."""

from __future__ import annotations

import dataclasses

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.measure.limits import Limits


@pytest.fixture
def load(tmp_path):
    def loaded(text: str) -> Limits:
        (tmp_path / "own.toml").write_text(f"[judging]\n{text}")
        return Limits.load(tmp_path / "own.toml")

    return loaded


def test_a_limit_of_ones_own_changes_it_and_no_other(load):
    assert load("yield_within_s = 0.3") == dataclasses.replace(Limits.load(), yield_within_s=0.3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("yield_within_s = 200", "yield_within_s is 200, over 60 s – did you mean 0.2?"),
        ("yield_within_s = -1", "yield_within_s is -1 – give seconds, such as 0.2"),
        ("yield_within_s = nan", "yield_within_s is nan – give seconds, such as 0.2"),
        ("yield_within_s = inf", "yield_within_s is inf – give seconds, such as 0.2"),
        (f"yield_within_s = {10**320}", f"yield_within_s is {10**320} – give seconds, such as 0.2"),
        (
            "yeild_within_s = 1",
            "no limit in [judging] is called yeild_within_s – did you mean yield_w",
        ),
        ("backchannels = [1]", 'backchannels is not a list of words – write ["mm-hm", "yeah"]'),
    ],
    ids=lambda value: value[:30],
)
def test_a_limit_that_cannot_be_is_one_line(load, text, told):
    with pytest.raises(SettingsError) as error:
        load(text)
    assert f"own.toml: {told}" in str(error.value)
    assert "\n" not in str(error.value)
