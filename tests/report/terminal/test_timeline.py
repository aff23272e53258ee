"""A call as text."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from livekit_barge.call.folder import Call
from livekit_barge.cli.app import app
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.report.terminal.timeline import render_timeline
from tests.measure import known


@pytest.fixture(scope="module")
def call(tmp_path_factory) -> Call:
    return known.write_call(tmp_path_factory.mktemp("calls") / "known")


@pytest.fixture(scope="module")
def turns(call):
    return measure_call(call)


def rows(call, turns, width=200, **more) -> dict[str, str]:
    """What stands behind each name of the first strip."""
    lines = [line.plain for line in render_timeline(call, turns, width=width, **more)]
    return {line[:8].strip(): line[8:] for line in reversed(lines[: lines.index("")])}


# The caller comes in at 3.2 s, the decision falls at 3.75, the agent is silent at 3.83; 0.1 s are
# a column.


def test_each_side_is_drawn_where_it_is_audible(call, turns):
    strip = rows(call, turns)
    assert len(strip["caller"]) - len(strip["caller"].lstrip()) == 32
    assert len(strip["agent"]) - len(strip["agent"].lstrip()) == 10
    assert len(strip["agent"].rstrip()) == 39


def test_both_clocks_are_letters_after_the_overlap_s_number(call, turns):
    assert rows(call, turns)["clocks"] == " " * 31 + "1ddddddc"


def test_a_decision_goes_before_the_pause_in_the_same_column(call, turns):
    assert rows(call, turns)["events"].index("D") == 37


@pytest.mark.parametrize("width", [40, 80, 132])
def test_no_line_is_wider_than_the_terminal(call, turns, width):
    lines = list(render_timeline(call, turns, width=width))
    assert max(len(line.plain) for line in lines) <= width


def test_plain_letters_do_where_blocks_cannot_be_shown(call, turns):
    text = "".join(line.plain for line in render_timeline(call, turns, width=80, blocks=False))
    assert text.isascii()


def test_of_a_long_call_only_what_is_around_an_overlap_is_shown(call, turns, monkeypatch):
    monkeypatch.setattr("livekit_barge.report.terminal.timeline.WHOLE_S", 5.0)
    lines = [line.plain for line in render_timeline(call, turns, width=200)]
    assert "caller" in lines[1]
    assert len(lines[1]) - 8 == pytest.approx(67, abs=1)  # from 0.2 s to 6.83 s
    whole = [line.plain for line in render_timeline(call, turns, width=200, whole=True)]
    assert len(whole[1]) - 8 == 100


def test_show_prints_the_strips_and_the_turns(call):
    done = CliRunner().invoke(app, ["show", str(call.path)], env={"COLUMNS": "100"})
    assert done.exit_code == 0
    assert "1ddddddc" in done.stdout
    assert "overlap" in done.stdout
