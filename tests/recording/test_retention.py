"""Only calls go, only old ones, and never one that is being recorded."""

from __future__ import annotations

import dataclasses
import os

import pytest

from livekit_barge.call.folder import lock_folder
from livekit_barge.call.formats import META_FILE
from livekit_barge.recording import retention
from livekit_barge.recording.retention import remove_old_calls
from tests.recording.made import META

OLD_S, LIMIT_S, NEW_S = 1_000.0, 2_000.0, 3_000.0


@pytest.fixture
def make(tmp_path):
    def made(name, started_wall_s, source="livekit-agents"):
        path = tmp_path / name
        path.mkdir()
        meta = dataclasses.replace(
            META, started_wall_s=started_wall_s, duration_s=1.0, source=source
        )
        (path / META_FILE).write_text(meta.to_json())
        (path / "audio.flac").write_bytes(b"sound")
        return path

    return made


def remove(path):
    return remove_old_calls(path, started_before_s=LIMIT_S)


def test_an_old_call_goes_with_all_its_files(tmp_path, make):
    old = make("old", OLD_S)
    assert remove(tmp_path) == [old]
    assert os.listdir(tmp_path) == []


def test_a_new_call_stays(tmp_path, make):
    make("new", NEW_S)
    assert remove(tmp_path) == []
    assert os.listdir(tmp_path / "new") != []


def test_a_call_of_the_very_limit_stays(tmp_path, make):
    make("limit", LIMIT_S)
    assert remove(tmp_path) == []


@pytest.mark.parametrize("source", ["stage", "replay", "pipecat-stage"])
def test_a_scripted_call_stays_whose_date_is_the_virtual_clock_s(tmp_path, make, source):
    make("scripted", OLD_S, source=source)
    assert remove(tmp_path) == []


def test_its_own_start_counts_not_the_files_date(tmp_path, make):
    os.utime(make("new", NEW_S), (OLD_S, OLD_S))
    assert remove(tmp_path) == []


def test_an_old_call_that_is_being_recorded_stays(tmp_path, make):
    with lock_folder(make("recording", OLD_S)):
        assert remove(tmp_path) == []
    assert (tmp_path / "recording" / "audio.flac").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b'{"schema":"another/1"}', b'{"schema":"livekit-barge/call/9"}'],
)
def test_what_does_not_say_that_it_is_a_call_stays(tmp_path, make, content):
    (make("other", OLD_S) / META_FILE).write_bytes(content)
    old = make("zz-old", OLD_S)
    assert remove(tmp_path) == [old]
    assert (tmp_path / "other" / "audio.flac").exists()


def test_a_folder_without_a_description_stays(tmp_path):
    (tmp_path / "photographs").mkdir()
    assert remove(tmp_path) == []
    assert (tmp_path / "photographs").exists()


def test_a_call_further_down_stays(tmp_path, make):
    make("kept", OLD_S).rename(tmp_path / "moving")
    (tmp_path / "kept").mkdir()
    (tmp_path / "moving").rename(tmp_path / "kept" / "call")
    assert remove(tmp_path) == []


def test_a_link_to_a_call_elsewhere_takes_nothing_with_it(tmp_path, make):
    elsewhere = make("elsewhere", OLD_S)
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "link").symlink_to(elsewhere)
    assert remove(tmp_path / "calls") == []
    assert (elsewhere / "audio.flac").exists()


def test_a_folder_of_calls_that_is_not_there_yet_is_empty(tmp_path):
    assert remove(tmp_path / "nowhere") == []


def test_a_call_that_cannot_be_removed_keeps_no_other_from_going(tmp_path, make, monkeypatch):
    stuck, old = make("a-stuck", OLD_S), make("b-old", OLD_S)
    rmtree = retention.shutil.rmtree

    def rmtree_or_not(path):
        if path == stuck:
            raise PermissionError(path)
        rmtree(path)

    monkeypatch.setattr(retention.shutil, "rmtree", rmtree_or_not)
    assert remove(tmp_path) == [old]
    assert stuck.exists()
