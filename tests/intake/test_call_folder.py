"""A Call folder is scored by the same code as a recording, with both clocks."""

from __future__ import annotations

from functools import partial

import pytest

from livekit_barge import BargeSession
from livekit_barge.call.folder import Call
from livekit_barge.errors import IntakeError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import play_call


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    played = play_call(
        Script.load("early"),
        calls_dir=tmp_path_factory.mktemp("calls"),
        call_id="early",
        session=partial(BargeSession, preset="snappy"),
    )
    return played.call_dir


def test_has_both_clocks(folder):
    overlap = score(folder, ScoreOptions.of()).overlaps[0]
    both_s = overlap.detection_s + overlap.cancellation_s
    assert both_s == pytest.approx(overlap.time_to_yield_s, abs=2e-6)  # each is rounded
    assert overlap.cause == "vad"


def test_has_the_turns_that_measuring_it_gives(folder):
    card = score(folder, ScoreOptions.of())
    turns = measure_call(Call.open(folder))
    assert card.overlaps == tuple(overlap for turn in turns for overlap in turn.overlaps)
    assert len(card.turns) == len(turns)


def test_says_where_it_comes_from(folder):
    card = score(folder, ScoreOptions.of()).to_json()
    assert (card["call_id"], card["preset"], card["dated_by"]) == ("early", "snappy", "call")
    assert card["channels"]["known_by"] == "call"


def test_its_audio_alone_gives_the_same_time_to_yield(folder):
    [both, *_] = score(folder, ScoreOptions.of()).overlaps
    [one, *_] = score(folder / "audio.flac", ScoreOptions.of(caller_channel=0)).overlaps
    assert one.time_to_yield_s == both.time_to_yield_s
    assert (one.detection_s, one.cancellation_s) == (None, None)


def test_takes_no_agents_file(folder):
    with pytest.raises(IntakeError, match="holds both sides"):
        score(folder, ScoreOptions.of(agent_file=folder / "audio.flac"))
