"""Findings on a terminal and as JSON; what the command exits with."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from livekit_barge.cli.app import app
from livekit_barge.diagnosis import Finding
from livekit_barge.faults import FAULTS, HEALTHY
from livekit_barge.report.terminal.findings import Diagnosed, FindingsText, where_of

FINDING = Finding(
    code="buffered-ahead",
    title="It stops, but [a syllable] leaks",
    symptom=3,
    layer="transport",
    overlap=0,
    at_s=8.961,
    evidence=("decided at 9.20 s", "audible for 700 ms longer"),
    ruled_out=("not the gate",),
    turn="the transport's buffer",
    sure="undecided",
    needs="the agent's own folder",
)


def rendered(*findings):
    console = Console(width=100, file=io.StringIO())
    console.print(FindingsText().render(Diagnosed(Path("a-call"), findings)), highlight=False)
    return console.file.getvalue()


def run(*arguments):
    return CliRunner().invoke(app, ["diagnose", *map(str, arguments)])


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """A call with a fault and a healthy one."""
    folder = tmp_path_factory.mktemp("calls")
    faulty = next(trial for trial in FAULTS if trial.name == "transport-with-a-deep-buffer")
    healthy = next(trial for trial in HEALTHY if trial.name == "listens-noisy")
    return [trial.play(folder).call_dir for trial in (faulty, healthy)]


def test_a_finding_says_what_shows_it_what_it_is_not_and_what_to_turn():
    text = rendered(FINDING)
    for part in (FINDING.title, *FINDING.evidence, *FINDING.ruled_out, FINDING.turn, FINDING.needs):
        assert part in text


def test_overlaps_are_counted_from_one_where_a_person_reads():
    assert where_of(FINDING) == "symptom 3 · transport · overlap 1 · at 8.96 s"


def test_a_call_without_findings_says_so():
    assert "nothing found" in rendered()


def test_a_fault_exits_with_1_and_is_printed(calls):
    result = run(calls[0])
    assert (result.exit_code, "buffered-ahead" in result.stdout) == (1, True)


def test_a_healthy_call_exits_with_0(calls):
    assert run(calls[1]).exit_code == 0


def test_a_call_that_cannot_be_read_exits_with_2_and_the_others_are_diagnosed(calls, tmp_path):
    result = run(tmp_path / "nowhere", calls[0])
    assert (result.exit_code, "buffered-ahead" in result.stdout) == (2, True)


def test_json_is_a_line_a_call(calls):
    result = run(*calls, "--json", "-")
    faulty, healthy = map(json.loads, result.stdout.splitlines())
    assert [finding["code"] for finding in faulty["findings"]] == ["buffered-ahead"]
    assert healthy == {"call": str(calls[1]), "findings": []}


def test_other_limits_are_used(calls, tmp_path):
    limits = tmp_path / "mine.toml"
    limits.write_text("[diagnosis]\nleak_min_s = 1.0\n")
    assert "buffered-ahead" not in run(calls[0], "--limits", limits).stdout
