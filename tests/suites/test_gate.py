"""The gate: which limits were met, which were missed and by how much, which are not judged."""

import dataclasses
import json
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from livekit_barge.cli.app import app
from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.measure.checks import Check
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.totals import Tally
from livekit_barge.suites.event_results import CaseResult, EventResult
from livekit_barge.suites.gate import Verdict, judge_runs, judge_tally
from livekit_barge.suites.results_store import ResultsStore
from livekit_barge.suites.run_manifest import Run
from tests.intake.made import made_call, write
from tests.measure import known

LIMITS = Limits.load()


def event(outcome, expect="yield", **more):
    fields = {"case_id": "a", "line": 0, "said": "Wait!", "at": "in mid-word"}
    return EventResult(**fields, expect=expect, outcome=outcome, **more)


def events(yielded, missed=0):
    return [event("yielded", time_to_yield_s=0.5, cancellation_s=0.1)] * yielded + [
        event("missed", time_to_yield_s=3.0, lower_bound=True)
    ] * missed


def verdict(*args):
    return judge_tally("mine", Tally.of(events(*args)), LIMITS)


def held(verdict, name):
    return next(check for check in verdict.checks if check.name == name)


@pytest.fixture
def run(tmp_path):
    """Writes a bench run's folder."""

    def run(yielded, missed=0, error=None):
        result = CaseResult(
            case_id="a", preset="snappy", events=tuple(events(yielded, missed)), error=error
        )
        with ResultsStore(tmp_path) as kept:
            kept.put("a", result)
        Run(
            suite="mine",
            presets=("snappy",),
            seed=0,
            split=None,
            how="virtual",
            jobs=1,
            calls=1,
            call_s=3.0,
            elapsed_s=1.0,
            played=1,
        ).keep(tmp_path)
        return tmp_path

    return run


class TestAVerdict:
    def test_holds_where_all_limits_do(self):
        assert verdict(20).exit_code == 0

    def test_falls_short_by_so_much(self):
        short = verdict(16, 4)
        assert short.exit_code == 1
        assert held(short, "yield_rate_min").short_by == 0.1
        assert held(short, "missed_rate_max").short_by == 0.15

    def test_a_time_that_is_only_a_lower_bound_falls_short_at_least_by_that(self):
        found = held(verdict(16, 4), "p90_time_to_yield_max_s")
        assert (found.value, found.lower_bound, found.passed) == (3.0, True, False)

    def test_a_time_that_is_only_a_lower_bound_under_its_limit_is_no_verdict(self):
        table = dataclasses.replace(LIMITS.scorecard, p90_time_to_yield_max_s=5.0)
        limits = dataclasses.replace(LIMITS, scorecard=table)
        tally = Tally.of(events(99, 1)[::-1] + events(0, 1) * 20)
        found = held(judge_tally("mine", tally, limits), "p90_time_to_yield_max_s")
        assert (found.value, found.passed, found.undecided) == (3.0, None, True)
        assert found.short_by is None

    def test_is_none_where_all_that_can_be_told_held_and_a_time_may_be_more(self):
        found = Check(name="p90_dead_air_max_s", limit=3.0, value=2.0, of=20, lower_bound=True)
        known = Check(name="yield_rate_min", limit=0.9, value=0.95, of=20)
        tally = Tally.of(())
        assert Verdict(name="mine", tally=tally, checks=(known, found)).exit_code == 2

    def test_what_nothing_was_measured_for_is_not_judged(self):
        assert held(verdict(20), "broken_rate_max").passed is None

    def test_of_nothing_at_all_is_no_verdict(self):
        assert verdict(0).exit_code == 2

    def test_of_a_run_that_was_stopped_is_refused(self, tmp_path):
        with ResultsStore(tmp_path) as kept:
            kept.put("a", CaseResult(case_id="a", preset="snappy", events=tuple(events(20))))
        with pytest.raises(SettingsError, match="this run is not finished – run bench again"):
            judge_runs([tmp_path])

    def test_counts_the_lines_whose_place_never_came(self, run):
        folder = run(20)
        document = json.loads((folder / "results.jsonl").read_text())
        lines = {"unplaced": ["one", "two"]}
        (folder / "results.jsonl").write_text(json.dumps(document | lines) + "\n")
        (found,) = judge_runs([folder])
        assert found.to_json()["unplaced"] == 2
        said = CliRunner().invoke(app, ["gate", str(folder)]).stdout
        assert "lines that were never spoken, in no rate: 2" in said

    @pytest.mark.parametrize("below", ["", "held-out"])
    def test_of_a_sweep_s_folder_is_refused(self, tmp_path, below):
        (tmp_path / "sweep.json").touch()
        with ResultsStore(tmp_path / below) as kept:
            kept.put("a", CaseResult(case_id="a", preset="snappy", events=tuple(events(20))))
        with pytest.raises(SettingsError, match="a sweep cannot be checked against limits"):
            judge_runs([tmp_path / below])

    def test_of_a_run_before_one_that_was_stopped_is_refused(self, run):
        folder = run(20)
        with ResultsStore(folder):
            pass
        with pytest.raises(SettingsError, match="this run is not finished"):
            judge_runs([folder])

    def test_of_fewer_results_than_the_run_has_calls_is_refused(self, run):
        folder = run(20)
        document = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(document | {"calls": 2}))
        with pytest.raises(SettingsError, match="1 of the run's 2 results are there – run bench"):
            judge_runs([folder])

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"schema": "livekit-barge/bench/2"}, "its schema is 'livekit-barge/bench/2', not"),
            ({"schema": None}, "its schema is None"),
            ({"presets": None}, "no finished run"),
            ({"presets": []}, "it names no preset"),
            ({"calls": "1"}, "bad calls"),
            ({"presets": ["patient"]}, "line 1 is of the preset snappy"),
        ],
    )
    def test_of_another_run_json_is_refused(self, run, changes, says):
        folder = run(20)
        document = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(document | changes))
        with pytest.raises(SettingsError, match=says):
            judge_runs([folder])

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"events": ["a"]}, "no result"),
            ({"events": [{"case_id": "a"}]}, "lacks line"),
            ({"events": [event("yeilded").to_json()]}, "bad outcome"),
            ({"events": None}, "no result"),
            ({"call_s": "3"}, "bad call_s"),
        ],
    )
    def test_of_results_that_are_none_is_refused(self, run, changes, says):
        folder = run(20)
        document = json.loads((folder / "results.jsonl").read_text())
        (folder / "results.jsonl").write_text(json.dumps(document | changes) + "\n")
        with pytest.raises(SettingsError, match=rf"not this run's results \({says}"):
            judge_runs([folder])

    @pytest.mark.parametrize("file", ["run.json", "results.jsonl"])
    def test_of_what_is_nested_too_deep_is_refused(self, run, file):
        folder = run(20)
        (folder / file).write_text("[" * 200_000 + "]" * 200_000)
        with pytest.raises(SettingsError):
            judge_runs([folder])

    def test_of_a_call_that_could_not_be_played_is_no_verdict(self, run):
        (found,) = judge_runs([run(20, error="no voice")])
        assert found.exit_code == 2
        assert found.refused == ("a: no voice",)

    def test_under_ten_events_are_judged_and_marked(self):
        found = held(verdict(9), "yield_rate_min")
        assert (found.passed, found.too_few) == (True, True)


class TestTheCommand:
    @pytest.mark.parametrize(("missed", "code"), [(0, 0), (10, 1)])
    def test_exits_by_the_verdict(self, run, missed, code):
        assert CliRunner().invoke(app, ["gate", str(run(20, missed))]).exit_code == code

    def test_takes_limits_from_a_file(self, run, tmp_path):
        file = tmp_path / "mine.toml"
        file.write_text("[scorecard]\nyield_rate_min = 0.5\n[gate]\nmissed_rate_max = 0.5\n")
        short = CliRunner().invoke(app, ["gate", str(run(20, 10))])
        found = CliRunner().invoke(app, ["gate", str(tmp_path), "--limits", str(file)])
        assert short.exit_code == 1
        told = " ".join(found.stdout.split())
        assert "yield_rate_min at least 50.0 %" in told
        assert "missed_rate_max at most 50.0 %" in told

    def test_writes_junit_and_json(self, run, tmp_path):
        junit, document = tmp_path / "gate.xml", tmp_path / "gate.json"
        CliRunner().invoke(
            app, ["gate", str(run(20, 10)), "--junit", str(junit), "--json", str(document)]
        )
        suite = ElementTree.parse(junit).getroot()[0]
        assert (suite.get("name"), suite.get("failures")) == ("mine under snappy", "3")
        failures = [each.get("message") for each in suite.iter("failure")]
        assert failures[0] == (
            "yield_rate_min: 66.7 % of 30, should be at least 90.0 %: short by 23.3 points"
        )
        (found,) = json.loads(document.read_text())["verdicts"]
        assert (found["passed"], found["exit_code"]) == (False, 1)

    def test_nothing_to_judge_is_said(self, run):
        found = CliRunner().invoke(app, ["gate", str(run(0))])
        assert found.exit_code == 2
        assert found.stdout == (
            "mine under snappy: nothing to judge\n"
            "not judged: 0 of 8 limits met, 8 with nothing to judge\n"
        )

    @pytest.mark.parametrize(
        ("missed", "line"),
        [(0, "passed: 4 of 8 limits met"), (10, "failed: 1 of 8 limits met, 3 missed")],
    )
    def test_ends_with_one_line_that_gives_the_verdict(self, run, missed, line):
        found = CliRunner().invoke(app, ["gate", str(run(20, missed))])
        assert found.stdout.splitlines()[-1].startswith(line)

    def test_prints_what_could_not_be_judged_on_standard_error(self, run):
        found = CliRunner().invoke(app, ["gate", str(run(20, error="no voice"))])
        assert found.stderr == "livekit-barge: a: no voice\n"
        assert found.stdout.splitlines()[-1].endswith("1 call could not be judged")

    @pytest.mark.parametrize(("form", "begins"), [("json", "{"), ("junit", "<?xml")])
    def test_a_form_of_its_own_has_standard_output_to_itself(self, run, form, begins):
        found = CliRunner().invoke(app, ["gate", str(run(20)), "--format", form])
        assert found.stdout.startswith(begins)
        assert found.stderr.splitlines()[-1].startswith("passed: ")

    def test_a_time_that_may_be_over_its_limit_is_an_error_of_the_build_s(self, run, tmp_path):
        limits, junit = tmp_path / "mine.toml", tmp_path / "gate.xml"
        limits.write_text(
            "[scorecard]\nyield_rate_min = 0\np90_time_to_yield_max_s = 5\n"
            "[gate]\nmissed_rate_max = 1\n"
        )
        options = ["gate", str(run(10, 10)), "--limits", str(limits), "--junit", str(junit)]
        found = CliRunner().invoke(app, options)
        assert found.exit_code == 2
        assert "may be more" in found.stdout
        (error,) = ElementTree.parse(junit).getroot().iter("error")
        assert error.get("message") == "p90_time_to_yield_max_s: ≥ 3.0 s, which may be over 5 s"

    def test_its_junit_is_xml_whatever_an_error_says(self, run, tmp_path):
        junit = tmp_path / "gate.xml"
        folder = run(20, error="a\x1b[1mb\ufffe\tc")
        CliRunner().invoke(app, ["gate", str(folder), "--junit", str(junit)])
        (error,) = ElementTree.parse(junit).getroot().iter("error")
        assert error.get("message") == "a: a[1mb\tc"

    def test_two_documents_on_standard_output_are_refused(self, run):
        found = CliRunner().invoke(app, ["gate", str(run(20)), "--json", "-", "--junit", "-"])
        assert isinstance(found.exception, SettingsError)
        assert found.stdout == ""

    def test_a_folder_with_nothing_in_it_is_one_line(self, tmp_path):
        with pytest.raises(BargeError, match="no recordings"):
            judge_runs([tmp_path])

    @pytest.mark.parametrize("how", ["passed", "fell short", "refused"])
    def test_its_junit_counts_the_tests_that_are_in_it(self, run, tmp_path, how):
        folder = run(20, 10 * (how == "fell short"), error="no voice" if how == "refused" else None)
        junit = tmp_path / "gate.xml"
        found = CliRunner().invoke(app, ["gate", str(folder), "--junit", str(junit)])
        (suite,) = ElementTree.parse(junit).getroot().iter("testsuite")
        tests = suite.findall("testcase")
        assert suite.get("tests") == str(len(tests))
        assert all(test.get("name") and test.get("classname") for test in tests)
        for counted, child in (
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            told = [test.find(child) for test in tests if test.find(child) is not None]
            assert suite.get(counted) == str(len(told))
            assert all(each.get("message") for each in told)
        assert found.exit_code == {"passed": 0, "fell short": 1, "refused": 2}[how]


class TestOfCalls:
    """A folder of live calls or recordings: nobody labelled them, so the ruler's word stands."""

    def test_live_calls_are_held_against_the_same_limits(self, tmp_path):
        known.write_call(tmp_path / "calls" / "one")
        (found,) = judge_runs([tmp_path / "calls"])
        assert held(found, "yield_rate_min").of == 1
        assert (found.exit_code, found.refused) == (0, ())

    def test_recordings_have_no_cancellation_to_judge(self, tmp_path):
        (tmp_path / "recordings").mkdir()
        write(tmp_path / "recordings" / "one.wav", made_call(8_000), 8_000, "WAV", "PCM_16")
        (found,) = judge_runs([tmp_path / "recordings"], caller_channel=0)
        assert held(found, "yield_rate_min").passed
        assert held(found, "p90_cancellation_max_s").passed is None

    def test_a_recording_that_cannot_be_read_is_exit_2(self, tmp_path):
        write(tmp_path / "one.wav", made_call(8_000), 8_000, "WAV", "PCM_16")
        options = ["gate", str(tmp_path), "--caller-channel", "0"]
        whole = CliRunner().invoke(app, options)
        (tmp_path / "two.wav").write_bytes(b"RIFF")
        result = CliRunner().invoke(app, options)
        assert whole.exit_code == 0
        assert result.exit_code == 2
        assert "two.wav" in result.stderr
