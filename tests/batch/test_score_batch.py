"""A batch loses nothing and doubles nothing, and resumes where it was stopped."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from livekit_barge.batch.find_recordings import recordings as find
from livekit_barge.batch.score_batch import Total, score_batch
from livekit_barge.batch.stored_results import Refused, Results, result_of
from livekit_barge.call.formats import CARD_FILE, REFUSED_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.files import private
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.scorecard import Scorecard
from livekit_barge.work import pool
from livekit_barge.work.pool import TookTooLong, run_jobs
from tests.batch.works import DiesAfter

ORDER = ScoreOptions.of(source="vapi")


@pytest.fixture
def results(tmp_path) -> Results:
    return Results(tmp_path / "scores", ORDER)


def denied(*_: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def scored(results: Results) -> list[str]:
    cards = [json.loads(p.read_bytes()) for p in results.directory.glob(f"*/{CARD_FILE}")]
    return sorted(Path(card["file"]).name for card in cards)


def test_a_thousand_calls_on_two_workers_of_which_one_is_killed(recordings, results, tmp_path):
    paths = find([recordings(1000)])
    work = DiesAfter(results, "0500.wav", tmp_path / "died", written=False)
    made = [result for _, result in run_jobs(paths, work, 2)]
    assert all(isinstance(result, Scorecard) for result in made)
    assert sorted(Path(card.file).name for card in made) == [path.name for path in paths]
    assert scored(results) == [path.name for path in paths]


def test_a_worker_killed_after_it_wrote_leaves_one_result(recordings, results, tmp_path):
    paths = find([recordings(6)])
    work = DiesAfter(results, "0003.wav", tmp_path / "died", written=True)
    assert len(list(run_jobs(paths, work, 2))) == 6
    assert scored(results) == [path.name for path in paths]


def test_a_stopped_batch_goes_on_where_it_was(recordings, results, monkeypatch):
    paths = find([recordings(8)])
    begun = score_batch(paths, results, workers=1)
    for _ in range(3):
        next(begun)
    begun.close()
    already = len(scored(results))
    asked: list[Path] = []

    def noting(jobs, work, workers, *, limit_s):
        asked.extend(jobs)
        return run_jobs(jobs, work, workers, limit_s=limit_s)

    monkeypatch.setattr(pool, "run_jobs", noting)
    made = list(score_batch(paths, results, workers=1))
    assert 3 <= already == len(paths) - len(asked)
    assert len(made) == len(scored(results)) == 8


def test_a_changed_recording_is_scored_again(recordings, results):
    directory = recordings(2)
    paths = find([directory])
    list(score_batch(paths, results, workers=1))
    paths[0].write_bytes(b"RIFF")
    [again, _] = sorted(score_batch(paths, results, workers=1), key=lambda made: made.file)
    assert isinstance(again, Refused)
    assert scored(results) == ["0001.wav"]


def test_other_options_score_again(recordings, tmp_path):
    paths = find([recordings(1)])
    list(score_batch(paths, Results(tmp_path / "scores", ORDER), workers=1))
    other = Results(tmp_path / "scores", ScoreOptions.of(source="retell"))
    assert other.kept(paths[0]) is None


def test_a_file_that_takes_too_long_is_told_and_tried_again_the_next_time(
    recordings, results, monkeypatch
):
    paths = find([recordings(2)])
    late = [(paths[0], TookTooLong()), (paths[1], results.make(paths[1]))]
    monkeypatch.setattr(pool, "run_jobs", lambda *_, **__: iter(late))
    assert "took longer than 9 s" in next(
        made.line
        for made in score_batch(paths, results, workers=1, limit_s=9)
        if isinstance(made, Refused)
    )
    assert results.kept(paths[0]) is None


def test_one_bad_file_is_told_and_the_rest_goes_on(recordings, results):
    directory = recordings(3)
    (directory / "0001.wav").write_bytes(b"not audio")
    total = Total(ORDER)
    for result in score_batch(find([directory]), results, workers=2):
        total.add(result)
    assert (total.scored, [Path(r.file).name for r in total.refused]) == (2, ["0001.wav"])
    assert total.exit_code == 2
    assert len(list(results.directory.glob(f"*/{REFUSED_FILE}"))) == 1


def test_a_fault_of_ours_is_told_and_the_rest_goes_on(recordings, results, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("livekit_barge.batch.stored_results.score", fails)
    made = results.make(find([recordings(1)])[0])
    assert "internal error of livekit_barge (ZeroDivisionError: by zero)" in made.line


def cut(text: str) -> str:
    return text[:300]


def lacking(text: str) -> str:
    return text.replace('"limits"', '"thresh"')


def mistyped(text: str) -> str:
    return text.replace('"duration_s": ', '"duration_s": "x", "was": ', 1)


@pytest.mark.parametrize(
    "damage", [cut, lacking, mistyped, lambda _: "[]", lambda _: "null", lambda _: "{}"]
)
def test_a_damaged_result_is_not_kept_and_is_made_again(recordings, results, damage):
    [path] = find([recordings(1)])
    good = results.make(path)
    [file] = results.directory.glob(f"*/{CARD_FILE}")
    whole = file.read_text()
    file.write_text(damage(whole))
    assert results.kept(path) is None
    assert results.make(path) == good
    assert file.read_text() == whole


def test_a_directory_in_the_place_of_a_result_is_not_kept(recordings, results):
    [path] = find([recordings(1)])
    good = results.make(path)
    [file] = results.directory.glob(f"*/{CARD_FILE}")
    file.unlink()
    file.mkdir()
    (file.parent / REFUSED_FILE).mkdir()
    assert results.kept(path) is None
    assert results.make(path) == good == results.kept(path)


def test_a_result_that_cannot_be_read_is_not_kept(recordings, results, monkeypatch):
    [path] = find([recordings(1)])
    results.make(path)
    monkeypatch.setattr(Path, "open", denied)
    assert results.kept(path) is None


def test_a_recording_that_could_not_be_read_is_scored_again_once_it_can_be(
    recordings, results, monkeypatch
):
    [path] = find([recordings(1)])
    with monkeypatch.context() as locked:
        locked.setattr(os, "access", lambda *_: False)
        results.keep(path, Refused(str(path), "cannot be read"))
        assert results.kept(path) is not None
    assert results.kept(path) is None


def test_a_result_that_cannot_be_written_is_told_and_leaves_nothing(
    recordings, results, monkeypatch
):
    paths = find([recordings(2)])

    def fills_up(file: Path, _: str) -> None:
        file.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(private, "binary", fills_up)
    for path in paths:
        line = results.make(path).line
        assert line.startswith(f"{path}: its result cannot be written to {results.directory}")
        assert "(No space left on device) – free some space" in line
    assert [file for file in results.directory.rglob("*") if file.is_file()] == []


class TestPrepare:
    def test_takes_a_directory_that_is_not_there(self, results):
        results.prepare()
        assert list(results.directory.iterdir()) == []

    @pytest.mark.parametrize("below", ["", "below"])
    def test_refuses_a_file(self, results, below):
        results.directory.touch()
        with pytest.raises(IntakeError, match="results cannot be written here"):
            Results(results.directory / below, ORDER).prepare()

    def test_refuses_what_is_read_only(self):
        with pytest.raises(IntakeError, match="results cannot be written here"):
            Results(Path("/proc/self"), ORDER).prepare()


class TestFind:
    def test_takes_what_sounds_and_what_is_named_so(self, recordings):
        directory = recordings(2)
        (directory / "0000.wav").rename(directory / "recording")
        (directory / "notes.txt").write_text("hello")
        (directory / "bad.mp3").write_text("hello")
        names = [path.name for path in find([directory])]
        assert sorted(names) == ["0001.wav", "bad.mp3", "recording"]

    def test_takes_a_call_folder_as_one(self, tmp_path):
        (tmp_path / "calls" / "a").mkdir(parents=True)
        for name in ("call.json", "audio.flac"):
            (tmp_path / "calls" / "a" / name).touch()
        assert find([tmp_path / "calls"]) == [tmp_path / "calls" / "a"]

    def test_names_each_once(self, recordings):
        directory = recordings(2)
        assert len(find([directory, directory / "0000.wav"])) == 2

    def test_a_scorecard_among_recordings_hides_none(self, recordings):
        directory = recordings(2)
        (directory / CARD_FILE).write_text("{}")
        (directory / REFUSED_FILE).write_text("{}")
        assert [path.name for path in find([directory])] == ["0000.wav", "0001.wav"]


class TestWhatCannotBeLookedAt:
    """It is refused in one line with its path, and the rest is scored."""

    def refusals(self, paths) -> dict[str, str]:
        made = [result_of(path, ORDER) for path in find(paths)]
        assert any(isinstance(each, Scorecard) for each in made)
        return {each.file: each.line for each in made if isinstance(each, Refused)}

    @pytest.mark.parametrize("named", [False, True], ids=["a subfolder", "a folder"])
    def test_a_folder_without_permission(self, recordings, monkeypatch, named):
        directory = recordings(1)
        closed = directory / "closed"
        closed.mkdir()
        real = os.scandir

        def scandir(path):
            if Path(path) == closed:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        assert self.refusals([directory, closed] if named else [directory]) == {
            str(closed): f"{closed}: cannot be read (Permission denied) – check that it is readable"
        }

    def test_a_folder_whose_files_cannot_be_looked_at(self, recordings, monkeypatch):
        directory = recordings(2)
        closed = directory / "0001.wav"
        real = Path.stat

        def stat(path, **more):
            if path == closed:
                denied()
            return real(path, **more)

        monkeypatch.setattr(Path, "stat", stat)
        [line] = self.refusals([directory]).values()
        assert line.startswith(f"{closed}: cannot be read (Permission denied)")

    def test_a_name_that_is_too_long(self, recordings):
        long = Path("a" * 300 + ".wav")
        [line] = self.refusals([recordings(1), long]).values()
        assert line == f"{long}: cannot be read (File name too long) – check that it is readable"

    def test_a_link_to_itself(self, recordings):
        directory = recordings(1)
        loop = directory / "loop.wav"
        loop.symlink_to(loop)
        [line] = self.refusals([directory, loop]).values()
        assert line.startswith(f"{loop}: ")

    def test_a_name_that_is_too_long_for_its_json(self, recordings):
        directory = recordings(1)
        long = (directory / "0000.wav").rename(directory / f"{'a' * 250}.wav")
        [card] = [result_of(path, ORDER) for path in find([directory])]
        assert isinstance(card, Scorecard), card.line
        assert card.file == str(long)
