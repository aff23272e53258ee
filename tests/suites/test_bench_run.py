"""Bench runs: a folder that cannot be used, and what is told of one that can."""

import dataclasses
import shutil

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from livekit_barge.call.formats import RESULTS_FILE
from livekit_barge.cli.app import app
from livekit_barge.errors import SettingsError
from livekit_barge.suites.bench_run import SHOWN, BenchOptions, run_bench
from livekit_barge.suites.event_results import CaseResult, EventResult
from tests.suites.test_play_cases import CALLS


def test_a_folder_below_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    order = BenchOptions(suite="classic", presets=("snappy",), out=tmp_path / "file" / "below")
    with pytest.raises(SettingsError, match=r"results cannot be kept there .* – choose another"):
        run_bench(order, console=Console(quiet=True))


@pytest.fixture
def order(tmp_path):
    """Make the results of three short calls."""
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CALLS))
    return BenchOptions(
        suite=str(tmp_path / "mine.yaml"), presets=("snappy",), out=tmp_path / "out"
    )


def test_played_are_those_whose_results_were_not_there(order):
    console = Console(quiet=True)
    assert run_bench(order, console=console).run.played == 3
    results = order.out / RESULTS_FILE
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(lines[0] + b"damaged\n" * 5 + lines[2])
    assert run_bench(order, console=console).run.played == 1


def test_of_many_events_the_first_that_went_wrong_are_told_under_every_preset(
    tmp_path, monkeypatch
):
    pattern = CALLS["calls"][0] | {"count": {"tuning": SHOWN + 10}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CALLS | {"calls": [pattern]}))

    def play(case, playing):  # noqa: ARG001
        number = int(case.case_id[-3:])
        # Under snappy every second goes wrong, under patient the first and the last.
        wrong = number % 2 if case.preset == "snappy" else number in (0, SHOWN + 9)
        outcome = "missed" if wrong else "yielded"
        event = EventResult(
            case_id=case.case_id, line=0, said="", at="", expect="yield", outcome=outcome
        )
        return CaseResult(case_id=case.case_id, preset=case.preset, events=(event,))

    monkeypatch.setattr("livekit_barge.suites.play_cases.play_case", play)
    presets = ("snappy", "patient")
    order = BenchOptions(suite=str(tmp_path / "mine.yaml"), presets=presets, out=tmp_path / "out")
    done = run_bench(order, console=Console(quiet=True))
    told = [(event.case_id[-3:], preset, event.outcome) for preset, event in done.told]
    assert told[:4] == [
        ("000", "snappy", "yielded"),
        ("000", "patient", "missed"),
        ("001", "snappy", "missed"),
        ("001", "patient", "yielded"),
    ]
    assert told[-1][0] == f"{SHOWN + 9:03}"
    assert not done.few


def test_a_folder_whose_name_looks_like_markup_is_told_as_it_is(tmp_path):
    (tmp_path / "m[b].yaml").write_text(yaml.safe_dump(CALLS))
    folder = tmp_path / "x[/b]"
    suite = str(tmp_path / "m[b].yaml")
    done = CliRunner().invoke(app, ["bench", "--suite", suite, "--out", str(folder), "--jobs", "1"])
    assert done.exit_code == 0
    assert f"results: {folder}" in done.stdout
    assert "m[b]-short-t000" in done.stdout


def test_calls_that_are_to_be_kept_and_are_not_are_played_again(order):
    console = Console(quiet=True)
    order = dataclasses.replace(order, calls_dir=order.out / "calls")
    first = run_bench(order, console=console)
    results = (order.out / RESULTS_FILE).read_bytes()
    gone = order.calls_dir / "mine-short-t001-snappy"
    shutil.rmtree(gone)
    again = run_bench(order, console=console)
    assert (first.run.played, again.run.played) == (3, 1)
    assert (gone / "call.json").exists()
    assert len(list(order.calls_dir.iterdir())) == 3
    assert (order.out / RESULTS_FILE).read_bytes() == results


def test_where_no_call_can_be_kept_none_is_played(order, tmp_path):
    (tmp_path / "file").touch()
    order = dataclasses.replace(order, calls_dir=tmp_path / "file")
    with pytest.raises(SettingsError, match=r"no calls can be kept there .* – point --calls-dir"):
        run_bench(order, console=Console(quiet=True))
    assert not order.out.exists()
