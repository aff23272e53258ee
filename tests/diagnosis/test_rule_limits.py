"""The rules' limits: shipped with a reason each, replaced one by one, refused in one line."""

import re

import pytest

from livekit_barge.diagnosis import RuleLimits
from livekit_barge.errors import SettingsError


def test_a_files_value_takes_the_place_of_the_shipped_one(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[diagnosis]\nleak_min_s = 0.5\n")
    mine, shipped = RuleLimits.load(file), RuleLimits.load()
    assert (mine.leak_min_s, mine.dead_air_min_s) == (0.5, shipped.dead_air_min_s)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("leak_min = 1", "no limit in [diagnosis] is called leak_min – did you mean leak_min_s?"),
        ("leak_min_s = 300", "leak_min_s is 300, over 60 s – did you mean 0.3?"),
        ("leak_min_s = true", "leak_min_s is True"),
        ("floor_dbfs = 65", "floor_dbfs is 65 – give dBFS between -100 and 0"),
        ("echo_alike_min = 2", "echo_alike_min is 2 – give a share"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path, line, said):
    file = tmp_path / "mine.toml"
    file.write_text(f"[diagnosis]\n{line}\n")
    with pytest.raises(SettingsError, match=re.escape(said)):
        RuleLimits.load(file)
