"""What a user's mistake costs at the command line: one line, exit 2, nothing lost."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.main import get_command

from livekit_barge.cli import app as program
from tests.measure.known import write_call

ROOT = Path(__file__).parents[2]


def run(monkeypatch, *arguments: str | Path) -> int:
    """The console script's exit code."""
    monkeypatch.setattr(sys, "argv", ["livekit-barge", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        program.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def call(tmp_path):
    return write_call(tmp_path / "call").path


def test_turns_measures_a_folder_and_prints_its_turns(monkeypatch, capsys, call):
    assert run(monkeypatch, "turns", call) == 0
    out = capsys.readouterr().out
    assert "yielded" in out
    assert "vad" in out


def test_turns_takes_a_directory_of_calls(monkeypatch, capsys, call):
    assert run(monkeypatch, "turns", call.parent) == 0
    assert "yielded" in capsys.readouterr().out


def test_turns_are_judged_by_the_limits_given(monkeypatch, capsys, call, tmp_path):
    (tmp_path / "strict.toml").write_text("[judging]\nyield_within_s = 0.1")
    assert run(monkeypatch, "turns", call, "--limits", tmp_path / "strict.toml") == 0
    assert "late" in capsys.readouterr().out


def test_turns_tells_of_a_bad_folder_and_goes_on_with_the_rest(monkeypatch, capsys, call, tmp_path):
    assert run(monkeypatch, "turns", tmp_path / "gone", call) == 2
    said = capsys.readouterr()
    assert "yielded" in said.out
    [line] = said.err.splitlines()
    assert "gone" in line


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda call: shutil.rmtree(call), "no call.json"),
        (lambda call: (call / "audio.flac").unlink(), "no audio"),
        (lambda call: (call / "audio.flac").write_bytes(b"not audio"), "audio.flac"),
        (
            lambda call: (call / "events.jsonl").write_text("{}\n" * 3),
            "events.jsonl:1: not an event",
        ),
        (
            lambda call: (call / "call.json").write_text(
                (call / "call.json").read_text().replace("call/1", "call/99")
            ),
            "upgrade livekit-barge",
        ),
        (lambda call: (call / "call.json").write_text("{"), "not JSON"),
    ],
    ids=["no folder", "no audio", "audio damaged", "bad event", "from the future", "not JSON"],
)
def test_a_folder_that_cannot_be_read_is_one_line(monkeypatch, capsys, call, break_it, says):
    break_it(call)
    assert run(monkeypatch, "turns", call) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("livekit-barge: ")
    assert says in line
    assert " – " in line  # and the remedy


def test_a_torn_last_line_is_a_note(monkeypatch, capsys, call):
    with (call / "events.jsonl").open("a") as events:
        events.write('{"type": "agent_sta')
    assert run(monkeypatch, "turns", call) == 0
    assert "note: the last line of events.jsonl is torn" in capsys.readouterr().out


def test_a_note_is_shown_as_it_stands(monkeypatch, capsys, call):
    meta = json.loads((call / "call.json").read_text())
    (call / "call.json").write_text(json.dumps({**meta, "notes": ["[/a] note"]}))
    assert run(monkeypatch, "turns", call) == 0
    assert "note: [/a] note" in capsys.readouterr().out


def test_a_terminal_that_lacks_our_dashes_shows_the_rest(monkeypatch, call):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert run(monkeypatch, "turns", call) == 0
    out.flush()
    assert b"yielded" in out.buffer.getvalue()


@pytest.mark.parametrize("arguments", [["presets", "show", "snapy"], ["turns", "nowhere"]])
def test_a_wrong_name_is_one_line(monkeypatch, capsys, arguments):
    assert run(monkeypatch, *arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--agent-name", "--agent-identity"])
def test_an_agent_in_no_room_is_refused(monkeypatch, capsys, option):
    assert run(monkeypatch, "bench", option, "mine") == 2
    assert capsys.readouterr().err == (
        f"livekit-barge: {option}: needs an agent in a room – add --room\n"
    )


def test_the_module_is_the_command_too():
    done = subprocess.run(
        [sys.executable, "-m", "livekit_barge.cli", "turns", "nowhere"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("livekit-barge: nowhere: ")


def test_presets_are_listed_side_by_side(monkeypatch, capsys):
    assert run(monkeypatch, "presets") == 0
    out = capsys.readouterr().out
    assert "snappy" in out
    assert "patient" in out


def ended(*arguments: str | Path, then: str) -> str:
    """What ``then`` prints in the process of a command, once that has ended."""
    program = (
        "import sys\nfrom livekit_barge.cli import app\n"
        f"sys.argv = ['livekit-barge', *{[str(each) for each in arguments]!r}]\n"
        f"try: app.main()\nfinally: print({then})"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("OPENBLAS_NUM_THREADS", None)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1]


def test_a_command_loads_the_modules_of_no_other():
    loaded = ended("turns", "--help", then="[name for name in sys.modules if 'barge.cli.' in name]")
    assert "livekit_barge.cli.turns" in loaded
    assert "livekit_barge.cli.bench" not in loaded
    assert "livekit_barge.cli.report" not in loaded


def test_scoring_a_recording_starts_lean(tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.003, (16_000, 2))
    soundfile.write(tmp_path / "call.wav", noise, 16_000)
    loaded = ended("score", tmp_path / "call.wav", "--caller-channel", 0, then="[*sys.modules]")
    assert "'livekit_barge.hearing.silero.network'" in loaded
    for needless in ("livekit", "numpy.ma", "multiprocessing", "statistics"):
        assert f"'{needless}'" not in loaded


def test_score_starts_no_threads_for_products_of_matrices(tmp_path):
    soundfile.write(tmp_path / "call.wav", np.zeros((16_000, 2)), 16_000)
    threads = ended(
        "score",
        tmp_path / "call.wav",
        then="{each['num_threads'] for each in __import__('threadpoolctl').threadpool_info()}",
    )
    assert threads == "{1}"


def test_standard_output_on_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from livekit_barge.cli.app import main; main()", "presets"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.stderr == (
        "livekit-barge: standard output: cannot be written (No space left on device) "
        "– free some space, or write elsewhere\n"
    )
    assert done.returncode == 2


# summary reads what was judged; demo's sessions take their settings from the environment.
@pytest.mark.parametrize("command", sorted({*program._COMMANDS} - {"summary", "demo"}))
def test_every_command_that_judges_takes_limits_from_the_environment_too(command):
    parameters = get_command(program.app).get_command(None, command).params
    assert [p.envvar for p in parameters if p.name == "limits"] == ["BARGE_LIMITS"]


def test_version_prints_the_version(monkeypatch, capsys):
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"livekit-barge {version('livekit-barge')}\n"


class TestPresetsShowWithoutAName:
    def test_shows_what_the_environment_chooses(self, monkeypatch, capsys):
        monkeypatch.setenv("BARGE_PRESET", "snappy")
        assert run(monkeypatch, "presets", "show") == 0
        assert capsys.readouterr().out.splitlines()[0] == "snappy"

    def test_refuses_a_wrong_environment_in_one_line(self, monkeypatch, capsys):
        monkeypatch.setenv("BARGE_PRESET", "snapy")
        assert run(monkeypatch, "presets", "show") == 2
        [line] = capsys.readouterr().err.splitlines()
        assert "snapy" in line
