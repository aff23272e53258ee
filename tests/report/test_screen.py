"""What others wrote is shown on a terminal and steers nothing there."""

from __future__ import annotations

import io
import shutil

import pytest
from typer.testing import CliRunner

from livekit_barge.call.events import ConversationItem, Transcript, to_line
from livekit_barge.cli.app import app
from livekit_barge.cli.output import refuse
from livekit_barge.cli.turns import print_turns
from livekit_barge.errors import BargeError
from livekit_barge.report.screen import Screen, harmless, one_line
from livekit_barge.report.terminal.turn_table import turn_table
from tests.measure import known

# It would clear the screen, set the window's title, colour what follows, and turn it around.
STEERING = "\x1b[2J\x1b]0;title\x07\x9b31mWait\u202e\x7f"
LEFT = "[2J]0;title31mWait"


def printed(*parts: object, **options: object) -> str:
    out = io.StringIO()
    Screen(file=out, width=80, **options).print(*parts)
    return out.getvalue()


def test_a_text_cannot_steer_the_terminal():
    assert printed(STEERING) == f"{LEFT}\n"


def test_a_tab_and_the_end_of_a_line_stay():
    assert harmless("a\tb\nc") == "a\tb\nc"


def test_colours_of_our_own_stay():
    from rich.text import Text

    shown = printed(Text(STEERING, style="red"), force_terminal=True, color_system="standard")
    assert shown == f"\x1b[31m{LEFT}\x1b[0m\n"


def test_half_a_surrogate_pair_can_be_printed():
    assert printed("a\ud800b").encode() == "a\ufffdb\n".encode()


def test_brackets_are_text_and_no_markup():
    assert printed("[/red] [bold]x") == "[/red] [bold]x\n"


def test_a_table_with_such_words_stays_aligned():
    from livekit_barge.measure.turns import Turn

    turns = [
        Turn(speaker="caller", started_s=1.0, ended_s=2.0, words=words)
        for words in (STEERING, LEFT)
    ]
    *_, first, second, _ = printed(turn_table(turns)).splitlines()
    assert first == second


def test_a_refusal_steers_nothing(capsys):
    refuse(f"{STEERING}.wav: no audio")
    assert capsys.readouterr().err == f"livekit-barge: {LEFT}.wav: no audio\n"


def test_a_refusal_is_a_line_that_can_be_read(capsys):
    refuse(BargeError("key is " + "x" * 10_000_000, where="script.yaml", remedy="mend it"))
    line = capsys.readouterr().err
    assert len(line) < 600
    assert line.startswith("livekit-barge: script.yaml: key is xxx")
    assert line.endswith("xxx – mend it\n")


def test_any_text_is_cut_to_one_line():
    assert len(one_line("a\n" * 10_000_000)) < 7_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A call whose id, note and words steer a terminal."""
    path = tmp_path_factory.mktemp("calls") / f"call{STEERING}".replace("/", "")
    known.write_call(path)
    meta = (path / "call.json").read_text()
    meta = meta.replace('"known"', '"known\\u001b[2J"').replace(
        '"notes": []', '"notes": ["\\u001b]0;note\\u0007"]'
    )
    (path / "call.json").write_text(meta)
    said = [
        Transcript(at_s=5.9, text=STEERING, is_final=True),
        ConversationItem(
            at_s=5.95, item_id="m", role="user", text=STEERING, interrupted=False, metrics={}
        ),
    ]
    with (path / "events.jsonl").open("a") as events:
        events.writelines(to_line(event) + "\n" for event in said)
    return path


@pytest.mark.parametrize("command", ["turns", "show", "diagnose", "diagnose --json -"])
def test_no_command_lets_it_through(folder, command):
    name, *options = command.split()
    ran = CliRunner().invoke(app, [name, str(folder), *options])
    assert ran.exit_code in (0, 1), ran.output
    shown = ran.stdout + ran.stderr
    assert not [sign for sign in shown if not sign.isprintable() and sign not in "\n\t"]
    assert "title" in shown


def test_a_fault_over_one_call_does_not_hide_the_others(folder, tmp_path, monkeypatch, capsys):
    shutil.copytree(folder, tmp_path / "a")
    shutil.copytree(folder, tmp_path / "b")
    from livekit_barge.measure import measure_call as module

    measure = module.measure_call

    def broken(call, limits):
        if call.path.name == "a":
            raise KeyError("text")
        return measure(call, limits)

    monkeypatch.setattr(module, "measure_call", broken)
    out = io.StringIO()
    assert print_turns(Screen(file=out), [tmp_path], None) == 2
    assert "known[2J" in out.getvalue()
    assert f"{tmp_path / 'a'}: internal error of livekit_barge (KeyError" in capsys.readouterr().err
