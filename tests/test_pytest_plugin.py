"""The mark ``barge`` in a pytest run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
calls:
  - name: short
    count: {tuning: 1}
    agent: ["We are open from Monday to Friday, and on Saturday until noon. Goodbye."]
    caller:
      - {say: "Wait, please!", at: after the agent has spoken 1 s, expect: yield}
"""
LAX = """
[scorecard]
yield_rate_min = 0.0
p90_time_to_yield_max_s = 0.5
[gate]
missed_rate_max = 1.0
"""
TESTS = """
import pytest

KNOBS = {"aec_warmup_duration": None, "turn_detection": "vad"}

@pytest.mark.barge("suite.yaml", knobs=KNOBS)
def test_that_holds(barge):
    assert barge.tally.yield_rate.count == 1

@pytest.mark.barge("suite.yaml", knobs=KNOBS | {"allow_interruptions": False})
def test_that_falls_short():
    pass

@pytest.mark.barge("suite.yaml", knobs=KNOBS | {"allow_interruptions": False},
                   limits="lax.toml")
def test_that_holds_by_other_limits():
    pass

@pytest.mark.barge("suite.yaml", presets="snappy")
def test_of_an_unknown_word():
    pass

@pytest.mark.barge("nosuch")
def test_of_no_suite():
    pass
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "lax.toml").write_text(LAX)
    (folder / "test_own.py").write_text(TESTS)
    root = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "livekit_barge.pytest_plugin", "--strict-markers"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def test_a_suite_that_holds_passes_and_one_that_falls_short_fails(told):
    assert "1 failed, 2 passed, 2 errors" in told


def test_a_mark_that_cannot_be_is_told_in_one_line(told):
    said = told.split("ERROR at setup of test_of_no_suite")[1].splitlines()[1:3]
    assert said[0].startswith("there is no suite nosuch")


def test_a_word_that_the_mark_does_not_take_is_told_in_one_line(told):
    said = told.split("ERROR at setup of test_of_an_unknown_word")[1].splitlines()[1:3]
    assert said[0] == "@pytest.mark.barge: got an unexpected keyword argument 'presets'"
    assert said[1].startswith("____")


def test_a_failure_says_which_limit_and_by_how_much(told):
    assert "yield_rate_min: 0.0 % of 1, should be at least 90.0 %: short by 90.0 points" in told


def test_a_failure_lists_the_events_that_went_wrong(told):
    assert '"Wait, please!" (after the agent has spoken 1 s) should stop the agent: missed' in told
    assert "calls: give the mark calls_dir= to keep their folders" in told
