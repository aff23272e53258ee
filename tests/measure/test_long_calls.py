"""A call that is twice as long costs twice as much: counted in steps, not in seconds."""

from __future__ import annotations

import dataclasses
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from livekit_barge.call.events import Event, SpeechDone
from livekit_barge.diagnosis.call_view import CallView
from livekit_barge.diagnosis.rule_limits import RuleLimits
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span, meets_any
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.turns import Turn
from tests.measure import known

# Of the known call every 10 s, n times:
# agent   |-- 1.0 ------- 3.83 --|
# caller               |-- 3.2 ---- 5.2 --|
EVERY_S = 10.0


def again(event: Event, number: int) -> Event:
    """The same event in the call's repetition."""
    later_s, changes = EVERY_S * number, {}
    for name in ("at_s", "started_at_s", "last_frame_at_s"):
        if hasattr(event, name):
            changes[name] = getattr(event, name) + later_s
    if hasattr(event, "segment_id"):
        changes["segment_id"] = number
    if hasattr(event, "speech_id"):
        changes["speech_id"] = f"s{number}"
    return dataclasses.replace(event, **changes)


def events(count: int) -> list[Event]:
    return [again(event, n) for n in range(count) for event in known._events(5.0)[1:]]


def turns(count: int) -> list[Turn]:
    caller = [Burst(3.2 + EVERY_S * n, 5.2 + EVERY_S * n, -20.0) for n in range(count)]
    agent = [Burst(1.0 + EVERY_S * n, 3.83 + EVERY_S * n, -20.0) for n in range(count)]
    limits = Limits.load()
    return measure_turns(caller, agent, events(count), limits, ended_s=EVERY_S * count)


def test_each_speech_of_a_long_call_is_judged_as_the_first_one():
    found = [overlap for turn in turns(50) for overlap in turn.overlaps]
    assert [overlap.outcome for overlap in found] == ["yielded"] * 50
    assert {round(overlap.detection_s, 6) for overlap in found} == {0.55}
    assert {round(overlap.cancellation_s, 6) for overlap in found} == {0.08}


def test_a_burst_is_looked_for_among_the_speeches_of_its_time_only(monkeypatch):
    asked = []
    played_in = Speech.played_in
    monkeypatch.setattr(
        Speech, "played_in", lambda self, heard: asked.append(1) or played_in(self, heard)
    )
    steps = []
    for count in (60, 120):
        asked.clear()
        turns(count)
        steps.append(len(asked))
    assert steps[1] <= 2.2 * steps[0]


class TestClips:
    """Pieces of the audio that rules listen to."""

    RATE, BLOCKS = 1_000, 20

    @pytest.fixture
    def call(self):
        """A call whose blocks are 10 s long, each sample its own number; and what is alive."""
        made = []

        def blocks():
            for number in range(self.BLOCKS):
                size = 10 * self.RATE
                block = (np.tile(np.arange(size), (2, 1)) + number * size).astype(np.float32)
                made.append(weakref.ref(block))
                yield block

        return SimpleNamespace(sample_rate=self.RATE, blocks=blocks, made=made, events=())

    def test_each_is_what_was_asked_for_whatever_their_order(self, call):
        spans = [Span(25.0, 45.5), Span(1.0, 2.0), Span(195.0, 300.0), Span(19.0, 21.0)]
        clips = CallView(call, (), RuleLimits.load()).clips(spans)
        first_and_last = [(clip[0, 0] / 1000, (clip[1, -1] + 1) / 1000) for clip in clips]
        assert first_and_last == [(25.0, 45.5), (1.0, 2.0), (195.0, 200.0), (19.0, 21.0)]

    def test_they_keep_no_block_alive(self, call):
        most, blocks = [], call.blocks

        def counted():
            for block in blocks():
                most.append(sum(made() is not None for made in call.made))
                yield block

        call.blocks = counted
        spans = [Span(10.0 * n + 1, 10.0 * n + 2) for n in range(self.BLOCKS)]
        CallView(call, (), RuleLimits.load()).clips(spans)
        assert max(most) <= 3


def test_what_is_looked_up_is_what_a_search_would_find():
    call = SimpleNamespace(events=events(30), duration_s=300.0)
    seen = CallView(call, turns(30), RuleLimits.load())
    assert [e.at_s for e in seen.between(SpeechDone, 16.0, 36.0)] == [16.0, 26.0, 36.0]
    assert seen.agent_begins(10.9, 11.0)
    assert not seen.agent_begins(11.0, 20.9)
    assert [turn.started_s for turn in seen.caller_turns_at(14.0)] == [13.2]
    assert seen.caller_turns_at(19.0) == []
    assert [story.index for story in seen.stories_of("s7")] == [7]
    assert seen.turn_of("s7").started_s == 71.0
    assert [segment.begin_s for segment in seen.segments("s7")] == [71.0]


@pytest.mark.parametrize(
    ("span", "meets"),
    [((0, 1), False), ((1.5, 3), True), ((2, 4), False), ((3.9, 4.1), True), ((5, 9), False)],
)
def test_a_span_meets_one_of_many_in_order(span, meets):
    assert meets_any(Span(*span), [Span(1, 2), Span(4, 5)]) is meets
