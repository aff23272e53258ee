"""The turns reported during a call are those its folder gives afterwards, and come in time."""

from __future__ import annotations

import random

import pytest

from livekit_barge.call.events import PlaybackFinished, PlaybackProgressed, SpeechDone
from livekit_barge.call.folder import Call
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.call_writer import CallerFrame, Close
from tests.recording.conftest import spoken
from tests.recording.made import RATE, MadeCall, SpokenLine, keep, open_book, told, track

CALLER_SAYS = ("Wait a moment.", "Aha, hm.", "I have a question about that, please.", "No.")
AGENT_SAYS = (
    "Our opening hours are from nine in the morning until six in the evening on every day.",
    "Of course, I can help you with that today.",
)


def made_call(seed: int, seconds: float = 40.0) -> MadeCall:
    """A call of chance: speeches left alone, paused, cut, or both, and a caller over them."""
    chance = random.Random(seed)
    speeches, clips, heard = [], [], []
    at_s = 1.0
    while at_s < seconds - 14:
        line, clip = spoken(chance.choice(AGENT_SAYS)), spoken(chance.choice(CALLER_SAYS))
        length_s = len(line) / RATE
        onset_s = max(at_s + chance.uniform(-0.5, length_s + 0.3), 0.1)
        clips.append((onset_s, clip))
        heard.append((round(onset_s + len(clip) / RATE + 0.4, 3), "words"))
        decided_s = round(min(max(onset_s + 0.5, at_s + 0.1), at_s + length_s - 0.5), 3)
        resumed_s = round(decided_s + chance.choice([0.7, 2.5]), 3)
        said, ended_s = {
            "left": (SpokenLine(at_s, line), at_s + length_s),
            "cut": (SpokenLine(at_s, line, cut_s=decided_s), decided_s),
            "paused": (
                SpokenLine(at_s, line, paused=(decided_s, resumed_s)),
                at_s + length_s + resumed_s - decided_s,
            ),
            "both": (
                SpokenLine(
                    at_s, line, paused=(decided_s, resumed_s), cut_s=round(resumed_s + 0.2, 3)
                ),
                resumed_s + 0.2,
            ),
        }[chance.choice(["left", "cut", "paused", "both"])]
        speeches.append(said)
        at_s = max(ended_s, onset_s + len(clip) / RATE) + chance.uniform(0.2, 4.0)
        at_s = round(at_s, 3)
    return MadeCall(track(seconds, clips), speeches, heard)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("batch", [1, 37, 100_000])
def test_what_was_told_is_what_the_folder_gives(tmp_path, seed, batch):
    says = told()
    keep(open_book(tmp_path / "a-call", says), made_call(seed).items(), batch=batch)
    turns = measure_call(Call.open(tmp_path / "a-call"))
    assert sum(len(turn.overlaps) for turn in turns) >= 1
    assert says.turns == turns


def test_a_mute_between_frames_measures_as_the_folder_does(tmp_path):
    call = made_call(1)
    items = [
        item
        for item in call.items()
        if not (isinstance(item, CallerFrame) and 12.0 < item.arrived_s < 18.0)
    ]
    says = told()
    keep(open_book(tmp_path / "a-call", says), items)
    assert says.turns == measure_call(Call.open(tmp_path / "a-call"))


def test_a_speech_that_the_call_ends_in_measures_as_the_folder_does(tmp_path):
    reports = (PlaybackProgressed, PlaybackFinished, SpeechDone)
    call = MadeCall(track(3.0, []), [SpokenLine(1.0, spoken(AGENT_SAYS[0]))])
    items = [item for item in call.items() if not isinstance(item, reports)]
    says = told()
    keep(open_book(tmp_path / "a-call", says), items)
    assert [(turn.speaker, turn.ended_s) for turn in says.turns] == [("agent", 3.0)]
    assert says.turns == measure_call(Call.open(tmp_path / "a-call"))


def test_turns_come_while_the_call_runs(tmp_path):
    says = told()
    book = open_book(tmp_path / "a-call", says)
    items = made_call(2).items()
    *running, close = items
    for item in running:
        book.take(item)
        book.advance()
    before_the_close = len(says.turns)
    book.take(close)
    book.release()
    assert before_the_close >= len(says.turns) - 2
    assert before_the_close > 2


def test_a_turn_comes_when_it_is_settled_and_not_before(tmp_path):
    # the caller's words end at about 1.9 s; what belongs to them may come for 2 s more
    clip = spoken("Wait a moment.")
    said_until_s = 1.0 + len(clip) / RATE
    comes_s = _when_the_first_turn_comes(tmp_path, MadeCall(track(20.0, [(1.0, clip)])))
    assert said_until_s + 2.0 < comes_s < said_until_s + 6.0


def test_a_caller_who_is_muted_holds_no_turn_back(tmp_path):
    """No frame comes after the caller's word; the agent's speech goes on being stamped."""
    clip = spoken("Wait a moment.")
    agent = spoken(AGENT_SAYS[0])
    call = MadeCall(
        track(30.0, [(1.0, clip)]), [SpokenLine(at_s, agent) for at_s in (6.0, 13.0, 20.0)]
    )
    items = [
        item
        for item in call.items()
        if not (isinstance(item, CallerFrame) and item.arrived_s > 3.0)
    ]
    says = told()
    book = open_book(tmp_path / "a-call", says)
    for item in items:
        if isinstance(item, Close):
            break
        book.take(item)
        book.advance()
    book.release()
    assert [turn.speaker for turn in says.turns] == ["caller", "agent"]


def _when_the_first_turn_comes(tmp_path, call: MadeCall) -> float:
    says = told()
    book = open_book(tmp_path / "a-call", says)
    for item in call.items():
        book.take(item)
        book.advance()
        if says.turns:
            break
    book.release()
    assert isinstance(says.turns[0], Turn)
    assert isinstance(item, CallerFrame)
    return item.arrived_s
