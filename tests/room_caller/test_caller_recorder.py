"""A caller's folder, from frames with stated times."""

import dataclasses
import re

import numpy as np
import pytest

from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.clock import CallClock
from livekit_barge.measure.limits import Limits
from livekit_barge.room.caller_recorder import Record
from tests.measure.known import RATE, spoken

FRAME = RATE // 100


class Recording:
    """Sends and hears what it is told to, each side's samples from a second of its own on."""

    def __init__(self, path, limits=None):
        clock = CallClock.start()
        meta = CallMeta(
            call_id="c",
            source="room",
            capture_point="caller",
            started_wall_s=clock.started_wall_s,
            started_now_s=clock.started_now_s,
        )
        self.path = path
        self.record = Record(path, meta, clock, RATE, limits)

    def send(self, samples, from_s, *, late_from_s=None):
        """``late_from_s``: this frame and all after it are sent 0.03 s late."""
        late_s = 0.0
        for begin in range(0, len(samples), FRAME):
            at_s = from_s + begin / RATE
            late = late_from_s is not None and not late_s and at_s >= late_from_s
            late_s = 0.03 if late else late_s
            self.record.sent(samples[begin : begin + FRAME], at_s + late_s, late)

    def hear(self, samples, from_s):
        for begin in range(0, len(samples), FRAME):
            self.record.heard(samples[begin : begin + FRAME], from_s + (begin + FRAME) / RATE)

    def finish(self):
        return self.record.finish(), Call.open(self.path)


def padded(samples, before_s, whole_s=6.0):
    whole = np.zeros(round(whole_s * RATE), np.int16)
    begin = round(before_s * RATE)
    whole[begin : begin + len(samples)] = samples
    return whole


AGENT = spoken("Our opening hours are from nine in the morning until six.")[: round(1.9 * RATE)]
CALLER = spoken("Wait a moment, please.")


@pytest.fixture
def recording(tmp_path):
    return Recording(tmp_path / "call")


def test_both_sides_lie_where_they_were_sent_and_heard(recording):
    recording.send(padded(CALLER, 2.0), 0.1)
    recording.hear(padded(AGENT, 0.5), 0.25)
    _, call = recording.finish()
    audio = np.concatenate(list(call.blocks()), axis=1)
    firsts = [int(np.flatnonzero(channel)[0]) for channel in audio]
    expected = [np.flatnonzero(CALLER)[0] + 2.1 * RATE, np.flatnonzero(AGENT)[0] + 0.75 * RATE]
    assert firsts == [round(at) for at in expected]


def test_the_overlap_is_measured_without_a_word_from_the_agent(recording):
    recording.send(padded(CALLER, 2.0), 0.1)
    recording.hear(padded(AGENT, 0.5), 0.25)
    turns, _ = recording.finish()
    [overlap] = [overlap for turn in turns for overlap in turn.overlaps]
    assert (overlap.outcome, overlap.decision_s, overlap.detection_s) == ("yielded", None, None)
    agent_ends_s = 0.75 + 1.9
    assert overlap.time_to_yield_s == pytest.approx(agent_ends_s - 2.1, abs=0.02)


def test_the_overlap_is_judged_by_limits_of_one_s_own(tmp_path):
    strict = dataclasses.replace(Limits.load(), yield_within_s=0.1)
    recording = Recording(tmp_path / "call", strict)
    recording.send(padded(CALLER, 2.0), 0.1)
    recording.hear(padded(AGENT, 0.5), 0.25)
    turns, _ = recording.finish()
    assert [overlap.outcome for turn in turns for overlap in turn.overlaps] == ["late"]


def test_a_figure_across_a_lag_is_withheld(recording):
    recording.send(padded(CALLER, 2.0), 0.1, late_from_s=2.4)
    recording.hear(padded(AGENT, 0.5), 0.25)
    turns, _ = recording.finish()
    [overlap] = [overlap for turn in turns for overlap in turn.overlaps]
    assert (overlap.outcome, overlap.time_to_yield_s) == ("unmeasurable", None)
    assert overlap.reason == "the recorder lagged by 0.030 s"


def test_the_words_are_the_scripts(recording):
    recording.send(padded(CALLER, 2.0), 0.1)
    recording.hear(padded(AGENT, 0.5), 0.25)
    recording.record.said("Wait a moment, please.", 2.1 + len(CALLER) / RATE)
    turns, _ = recording.finish()
    assert [turn.words for turn in turns if turn.speaker == "caller"] == ["Wait a moment, please."]


def test_notes_stand_in_the_folder_with_their_time(recording):
    recording.send(padded(CALLER, 2.0), 0.0)
    recording.record.note("the agent left")
    _, call = recording.finish()
    # Real time: a busy machine is late, and the note says by how much.
    assert re.fullmatch(r"the agent left, \d+\.\d s after the call's start", call.notes[0])


def test_the_turns_stand_in_the_folder(recording):
    recording.send(padded(CALLER, 2.0), 0.1)
    turns, call = recording.finish()
    assert len((call.path / "turns.jsonl").read_text().splitlines()) == len(turns) == 1
