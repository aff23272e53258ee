"""A TOML file of the user's is read, or one line says what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.files.toml import read_toml


@pytest.fixture
def refusal(tmp_path):
    """What is said of a file with these bytes, after its path."""

    def said(data: bytes) -> str:
        (tmp_path / "a.toml").write_bytes(data)
        with pytest.raises(SettingsError) as error:
            read_toml(tmp_path / "a.toml")
        return str(error.value).removeprefix(str(tmp_path / "a.toml"))

    return said


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a = ", id="no value"),
        pytest.param(b"\x00\xff\x93", id="no text"),
        pytest.param(b"a = " + b"9" * 5_000, id="a number without end"),
        pytest.param(b"a = " + b"[" * 5_000, id="nested without end"),
    ],
)
def test_what_is_not_toml_is_one_line(refusal, data):
    said = refusal(data)
    assert said.startswith(": not TOML (")
    assert said.endswith(") – fix the line")
    assert "\n" not in said


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SettingsError, match="Is a directory – check the path"):
        read_toml(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        SettingsError, match=r"no\.toml: No such file or directory – check the path"
    ):
        read_toml(tmp_path / "no.toml")


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(tmp_path / "a.toml") == {"a": 1}


def test_a_device_without_end_is_not_read():
    with pytest.raises(SettingsError, match="/dev/zero: not a regular file – check the path"):
        read_toml(Path("/dev/zero"))


@pytest.mark.parametrize("dot", [".", " . ", '."b".', ".'b c'."])
def test_a_name_of_too_many_parts_is_refused(refusal, dot):
    assert refusal(dot.join(["a"] * 40).encode() + b" = 1") == (
        ": a name has too many parts – fix the line"
    )


def test_a_name_of_three_parts_is_one(tmp_path):
    (tmp_path / "a.toml").write_text('a.b."c d" = "1.2.3"')
    assert read_toml(tmp_path / "a.toml") == {"a": {"b": {"c d": "1.2.3"}}}
