"""Cases and a sweep's settings on a local Dask cluster of two workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_barge.call.formats import RESULTS_FILE
from livekit_barge.search.axes import Axis, one_at_a_time
from livekit_barge.search.sweep import run_settings
from livekit_barge.suites.play_cases import run_cases
from livekit_barge.suites.suite import Suite
from tests.batch.local_cluster import two_workers

pytest.importorskip("distributed")
# Dask's warnings are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")

CALLS = {
    "timing": "fixed",
    "calls": [
        {
            "name": "short",
            "count": {"tuning": 1},
            "agent": ["We are open from Monday to Friday."],
            "caller": [
                {"say": "Wait!", "at": "after the agent has spoken 0.5 s", "expect": "yield"}
            ],
        }
    ],
}
SETTINGS = one_at_a_time([Axis("queue_s", (0.1,))])


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory) -> Iterator[str]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@pytest.fixture(scope="module")
def cases():
    knobs = {"aec_warmup_duration": None, "turn_detection": "vad"}
    return Suite.parse(CALLS, name="mine").cases(knobs=knobs)


@pytest.fixture(scope="module")
def here(cases, tmp_path_factory):
    """The folder of a run in this process, and its results."""
    folder = tmp_path_factory.mktemp("here")
    # By its setting's name, as a sweep calls it.
    return folder, list(run_cases([SETTINGS[0].of(case) for case in cases], out=folder))


def test_its_workers_leave_the_bytes_that_this_process_does(scheduler, cases, here, tmp_path):
    folder, results = here
    wanted = [SETTINGS[0].of(case) for case in cases]
    assert list(run_cases(wanted, out=tmp_path, scheduler=scheduler)) == results
    assert kept(tmp_path) == kept(folder)


def test_a_sweep_goes_on_there_where_it_was_here(scheduler, cases, here):
    folder, _ = here
    begun = kept(folder)
    points = run_settings(cases, SETTINGS, out=folder, scheduler=scheduler)
    assert [point.setting for point in points] == SETTINGS
    assert [point.tally.yield_rate.of for point in points] == [1, 1]
    assert kept(folder).startswith(begun)
    assert len(kept(folder).splitlines()) == 2


def kept(folder: Path) -> bytes:
    return (folder / RESULTS_FILE).read_bytes()
