"""Suites' calls on the stage: protected lines, and places around a speech."""

from functools import partial

import numpy as np
import pytest
import soundfile

from livekit_barge import BargeSession, Preset
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import Conditions, play_call
from livekit_barge.suites.agent import SuiteAgent

LONG = "We are open from Monday to Friday. On Saturday we close at noon, and on Sunday all day."
CONTENT = {
    # The first answer is never heard: the caller adds something while the agent thinks.
    "agent": ["Hello, how can I help you?", LONG, LONG, {"protected": LONG}, "Goodbye."],
    "caller": [
        {"say": "When are you open?", "at": "0.6 s after the agent stops"},
        {"say": "Please.", "at": "while the agent thinks, after 0.1 s"},
        {"say": "No, wait!", "at": "after the agent has spoken 2 s", "expect": "yield"},
        {"say": "I mean today.", "at": "2.5 s after the last yield", "expect": "protected"},
    ],
}


def play(content, folder):
    script = Script.parse(content, name="test")
    knobs = {"aec_warmup_duration": None, "turn_detection": "vad"}
    return play_call(
        script,
        calls_dir=folder,
        agent=partial(SuiteAgent, script),
        session=partial(BargeSession, preset=Preset("test", **knobs)),
        conditions=Conditions(noise_dbfs=None),
    )


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    return play(CONTENT, tmp_path_factory.mktemp("calls"))


def test_each_line_finds_its_place(call):
    assert call.unplaced == ()


def test_while_the_agent_thinks_it_is_not_heard(call):
    begin_s = call.lines[1].start_s
    assert begin_s > call.lines[0].start_s + call.lines[0].speech.duration_s
    agent = [turn for turn in call.turns if turn.speaker == "agent"]
    assert not any(turn.started_s <= begin_s < turn.ended_s for turn in agent)


def test_so_long_after_the_last_yield(call):
    silent_s = call.overlap_of(call.lines[2].line).silent_s
    assert call.lines[3].start_s - silent_s == pytest.approx(2.5, abs=0.01)


def test_a_protected_line_is_not_cut(call):
    overlap = call.overlap_of(call.lines[3].line)
    assert overlap.protected == ("uninterruptible",)
    assert overlap.decision_s is None


def test_the_echo_is_in_what_the_agent_gets(tmp_path):
    content = {"agent": [LONG], "caller": [], "conditions": {"echo": {"level_db": -26}}}
    call = play(content, tmp_path)
    (path,) = call.call_dir.glob("audio.*")
    tracks, rate = soundfile.read(path, always_2d=True)
    delay = round(0.12 * rate)
    echo, said = tracks[delay:, 0], tracks[: len(tracks) - delay, 1]
    gain_db = 20 * np.log10((echo @ said) / (said @ said))
    assert gain_db == pytest.approx(-26, abs=0.5)
