"""A YAML file is bounded before it is worked on; small files stand for what would take long."""

from __future__ import annotations

import os

import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.files import yaml_schema
from livekit_barge.files.yaml_schema import Keys, read_keys, read_yaml


@pytest.fixture
def read(tmp_path):
    def of(text: str):
        (tmp_path / "script.yaml").write_text(text)
        return read_yaml(tmp_path / "script.yaml")

    return of


def test_an_alias_stands_for_what_it_names(read):
    assert read("a: &a [x, y]\nb: *a\n") == {"a": ["x", "y"], "b": ["x", "y"]}


def test_what_aliases_stand_for_is_counted_before_it_is_written_out(read, monkeypatch):
    text = "a: &a [xxxx, xxxx]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    monkeypatch.setattr(yaml_schema, "_MOST_WRITTEN_OUT", 80)
    with pytest.raises(
        ScriptError, match=r"its aliases \(\*name\) expand to too much text – write"
    ):
        read(text)
    monkeypatch.setattr(yaml_schema, "_MOST_WRITTEN_OUT", 100)
    assert len(read(text)["c"]) == 2


@pytest.mark.parametrize("text", ["&a [*a]\n", "&a {b: [*a]}\n"])
def test_what_stands_within_itself_is_refused(read, text):
    with pytest.raises(ScriptError, match="expand to too much"):
        read(text)


def test_merged_keys_are_counted_too(read, monkeypatch):
    monkeypatch.setattr(yaml_schema, "_MOST_WRITTEN_OUT", 30)
    with pytest.raises(ScriptError, match="expand to too much"):
        read("a: &a {x: 1}\nb: {<<: [*a, *a, *a, *a, *a, *a, *a, *a]}\n")


def test_a_longer_file_than_was_meant_is_refused(read, monkeypatch):
    monkeypatch.setattr(yaml_schema, "_MOST_BYTES", 10)
    with pytest.raises(ScriptError, match="File too large"):
        read("a: 123456789\n")


def test_a_number_of_hundreds_of_digits_is_refused_with_its_line(read):
    with pytest.raises(ScriptError, match=r"script.yaml:2: a value is too long"):
        read("a: 1\nb: " + "1" * 301 + "\n")
    assert read("a: '" + "1" * 301 + "'\n") == {"a": "1" * 301}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "script.yaml")
    with pytest.raises(ScriptError, match="not a regular file"):
        read_yaml(tmp_path / "script.yaml")


def test_an_error_quotes_a_value_and_not_at_any_length():
    def refuse(_: object) -> None:
        raise ValueError("write words")

    with pytest.raises(ScriptError) as refused:
        read_keys({"say": ["x" * 100_000]}, Keys({"say": refuse}), where="script.yaml")
    line = str(refused.value)
    assert line.startswith("script.yaml: say is ['xxx")
    assert line.endswith("xxx'] – write words")
    assert len(line) < 500
