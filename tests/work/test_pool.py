"""Worker processes may die; jobs are neither lost nor done for two results."""

from __future__ import annotations

from livekit_barge.work.pool import TookTooLong, WorkerDied, run_jobs
from tests.batch.works import Dies, InStep, double, hangs_at_three


def test_each_job_gives_one_result():
    assert sorted(run_jobs(range(20), double, 2)) == [(job, 2 * job) for job in range(20)]


def test_a_killed_worker_costs_its_job_a_second_try(tmp_path):
    made = sorted(run_jobs(range(10), Dies(tmp_path, job=3), 2))
    assert made == [(job, 2 * job) for job in range(10)]
    assert len(list(tmp_path.glob("3-*"))) == 2
    assert len(list(tmp_path.glob("[!d]*"))) == 11


def test_a_job_that_kills_two_workers_is_given_up(tmp_path):
    made = dict(run_jobs(range(6), Dies(tmp_path, job=3, always=True), 2))
    assert isinstance(made.pop(3), WorkerDied)
    assert made == {job: 2 * job for job in (0, 1, 2, 4, 5)}


def test_no_more_workers_than_jobs_are_started(tmp_path):
    list(run_jobs([7], Dies(tmp_path, job=0), 8))
    assert len(list(tmp_path.iterdir())) == 1


def test_jobs_of_one_kin_go_to_one_worker(tmp_path):
    jobs = ["a1", "a2", "a3", "b1", "b2", "b3"]
    made = dict(run_jobs(jobs, InStep(tmp_path, "ab"), 2, kin=lambda job: job[0]))
    assert len({made[job] for job in jobs if job[0] == "a"}) == 1
    assert len({made[job] for job in jobs if job[0] == "b"}) == 1


def test_a_worker_without_a_kin_of_its_own_helps_the_others():
    made = list(run_jobs(range(9), double, 3, kin=lambda _: "one"))
    assert sorted(made) == [(job, 2 * job) for job in range(9)]


def test_no_jobs_give_nothing():
    assert list(run_jobs([], double, 2)) == []


def test_a_job_that_hangs_is_ended_and_the_others_are_done():
    made = dict(run_jobs(range(6), hangs_at_three, 2, limit_s=8.0))
    assert isinstance(made.pop(3), TookTooLong)
    assert made == {job: 2 * job for job in (0, 1, 2, 4, 5)}
