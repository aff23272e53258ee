"""The rules' limits: shipped with a reason each, replaced one by one, refused in one line."""

import re
from itertools import pairwise

import pytest

from livekit_barge.diagnosis import DiagnosisLimits
from livekit_barge.errors import SettingsError
from livekit_barge.files.resources import configs_dir


def test_a_files_value_takes_the_place_of_the_shipped_one(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("leak_min_s = 0.5\n")
    mine, shipped = DiagnosisLimits.load(file), DiagnosisLimits.load()
    assert (mine.leak_min_s, mine.dead_air_min_s) == (0.5, shipped.dead_air_min_s)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("leak_min = 1", "no limit called leak_min – did you mean leak_min_s?"),
        ("leak_min_s = 300", "leak_min_s is 300 – give seconds between 0 and 60"),
        ("leak_min_s = true", "leak_min_s is True"),
        ("floor_dbfs = 65", "floor_dbfs is 65 – give dBFS between -100 and 0"),
        ("echo_alike_min = 2", "echo_alike_min is 2 – give a share"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path, line, said):
    file = tmp_path / "mine.toml"
    file.write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=re.escape(said)):
        DiagnosisLimits.load(file)


def test_every_shipped_limit_stands_below_its_reason():
    lines = (configs_dir() / "diagnosis.toml").read_text().splitlines()
    bare = [line for before, line in pairwise(lines) if "=" in line and before[:1] != "#"]
    assert bare == []
