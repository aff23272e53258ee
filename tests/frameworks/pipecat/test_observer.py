"""A scripted call to a real Pipecat pipeline, in its folder."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import (
    AgentState,
    ConversationItem,
    Decision,
    Event,
    OutputCleared,
    PlaybackProgressed,
    SpeechDone,
    UserState,
    UserTurn,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import VIRTUAL_SOURCES
from livekit_barge.diagnosis import diagnose
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.script.played_call import PlayedCall

E = type[Event]


@pytest.fixture(scope="module")
def call(played: PlayedCall) -> Call:
    assert played.call_dir is not None
    return Call.open(played.call_dir)


def test_its_date_is_known_as_virtual(call: Call) -> None:
    assert call.meta.source in VIRTUAL_SOURCES


def of(call: Call, kind: E) -> list[Event]:
    return [event for event in call.events if isinstance(event, kind)]


def test_a_barge_in_yields_and_both_clocks_are_measured(played: PlayedCall) -> None:
    overlap = played.overlaps[0]
    assert overlap.outcome == "yielded"
    assert overlap.cause == "vad"
    assert overlap.detection_s == pytest.approx(0.27, abs=0.1)
    assert overlap.cancellation_s == pytest.approx(0.0, abs=0.02)
    assert not played.surprises


def test_the_folder_measured_again_gives_the_same_turns(played: PlayedCall, call: Call) -> None:
    again = measure_call(call)
    assert [turn.speech_id for turn in again] == [turn.speech_id for turn in played.turns]
    # The sides were recorded at different rates: an edge may move by a sample.
    for one, other in zip(again, played.turns, strict=True):
        assert one.started_s == pytest.approx(other.started_s, abs=1e-3)
        assert [o.decision_s for o in one.overlaps] == [o.decision_s for o in other.overlaps]


def test_nothing_is_wrong_with_a_healthy_call(call: Call) -> None:
    assert diagnose(call, measure_call(call)) == []


def test_the_vads_onset_is_back_dated_by_its_start_secs(call: Call) -> None:
    begun = next(e for e in of(call, UserState) if e.new == "speaking")
    assert begun.livekit_at_s == pytest.approx(begun.at_s - 0.2, abs=1e-3)


def test_the_interruption_is_stamped_where_it_is_sent_and_at_the_output(call: Call) -> None:
    decision, cleared = of(call, Decision)[0], of(call, OutputCleared)[0]
    assert decision.at_s <= cleared.at_s < decision.at_s + 0.01


def test_the_strategy_that_ruled_is_named(call: Call) -> None:
    assert [e.strategy for e in of(call, UserTurn) if e.new == "started"] == [
        "VADUserTurnStartStrategy"
    ]


def test_what_was_never_heard_of_a_cut_speech_is_not_said_to_have_played(call: Call) -> None:
    decision = of(call, Decision)[0]
    first = [e for e in of(call, PlaybackProgressed) if e.segment_id == 0]
    assert first[-1].started_at_s + first[-1].duration_s == pytest.approx(decision.at_s, abs=0.01)


def test_the_message_of_a_cut_speech_belongs_to_it(call: Call) -> None:
    done = next(e for e in of(call, SpeechDone) if e.interrupted)
    item = next(e for e in of(call, ConversationItem) if e.item_id in done.item_ids)
    assert item.role == "assistant"
    assert item.interrupted
    assert item.text is not None
    assert item.text.startswith("Your parcel")


def test_the_bots_state_follows_its_frames(call: Call) -> None:
    states = [e.new for e in of(call, AgentState)]
    assert states[:4] == ["listening", "thinking", "speaking", "listening"]


def test_the_call_says_what_it_is_and_how_the_bots_audio_was_placed(call: Call) -> None:
    assert call.meta.source == "pipecat-stage"
    assert call.meta.capture_point == "agent"
    assert "pipecat-ai" in call.meta.versions
    assert any("transport said that it played" in note for note in call.meta.notes)
    assert call.meta.options["start_secs"] == 0.2
