"""A batch loses nothing and doubles nothing, and goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livekit_barge.batch import pool
from livekit_barge.batch.find import recordings as find
from livekit_barge.batch.pool import TookTooLong, run_jobs
from livekit_barge.batch.results import CARD_FILE, REFUSED_FILE, Refused, Results
from livekit_barge.batch.run import Total, score_batch
from livekit_barge.intake.order import Order
from livekit_barge.measure.scorecard import Scorecard
from tests.batch.works import DiesAfter

ORDER = Order.of(source="vapi")


@pytest.fixture
def results(tmp_path) -> Results:
    return Results(tmp_path / "scores", ORDER)


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
    other = Results(tmp_path / "scores", Order.of(source="retell"))
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

    monkeypatch.setattr("livekit_barge.batch.results.score", fails)
    made = results.make(find([recordings(1)])[0])
    assert "a fault of livekit_barge's (ZeroDivisionError: by zero)" in made.line


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
