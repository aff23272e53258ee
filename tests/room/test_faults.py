"""Symptoms 3, 4, 5 and 7 made in a real room by a faulty wrapper around its output, and named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from livekit import rtc
from livekit.agents.voice import io
from livekit.plugins import silero

from livekit_barge.diagnosis import KINDS, diagnose
from livekit_barge.faults.faulty_outputs import ENDS_LATE_S, EndsLate, HearsNoOrders, Passing
from tests.room.caller import RATE, Caller
from tests.room.calls import Announcer, play
from tests.vendors.voice import speak

NOTICE = "We are open from Monday to Friday, and on Saturday until noon. On Sunday we are closed."
BREAK_IN = "Wait a moment please, I have a question."
FRAME_S = 0.05
OBEYS_LATE_S = 0.7
SYMPTOMS = {kind.code: kind.symptom for kind in KINDS}


class Rewired(Announcer):
    """Announces through a wrapper around the room's output; ``paced``: at the pace of speech."""

    def __init__(
        self, wrapper: Callable[[io.AudioOutput], io.AudioOutput], *, paced: bool = False
    ) -> None:
        super().__init__(NOTICE)
        self._wrapper = wrapper
        self._paced = paced

    async def on_enter(self) -> None:
        assert self.session.output.audio is not None
        self.session.output.audio = self._wrapper(self.session.output.audio)
        self.session.say(NOTICE, audio=frames(paced=self._paced))


class ObeysLate(Passing):
    """Passes orders on late, as a transport does that has sent ahead."""

    _pausing: asyncio.TimerHandle | None = None

    def pause(self) -> None:
        self._pausing = self._later(super().pause)

    def resume(self) -> None:
        if self._pausing is not None:
            self._pausing.cancel()
        super().resume()

    def clear_buffer(self) -> None:
        self._later(super().clear_buffer)

    def _later(self, order: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(OBEYS_LATE_S, order)


async def frames(*, paced: bool) -> AsyncIterator[rtc.AudioFrame]:
    samples, size = speak(NOTICE), round(FRAME_S * RATE)
    for begin in range(0, len(samples), size):
        piece = samples[begin : begin + size]
        yield rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece))
        if paced:
            # A little faster than it plays, so that a busy machine leaves no gaps.
            await asyncio.sleep(FRAME_S * 0.8)


async def break_in(caller: Caller) -> None:
    await caller.hear(0.7)
    caller.say(speak(BREAK_IN, voice="joe-high"))
    await caller.hear_silence(1.5)


async def listen(caller: Caller) -> None:
    await caller.hear(1.0)
    await caller.hear_silence(ENDS_LATE_S + 1.0)


@pytest.fixture(scope="module")
def symptoms(livekit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Which of the seven the diagnosis finds in a call of that agent's."""
    speak(NOTICE), speak(BREAK_IN, voice="joe-high")  # no call's loop shall wait for it
    vad = silero.VAD.load()

    def run(name: str, script: Any, wrapper: Any, **agent: Any) -> set[int]:
        folder = tmp_path_factory.mktemp(name)
        rewired = partial(Rewired, wrapper, **agent)
        played = play(livekit_server, f"fault-{name}", folder, vad, script, agent=rewired)
        found = {SYMPTOMS[finding.code] for finding in diagnose(played.call, played.turns)}
        return found - {None}

    return run


def test_an_output_that_obeys_late_is_symptom_3(symptoms):
    assert symptoms("late", break_in, ObeysLate) == {3}


def test_an_output_that_takes_frames_and_no_orders_is_symptom_4(symptoms):
    assert symptoms("lost", break_in, HearsNoOrders, paced=True) == {4}


def test_a_queue_that_no_order_reaches_is_symptom_5(symptoms):
    assert symptoms("queue", break_in, HearsNoOrders) == {5}


def test_an_output_that_reports_its_end_late_is_symptom_7(symptoms):
    assert symptoms("state", listen, EndsLate) == {7}


def test_a_right_wrapper_has_none_of_them(symptoms):
    # A busy machine stops late, which is 3 in earnest.
    assert symptoms("right", break_in, Passing) - {3} == set()
