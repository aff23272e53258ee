"""sweep and tune as they are typed, on one short call."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from livekit_barge.cli.app import app
from livekit_barge.errors import BargeError
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.search import polish, search, space, tune_plan
from livekit_barge.search.axes import Axis
from livekit_barge.search.search import Found
from livekit_barge.search.tune import Tuned
from livekit_barge.suites.sweep_file import read_sweep
from tests.search.made import point

SUITE = """
summary: The caller breaks in, and later says "mm-hm".
timing: fixed
calls:
  - name: both
    count: {tuning: 1, held-out: 1}
    agent:
      - Your parcel left our warehouse this morning, and it will reach you tomorrow at noon.
      - All right, I will have it brought to your office at the station in the afternoon.
    caller:
      - say: Wait, please bring it to my office.
        at: after the agent has spoken 1 s
        expect: yield
      - {say: mm-hm, at: after the agent has spoken 1 s, expect: hold}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def rows(table: str) -> list[str]:
    """What the rows of a printed table begin with."""
    return [line.split()[0] for line in table.splitlines() if line.startswith(" ") and line.strip()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tuning")
    (folder / "short.yaml").write_text(SUITE)
    return folder


@pytest.fixture(scope="module")
def swept(folder) -> Result:
    return run(
        *("sweep", "--suite", folder / "short.yaml", "--preset", "snappy", "--jobs", 1),
        *("--vary", "min_interruption_duration=0.2,0.8", "--out", folder / "sweep"),
    )


def test_a_sweep_prints_the_base_and_each_value(swept):
    assert [row for row in rows(swept.stdout) if row in ("base", "0.2", "0.8")] == [
        "base",
        "0.2",
        "0.8",
    ]


def test_its_folder_is_what_a_report_reads(swept, folder):  # noqa: ARG001
    points = read_sweep(folder / "sweep" / "sweep.json").points
    assert [point.knobs for point in points] == [
        {},
        {"min_interruption_duration": 0.2},
        {"min_interruption_duration": 0.8},
    ]


def test_its_points_go_to_standard_output_and_the_tables_do_not(swept, folder):  # noqa: ARG001
    again = run(
        *("sweep", "--suite", folder / "short.yaml", "--preset", "snappy", "--jobs", 1),
        *("--vary", "min_interruption_duration=0.2,0.8", "--out", folder / "sweep"),
        *("--json", "-"),
    )
    assert json.loads(again.stdout) == json.loads((folder / "sweep" / "sweep.json").read_text())
    assert "calls under each of 3 settings" in again.stderr


def test_a_longer_duration_decides_later(swept, folder):  # noqa: ARG001
    quick, slow = read_sweep(folder / "sweep" / "sweep.json").points[1:]
    assert quick.time_to_yield_p50_s < slow.time_to_yield_p50_s


def test_a_sweep_that_is_done_plays_nothing_again(swept, folder, monkeypatch):
    def no_call(*_: object, **__: object) -> None:
        raise AssertionError("played again")

    monkeypatch.setattr("livekit_barge.suites.play_cases.play_call", no_call)
    again = run(
        *("sweep", "--suite", folder / "short.yaml", "--preset", "snappy", "--jobs", 1),
        *("--vary", "min_interruption_duration=0.2,0.8", "--out", folder / "sweep"),
    )
    assert again.stdout == swept.stdout


@pytest.fixture(scope="module")
def strict(folder) -> Path:
    """A file by whose limits whoever yields has yielded too late to count."""
    (folder / "strict.toml").write_text("[judging]\nyield_within_s = 0.01\nmissed_after_s = 0.02\n")
    return folder / "strict.toml"


def test_a_sweep_under_limits_of_one_s_own_takes_no_call_judged_by_others(
    swept, folder, strict, tmp_path, monkeypatch
):
    def in_time(out: Path) -> list[str]:
        points = read_sweep(out / "sweep.json").points
        return [f"{point.yields.count}/{point.yields.of}" for point in points]

    assert swept.exit_code == 0
    out = shutil.copytree(folder / "sweep", tmp_path / "sweep")
    before = in_time(out)
    monkeypatch.setenv("BARGE_LIMITS", str(strict))
    run(
        *("sweep", "--suite", folder / "short.yaml", "--preset", "snappy", "--jobs", 1),
        *("--vary", "min_interruption_duration=0.2,0.8", "--out", out),
    )
    assert (before[:2], in_time(out)) == (["2/2"] * 2, ["0/2"] * 3)


def tune(folder: Path, out: str, budget: str, *more: object) -> Result:
    """Over one knob of two values, in two presets."""
    with pytest.MonkeyPatch.context() as patch:
        small = (Axis("min_interruption_duration", (0.2, 0.5)),)
        patch.setattr(space, "SPACE", small)
        patch.setattr(search, "SPACE", small)
        patch.setattr(polish, "SPACE", small)
        patch.setattr(tune_plan, "SPACE", small)
        patch.setattr("livekit_barge.search.tune.preset_names", lambda: ["snappy"])
        return run(
            *("tune", "--suite", folder / "short.yaml", "--trials", 1, "--times", 1, "--jobs", 1),
            *("--budget", budget, "--out", folder / out, *more),
        )


@pytest.fixture(scope="module")
def tuned(folder) -> Result:
    return tune(folder, "tune", "missed<=0%")


def test_tune_writes_a_preset_that_says_what_it_is_for(tuned, folder):
    assert tuned.exit_code == 0, tuned.output
    preset = Preset.load(folder / "tune" / "tuned.toml")
    assert preset.summary.startswith("Tuned on short from livekit-defaults")
    base = Preset.load("livekit-defaults").knobs
    changed = {name for name in preset.knobs if preset.knobs[name] != base.get(name)}
    assert changed <= {"min_interruption_duration"}


def test_it_checks_the_preset_on_unheard_calls_beside_the_shipped_ones(tuned):
    table = tuned.stdout.split("On unheard calls")[1]
    assert rows(table)[-3:] == ["tuned", "livekit-defaults", "snappy"]


def test_a_budget_that_no_setting_keeps_exits_with_1(folder, tuned):  # noqa: ARG001
    result = tune(folder, "tune", "time_to_yield_p50<=10ms")
    assert result.exit_code == 1
    summary = Preset.load(folder / "tune" / "tuned.toml").summary
    assert summary.endswith("as near as any setting comes to time_to_yield_p50 ≤ 10 ms.")
    assert "time_to_yield_p50 ≤ 10 ms cannot be met" in result.stdout


@pytest.fixture(scope="module")
def tuned_strictly(folder, tuned, strict) -> Result:  # noqa: ARG001
    """Where all its calls were played before, and judged by other limits."""
    shutil.copytree(folder / "tune", folder / "strictly")
    return tune(folder, "strictly", "missed<=0%", "--limits", strict)


def test_a_search_under_limits_of_one_s_own_takes_no_call_judged_by_others(tuned, tuned_strictly):
    assert (tuned.exit_code, tuned_strictly.exit_code) == (0, 1)
    assert "missed ≤ 0 % cannot be met: the best is 100 %" in tuned_strictly.stdout


def test_nor_does_the_check_on_unheard_calls(tuned, tuned_strictly):
    def missed(result: Result) -> list[str]:
        table = result.stdout.split("On unheard calls")[1].split("Lost")[0]
        return [line.split()[-2] for line in table.splitlines() if "/1" in line]

    assert (missed(tuned), missed(tuned_strictly)) == (["0/1*,"] * 3, ["1/1*,"] * 3)


def test_held_out_calls_that_cannot_be_played_exit_with_2(folder, monkeypatch):
    chosen = point(0.3, 0)
    found = Found(chosen, chosen, (chosen,), (chosen,), within_budget=True)
    tuned = Tuned(found, [], [], {}, ["tuned: no clip"], Path("tuned.toml"), Path("sweep.json"))
    monkeypatch.setattr("livekit_barge.search.tune.run_tune", lambda *_: tuned)
    result = run("tune", "--suite", folder / "short.yaml")
    assert result.exit_code == 2
    assert "tuned: no clip" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "--vary", "nonsense=1"),
        ("sweep", "--vary", "min_interruption_words=0", "--suite", "nowhere"),
        ("sweep", "--vary", "min_interruption_words=0", "--preset", "nobody"),
        ("tune", "--budget", "nonsense"),
    ],
)
def test_what_cannot_be_is_refused_before_a_call_is_played(arguments, tmp_path):
    result = run(*arguments, "--out", tmp_path / "out")
    assert isinstance(result.exception, BargeError)
    assert json.dumps(str(result.exception)).count("\\n") == 0
