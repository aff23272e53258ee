"""What callers said is in results: they are their owner's alone, as a call's own files are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livekit_barge.batch.stored_results import Refused, Results
from livekit_barge.cli.output import opened
from livekit_barge.files import private
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.stage.offline_recorder import check_writable
from livekit_barge.suites.results_store import ResultsStore


@pytest.fixture(autouse=True)
def _open_to_all():
    """Files would be open to all without further ado."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> set[tuple[bool, str]]:
    """Whether it is a folder, and what it allows, of the folder and all in it."""
    return {
        (path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in (folder, *folder.rglob("*"))
    }


OWNERS = {(True, "0o700"), (False, "0o600")}


def test_a_file_of_json_is(tmp_path):
    with opened(tmp_path / "out.json") as file:
        file.write("{}")
    assert modes(tmp_path / "out.json") == {(False, "0o600")}


def test_a_file_that_was_there_keeps_what_its_owner_allowed(tmp_path):
    (tmp_path / "out.json").touch(0o644)
    with opened(tmp_path / "out.json") as file:
        file.write("{}")
    assert modes(tmp_path / "out.json") == {(False, "0o644")}


def test_the_results_of_a_batch_are(tmp_path):
    results = Results(tmp_path / "all" / "scores", ScoreOptions.of())
    results.prepare()
    (tmp_path / "a.wav").touch()
    results.keep(tmp_path / "a.wav", Refused("a.wav", "mono"))
    assert modes(tmp_path / "all") == OWNERS


def test_the_results_of_a_bench_are(tmp_path):
    with ResultsStore(tmp_path / "all" / "bench"):
        pass
    assert modes(tmp_path / "all") == OWNERS


def test_the_folder_of_all_calls_is(tmp_path):
    check_writable(tmp_path / "all" / "calls")
    assert modes(tmp_path / "all") == {(True, "0o700")}


def test_a_folder_that_must_be_new_is_refused_where_it_is_not(tmp_path):
    with pytest.raises(FileExistsError):
        private.make_folder(tmp_path, exist_ok=False)


def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path):
    private.write(tmp_path / "a.txt", "a\ud800")
    assert (tmp_path / "a.txt").read_text() == "a\\ud800"
