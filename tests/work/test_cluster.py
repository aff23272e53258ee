"""The same batch on a local Dask cluster, of whose two workers one is killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_barge.batch.find_recordings import recordings as find
from livekit_barge.batch.stored_results import Results
from livekit_barge.call.formats import CARD_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.work.cluster import run_on_cluster
from livekit_barge.work.pool import WorkerDied
from tests.batch.local_cluster import two_workers
from tests.batch.works import Dies, DiesAfter, Raises

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory) -> Iterator[str]:
    with two_workers(tmp_path_factory.mktemp("cluster"), may_die=1) as address:
        yield address


@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_loses_nothing_and_doubles_nothing(scheduler, recordings, tmp_path):
    paths = find([recordings(24)])
    results = Results(tmp_path / "scores", ScoreOptions.of(source="vapi"))
    work = DiesAfter(results, "0007.wav", tmp_path / "died", written=True)
    made = list(run_on_cluster(paths, work, scheduler))
    assert (tmp_path / "died").exists()
    assert not any(isinstance(result, WorkerDied) for _, result in made)
    assert sorted(path for path, _ in made) == paths
    cards = [json.loads(p.read_bytes()) for p in results.directory.glob(f"*/{CARD_FILE}")]
    assert sorted(card["file"] for card in cards) == [str(path) for path in paths]


@pytest.mark.filterwarnings("ignore")
def test_a_job_that_kills_more_workers_than_the_scheduler_allows_is_given_up(scheduler, tmp_path):
    [(job, made)] = run_on_cluster([3], Dies(tmp_path, 3, always=True), scheduler)
    assert (job, type(made)) == (3, WorkerDied)
    assert len(list(tmp_path.glob("3-*"))) == 2


@pytest.mark.filterwarnings("ignore")
def test_what_a_job_raises_is_raised_and_the_job_not_done_again(scheduler, tmp_path):
    with pytest.raises(ValueError, match="a fault of ours"):
        list(run_on_cluster([3], Raises(tmp_path), scheduler))
    assert len(list(tmp_path.glob("3-*"))) == 1


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr("livekit_barge.work.cluster._CONNECT_S", 0.2)
    with pytest.raises(IntakeError, match="no Dask scheduler answers"):
        list(run_on_cluster([Path("a.wav")], print, "tcp://127.0.0.1:9"))
