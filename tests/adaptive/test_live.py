"""The unmodified AgentSession, headless and over real sockets, obeys our service's verdict."""

from __future__ import annotations

import asyncio
import gc
import os

import pytest
from livekit.agents import Agent
from prometheus_client import REGISTRY

from livekit_barge.adaptive.service import Credentials
from livekit_barge.call.events import (
    AgentHandoff,
    Decision,
    OptionsInForce,
    OverlappingSpeech,
    SessionError,
)
from livekit_barge.frameworks.livekit.detector_watch import SOURCE
from livekit_barge.stage.time.virtual import run_virtual
from tests.adaptive.calls import ASKED, Case, Kept, Stand, nod, play, soft, wait
from tests.adaptive.faulty import dropping, late, refusing
from tests.measure.known import spoken
from tests.recording.standins import frames, tone

DEFAULT_BOUNDARY = {"turn_detection": "vad", "interruption": {"mode": "adaptive"}}
IN_THE_FIRST_SECOND = {0.9: wait}
# The caller's 2.3 s end at 4.3, the VAD's silence at 4.8, LiveKit's time-out at 6.8.
AFTER_A_RESUME = {2.0: wait, 7.3: wait}


def long_and_soft():
    """No frame of it is probable; it lasts over 2 s."""
    return soft(spoken("Wait a moment, I have a question about that."))


async def die_in_mid_overlap(stand: Stand) -> None:
    """The service goes once it has been asked; the caller goes on for another 2 s."""
    stand.session.say("…", audio=frames(tone(8.0)))
    asked = asyncio.Event()
    stand.session.on(
        "user_state_changed", lambda event: event.new_state == "speaking" and asked.set()
    )
    await asked.wait()
    await stand.stop_service()
    await asyncio.sleep(6.0)


async def die_while_idle(stand: Stand) -> None:
    stand.session.say("…", audio=frames(tone(8.0)))
    await asyncio.sleep(1.0)
    await stand.stop_service()
    await asyncio.sleep(7.0)


async def hand_off(stand: Stand) -> None:
    stand.session.update_agent(Second(instructions=""))
    await asyncio.sleep(9.0)


class Second(Agent):
    async def on_enter(self) -> None:
        self.session.say("…", audio=frames(tone(8.0)))


CASES = {
    "interrupted": Case(),
    "nodded": Case({2.0: nod}),
    "nodded-then-interrupted": Case({2.0: nod, 4.0: wait}),
    "long": Case({2.0: long_and_soft}),
    "first-second": Case(IN_THE_FIRST_SECOND),
    "first-second-by-default": Case(IN_THE_FIRST_SECOND, DEFAULT_BOUNDARY),
    "preset": Case({0.9: wait}, preset="adaptive"),
    "preset-nodded": Case({0.9: nod}, preset="adaptive"),
    "handed-off": Case({2.5: wait}, script=hand_off),
    "died-in-mid-overlap": Case({2.0: long_and_soft}, script=die_in_mid_overlap, own_service=True),
    "died-while-idle": Case(script=die_while_idle, own_service=True),
    "wrong-key": Case(credentials=Credentials("a-key", "a-secret-of-thirty-two-bytes-and-more")),
    "answers-too-late": Case(fault=late),
    "refuses": Case(fault=refusing),
    "drops-in-mid-overlap": Case(fault=dropping),
    "after-a-resume": Case(AFTER_A_RESUME),
    "blind-after-a-resume": Case(AFTER_A_RESUME, DEFAULT_BOUNDARY),
    "no-stt": Case(stt=False),
    "manual": Case(turn_handling=ASKED | {"turn_detection": "manual"}),
}


def lost_so_far() -> float:
    labels = {"preset": "none"}
    return REGISTRY.get_sample_value("livekit_barge_adaptive_lost_total", labels) or 0.0


LOST_BEFORE = 0.0


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    before = dict(os.environ)
    global LOST_BEFORE
    LOST_BEFORE = lost_so_far()
    try:
        return run_virtual(play(CASES, tmp_path_factory.mktemp("calls")))
    finally:
        gc.collect()  # the tasks that LiveKit leaves behind: see tests/recording/conftest.py
        os.environ.clear()
        os.environ.update(before)


def lost(kept: Kept) -> list[str]:
    return [error.message for error in kept.of(SessionError) if error.source == SOURCE]


def test_an_interruption_stops_the_agent_by_the_verdict(calls):
    assert calls["interrupted"].causes[0] == "adaptive"
    assert calls["interrupted"].verdicts == [True]


def test_the_verdict_comes_right_before_the_decision(calls):
    events = calls["interrupted"].of(OverlappingSpeech, Decision)
    assert [type(event) for event in events[:2]] == [OverlappingSpeech, Decision]


def test_a_backchannel_does_not_stop_it(calls):
    assert calls["nodded"].causes == []
    assert calls["nodded"].verdicts == [False]


def test_an_interruption_after_a_backchannel_has_a_verdict_of_its_own(calls):
    assert calls["nodded-then-interrupted"].verdicts == [False, True]
    assert calls["nodded-then-interrupted"].causes[0] == "adaptive"


def test_what_goes_on_long_stops_it_whatever_it_sounds_like(calls):
    assert calls["long"].causes[0] == "adaptive"
    assert calls["long"].of(OverlappingSpeech)[0].probability < 0.6


def test_the_first_second_of_a_speech_is_asked_about(calls):
    assert calls["first-second"].causes[0] == "adaptive"


def test_with_livekits_boundary_the_vad_decides_in_the_first_second(calls):
    assert calls["first-second-by-default"].causes[0] == "vad"


def test_the_preset_decides_by_the_verdict_from_the_first_second_on(calls):
    assert calls["preset"].causes[0] == "adaptive"
    assert calls["preset-nodded"].causes == []
    [*_, options] = calls["preset"].of(OptionsInForce)
    assert options.options["interruption_mode"] == "adaptive"


def test_the_agent_that_takes_over_asks_as_well(calls):
    assert calls["handed-off"].of(AgentHandoff)
    assert calls["handed-off"].causes[0] == "adaptive"
    assert lost(calls["handed-off"]) == []


@pytest.mark.parametrize("name", ["died-in-mid-overlap", "died-while-idle"])
def test_when_the_service_dies_the_vad_decides_and_the_folder_says_why(calls, name):
    assert calls[name].causes[0] == "vad"
    [why] = lost(calls[name])
    assert "connection closed unexpectedly" in why


def test_a_wrong_key_leaves_the_vad_and_the_folder_says_so(calls):
    assert calls["wrong-key"].causes[0] == "vad"
    [why] = lost(calls["wrong-key"])
    assert "failed to connect" in why


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("answers-too-late", "interruption inference timed out"),
        ("refuses", "quota exceeded"),
        ("drops-in-mid-overlap", "connection closed unexpectedly"),
    ],
)
def test_a_service_that_goes_wrong_leaves_the_vad_and_the_folder_says_how(calls, name, why):
    assert calls[name].causes[0] == "vad"
    [said] = lost(calls[name])
    assert why in said


def test_after_a_resume_the_verdict_decides_again(calls):
    assert calls["after-a-resume"].causes[:2] == ["adaptive", "adaptive"]


def test_with_livekits_boundary_a_resume_begins_another_blind_second(calls):
    assert calls["blind-after-a-resume"].causes[:2] == ["adaptive", "vad"]


def test_each_detector_that_is_lost_is_counted(calls):
    assert lost_so_far() - LOST_BEFORE == sum(len(lost(kept)) for kept in calls.values()) > 0


def test_where_livekit_makes_no_detector_the_folder_says_what_is_missing(calls):
    assert lost(calls["no-stt"]) == ["LiveKit made no detector: the session has not an STT"]
    assert lost(calls["manual"]) == ["LiveKit made no detector: turn_detection is manual"]


def test_a_call_that_keeps_its_detector_says_nothing(calls):
    assert [name for name in ("interrupted", "nodded", "long", "preset") if lost(calls[name])] == []
