import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from livekit_barge.cli import app
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS
from livekit_barge.frameworks.livekit.presets.preset import preset_names
from livekit_barge.report.terminal.presets_table import render_preset, render_presets


def lines(renderable, width=80):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get().splitlines()


def row(name, renderable, width=200):
    return next(line.split() for line in lines(renderable, width) if line.startswith(f"{name} "))


def test_every_preset_has_a_column_and_every_knob_a_row_on_a_terminal_of_80():
    printed = lines(render_presets())
    words = " ".join(printed).split()
    assert all(name.split("-")[-1] in words for name in preset_names())
    assert all(any(knob.name[:17] in line for line in printed) for knob in KNOBS)
    assert max(map(len, printed)) <= 80


def test_a_knob_of_the_preset_shows_its_value_source_and_place():
    assert row("min_interruption_words", render_preset("patient")) == [
        "min_interruption_words", "2", "preset", "patient", "interruption.min_words",
    ]  # fmt: skip


def test_a_knob_of_the_environment_shows_its_variable(monkeypatch):
    monkeypatch.setenv("BARGE_FALSE_INTERRUPTION_TIMEOUT", "off")
    shown = row("false_interruption_timeout", render_preset("snappy"))
    assert shown[1:3] == ["off", "BARGE_FALSE_INTERRUPTION_TIMEOUT"]


def test_a_knob_that_is_left_shows_what_livekit_takes():
    assert row("max_endpointing_delay", render_preset("snappy"))[1:4] == [
        "2.5", "LiveKit's", "default",
    ]  # fmt: skip


@pytest.mark.parametrize("arguments", [["presets"], ["presets", "show", "snappy"]])
def test_the_command_prints_and_exits_with_0(arguments):
    assert CliRunner().invoke(app.app, arguments).exit_code == 0


def test_a_wrong_name_is_one_line_and_exit_2(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["livekit-barge", "presets", "show", "snapy"])
    with pytest.raises(SystemExit) as stopped:
        app.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err == (
        "livekit-barge: no preset is called snapy – did you mean snappy?\n"
    )


def test_the_environment_and_the_list_are_read_without_loading_livekit():
    script = (
        "import sys; from livekit_barge.report.terminal.presets_table import render_presets; "
        "from livekit_barge.settings import Settings; Settings(); render_presets(); "
        "sys.exit('livekit.agents' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
