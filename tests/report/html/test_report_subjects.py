"""What a report is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.errors import CallError
from livekit_barge.report.html.report_subjects import find, page_names


@pytest.fixture
def tree(tmp_path):
    for file in (
        "calls/b/call.json",
        "calls/a/call.json",
        "scores/one.wav-1/scorecard.json",
        "scores/two.wav-2/refused.json",
        "sweeps/monday/sweep.json",
    ):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    return tmp_path


def test_calls_results_and_sweeps_are_found_in_order(tree):
    found = find([tree])
    named = [path.relative_to(tree).as_posix() for path in found.calls]
    assert named == ["calls/a", "calls/b", "scores/one.wav-1", "scores/two.wav-2"]
    assert [path.parent.name for path in found.sweeps] == ["monday"]


def test_a_call_that_is_named_twice_is_reported_once(tree):
    assert len(find([tree / "calls" / "a", tree / "calls"]).calls) == 2


@pytest.mark.parametrize("name", ["empty", "nowhere", "call.wav"])
def test_a_path_with_nothing_to_report_is_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "call.wav").touch()
    with pytest.raises(CallError, match="nothing to report"):
        find([tmp_path / name])


def test_each_page_has_a_name_of_its_own_that_is_safe_in_an_address():
    calls = [Path("a/Call 1"), Path("b/Call 1"), Path("c/call-1"), Path("d/“é”"), Path("e/..")]
    names = list(page_names(calls).values())
    assert names == ["Call-1", "Call-1-2", "call-1-3", "call", "call-2"]
