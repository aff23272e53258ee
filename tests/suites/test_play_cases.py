"""The runner: kept, resumed, ordered, the same whatever the number of workers."""

import json

import pytest

from livekit_barge.call.formats import RESULTS_FILE
from livekit_barge.errors import SettingsError
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.play_cases import play_case, run_cases
from livekit_barge.suites.results_store import ResultsStore
from livekit_barge.suites.suite import Suite
from tests.disks import tiny_disk

CALLS = {
    "timing": "drawn",
    "calls": [
        {
            "name": "short",
            "count": {"tuning": 3},
            "agent": ["We are open from Monday to Friday, and on Saturday until noon. Goodbye."],
            "caller": [
                {
                    "say": "Wait, please!",
                    "at": "after the agent has spoken 1 to 2 s",
                    "expect": "yield",
                }
            ],
        }
    ],
}


NO_ROOM = r"results.jsonl: cannot be written \(No space left .* – free some space"


def keep(folder, *names):
    """Keep a result of each name, and put them in order."""
    with ResultsStore(folder) as kept:
        for name in names:
            kept.put(name, CaseResult(case_id=name, preset="snappy"))
        kept.order(names)


def cases(**how):
    # Without the warm-up, in whose seconds nothing would stop the agent.
    knobs = {"aec_warmup_duration": None, "turn_detection": "vad"}
    return Suite.parse(CALLS, name="mine").cases(knobs=knobs, **how)


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The folder of a run in this process, and its results."""
    folder = tmp_path_factory.mktemp("serial")
    return folder, list(run_cases(cases(), out=folder))


class TestARun:
    def test_its_results_are_in_the_order_of_its_cases(self, serial):
        _, results = serial
        assert [result.case_id for result in results] == [case.case_id for case in cases()]
        assert [result.events[0].outcome for result in results] == ["yielded"] * 3

    def test_several_processes_leave_the_same_bytes(self, serial, tmp_path):
        folder, results = serial
        assert list(run_cases(cases(), out=tmp_path, jobs=2)) == results
        assert (tmp_path / RESULTS_FILE).read_bytes() == (folder / RESULTS_FILE).read_bytes()

    def test_one_that_was_stopped_goes_on_where_it_was(self, serial, tmp_path, monkeypatch):
        folder, results = serial
        whole = (folder / RESULTS_FILE).read_bytes()
        first = whole[: whole.index(b"\n") + 1]
        (tmp_path / RESULTS_FILE).write_bytes(first + b'{"case_id": "cut sho')
        played = []

        def play(case, playing):  # noqa: ARG001
            played.append(case.case_id)
            return next(result for result in results if result.case_id == case.case_id)

        monkeypatch.setattr("livekit_barge.suites.play_cases.play_case", play)
        told = []
        assert list(run_cases(cases(), out=tmp_path, on_result=told.append)) == results
        assert played == [case.case_id for case in cases()[1:]]
        assert len(told) == 3
        assert (tmp_path / RESULTS_FILE).read_bytes() == whole

    def test_the_environment_s_knobs_change_nothing(self, serial, monkeypatch):
        monkeypatch.setenv("BARGE_ALLOW_INTERRUPTIONS", "off")
        monkeypatch.setenv("BARGE_PRESET", "patient")
        assert play_case(cases()[0]) == serial[1][0]

    def test_duckdb_reads_its_events(self, serial):
        duckdb = pytest.importorskip("duckdb")
        rows = duckdb.sql(
            f"SELECT e.outcome, count(*) FROM (SELECT unnest(events) AS e "
            f"FROM '{serial[0] / RESULTS_FILE}') GROUP BY 1"
        ).fetchall()
        assert rows == [("yielded", 3)]

    def test_a_preset_that_is_none_is_told_before_a_call_is_played(self, tmp_path):
        with pytest.raises(SettingsError, match="no preset is called snapy – did you mean snappy"):
            list(run_cases(cases(preset="snapy"), out=tmp_path))

    def test_a_case_that_cannot_be_played_has_a_result_that_says_so(self, tmp_path):
        (tmp_path / "no.wav").write_text("no audio")
        line = {"wav": str(tmp_path / "no.wav"), "at": "in mid-word"}
        content = {"calls": [CALLS["calls"][0] | {"caller": [line]}]}
        case = Suite.parse(content, name="mine").cases()[0]
        (result,) = run_cases([case], out=tmp_path)
        assert "no.wav" in result.error


class TestWhatIsKept:
    def test_the_same_knobs_make_the_same_digest_and_others_another(self):
        one, same, other = (
            case.digest() for case in (cases()[0], cases()[0], cases(preset="snappy")[0])
        )
        assert one == same != other

    def test_results_of_other_cases_follow_those_of_the_run(self, tmp_path):
        with ResultsStore(tmp_path) as kept:
            for name in "cab":
                kept.put(name, CaseResult(case_id=name, preset="snappy"))
            kept.order(["b", "c"])
        lines = (tmp_path / RESULTS_FILE).read_text().splitlines()
        assert [json.loads(line)["case_id"] for line in lines] == ["b", "c", "a"]

    def test_a_damaged_line_costs_nothing_but_itself(self, tmp_path):
        with ResultsStore(tmp_path) as kept:
            for name in "abc":
                kept.put(name, CaseResult(case_id=name, preset="snappy"))
        lines = (tmp_path / RESULTS_FILE).read_bytes().splitlines(keepends=True)
        (tmp_path / RESULTS_FILE).write_bytes(lines[0] + b"{}\n\0\0\n" + lines[2])
        with ResultsStore(tmp_path) as kept:
            assert [name for name in "abc" if kept.get(name) is not None] == ["a", "c"]

    @pytest.mark.parametrize(
        "line", ['{"made_from": "a", "case_id": "a", "preset": "snappy"}', "[" * 200_000]
    )
    def test_a_line_that_is_no_result_is_one_that_is_not_there(self, tmp_path, line):
        (tmp_path / RESULTS_FILE).write_text(line + "\n")
        with ResultsStore(tmp_path) as kept:
            assert kept.get("a") is None
            kept.put("a", CaseResult(case_id="a", preset="snappy"))
            assert kept.get("a") is not None

    def test_a_full_disk_is_one_line_and_costs_no_result_that_was_kept(self, tmp_path):
        with tiny_disk(tmp_path / "disk", size="16k") as disk:
            with pytest.raises(SettingsError, match=NO_ROOM):
                keep(disk, "a", *map(str, range(1000)))
            with ResultsStore(disk) as kept:
                assert kept.get("a") is not None

    def test_a_disk_that_is_full_as_they_are_ordered_leaves_them_as_they_were(self, tmp_path):
        long = "a" * 6000
        with tiny_disk(tmp_path / "disk", size="16k") as disk:
            with pytest.raises(SettingsError, match=NO_ROOM):
                keep(disk, long)
            assert [each.name for each in disk.glob("results*")] == [RESULTS_FILE]
            with ResultsStore(disk) as kept:
                assert kept.get(long) is not None

    def test_a_folder_is_one_run_s_at_a_time(self, tmp_path):
        pytest.importorskip("fcntl")
        with ResultsStore(tmp_path) as kept:
            kept.put("a", CaseResult(case_id="a", preset="snappy"))
            with pytest.raises(SettingsError, match="another run is using this folder – wait"):
                ResultsStore(tmp_path)
        with ResultsStore(tmp_path) as kept:
            assert kept.get("a") is not None

    def test_what_could_not_be_played_is_tried_again(self, tmp_path):
        with ResultsStore(tmp_path) as kept:
            kept.put("a", CaseResult(case_id="a", preset="snappy", error="no voice"))
            assert kept.get("a") is None
