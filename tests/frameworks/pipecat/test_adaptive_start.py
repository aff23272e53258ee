"""The detector as a user-turn-start strategy, on the stage, in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    UserBackchannelFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from livekit_barge.adaptive.protocol import Pcm16
from livekit_barge.call.events import Decision, OverlappingSpeech
from livekit_barge.call.folder import Call
from livekit_barge.frameworks.pipecat.adaptive_start import AdaptiveUserTurnStartStrategy, _Heard
from livekit_barge.frameworks.pipecat.preset import PipecatPreset
from livekit_barge.script.pipecat_call import Bot, play_pipecat_call
from livekit_barge.script.script import Script

AGENT = [
    "Your parcel is on its way and it will reach you on Tuesday afternoon at four o'clock, or a "
    "little later if the roads are bad.",
    "I have made a note of that.",
]


class Always:
    """A detector that is always as sure."""

    threshold = 0.6
    long_s = 0.9

    def __init__(self, probability: float) -> None:
        self._probability = probability
        self.asked: list[int] = []

    def probabilities(self, audio: Pcm16) -> npt.NDArray[np.float32]:
        self.asked.append(len(audio))
        return np.full(-(-len(audio) // 400), self._probability, np.float32)


class Passing(FrameProcessor):
    """Keeps what passes on its way to the LLM."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        await self.push_frame(frame, direction)

    @property
    def backchannels(self) -> list[str]:
        return [frame.text for frame in self.frames if isinstance(frame, UserBackchannelFrame)]

    @property
    def said(self) -> list[str]:
        """What the LLM was told that the caller had said, at its last request."""
        contexts = [frame.context for frame in self.frames if isinstance(frame, LLMContextFrame)]
        return [m["content"] for m in contexts[-1].messages if m["role"] == "user"]  # type: ignore[index,misc]


class Played:
    def __init__(self, folder: Path, passing: Passing) -> None:
        self._call = Call.open(folder)
        self.passing = passing

    @property
    def causes(self) -> list[str]:
        return [event.cause for event in self._call.events if isinstance(event, Decision)]

    @property
    def verdicts(self) -> list[tuple[bool, float]]:
        return [
            (event.is_interruption, round(event.probability or 0.0, 2))
            for event in self._call.events
            if isinstance(event, OverlappingSpeech)
        ]


@pytest.fixture
def play(tmp_path: Path) -> Any:
    def run(detector: Always, *caller: dict[str, Any]) -> Played:
        passing = Passing()
        script = Script.parse({"agent": AGENT, "caller": list(caller)}, name="adaptive")
        bot = Bot(
            starts=lambda: [AdaptiveUserTurnStartStrategy(detector=detector)],
            before_llm=lambda: [passing],
        )
        play_pipecat_call(script, calls_dir=tmp_path, call_id="call", bot=bot)
        return Played(tmp_path / "call", passing)

    return run


OVER = "after the agent has spoken 2 s"
NOD = {"say": "Okay.", "at": OVER, "expect": "hold", "kind": "backchannel"}
WAIT = {"say": "No, wait, I moved house last week.", "at": OVER, "expect": "yield"}
LONG = {"say": "I moved to another house last week.", "at": OVER, "expect": "yield"}
ANSWER = {"say": "Thank you, goodbye.", "at": "1 s after the agent stops"}


def test_an_interruption_stops_the_bot_by_the_verdict(play: Any) -> None:
    played = play(Always(0.9), WAIT)
    assert played.causes == ["adaptive"]
    assert played.verdicts == [(True, 0.9)]
    assert played.passing.said == [WAIT["say"]]


def test_a_backchannel_does_not_and_its_words_stay_out_of_the_context(play: Any) -> None:
    played = play(Always(0.1), NOD, ANSWER)
    assert played.causes == []
    assert played.verdicts == [(False, 0.1)]
    assert played.passing.backchannels == [NOD["say"]]
    assert played.passing.said == [ANSWER["say"]]


def test_a_backchannel_without_words_is_announced_too(play: Any) -> None:
    played = play(Always(0.1), NOD | {"heard": False})
    assert played.passing.backchannels == [""]


def test_what_lasts_long_stops_the_bot_whatever_it_sounds_like(play: Any) -> None:
    played = play(Always(0.1), LONG)
    assert played.causes == ["adaptive"]
    assert played.verdicts[-1] == (True, 0.1)
    assert played.passing.said == [LONG["say"]]


def test_while_the_bot_is_silent_the_vad_begins_the_turn(play: Any) -> None:
    detector = Always(0.1)
    played = play(detector, ANSWER)
    assert detector.asked == []
    assert played.passing.said == [ANSWER["say"]]


def test_a_caller_who_still_talks_when_the_bot_ends_has_the_turn(play: Any) -> None:
    late = {"say": "Okay, and on Wednesday?", "at": "in the last 600 ms"}
    played = play(Always(0.1), late)
    assert played.verdicts == []
    assert played.passing.backchannels == []
    assert played.passing.said == [late["say"]]


def test_a_second_backchannel_is_judged_by_itself(play: Any) -> None:
    again = NOD | {"at": "after the agent has spoken 4 s"}
    played = play(Always(0.1), NOD, again)
    assert played.passing.backchannels == [NOD["say"], again["say"]]
    assert played.causes == []


def test_the_detector_hears_sixteen_kilohertz_and_no_more_than_three_seconds() -> None:
    heard = _Heard()
    frame = InputAudioRawFrame(bytes(4 * 2400), sample_rate=24_000, num_channels=2)
    passed_s = sum(heard.add(frame) for _ in range(50))
    assert passed_s == pytest.approx(5.0)
    assert len(heard.last(10.0)) == 48_000
    assert len(heard.last(1.2)) == 19_200


def test_the_preset_starts_turns_by_it() -> None:
    [first, second] = PipecatPreset.load("adaptive").starts()
    assert isinstance(first, AdaptiveUserTurnStartStrategy)
    assert type(second).__name__ == "TranscriptionUserTurnStartStrategy"
