"""A session is one call: begun by its start, ended by its close or by a start that fails."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import Agent, AgentSession
from livekit.agents.utils import http_context
from livekit.agents.voice import io

from livekit_barge import BargeSession, Call, instrument
from livekit_barge.call.events import AgentHandoff, AgentState, SessionClosed, SessionError
from livekit_barge.frameworks.livekit.instruments import NO_HTTP_SESSION, Instruments
from livekit_barge.recording import recorder, recording_backends
from livekit_barge.recording.recording_config import make_call_dir
from livekit_barge.stage.line import Line
from livekit_barge.stage.time.virtual import run_virtual
from tests.recording.standins import OneLineLLM, frames, tone

MANUAL: dict[str, Any] = {"vad": None, "turn_handling": {"turn_detection": "manual"}}


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BARGE_CALLS_DIR", str(tmp_path / "calls"))
    return tmp_path / "calls"


class SpeaksLater(Agent):
    """Says something half a second after it has been entered."""

    def __init__(self) -> None:
        super().__init__(instructions="")

    async def on_enter(self) -> None:
        await asyncio.sleep(0.5)
        self.session.say("Hello", audio=frames(tone(0.2)))


def fails_once_its_agent_runs(session: AgentSession[Any]) -> None:
    """Have the next start fail as it does when LiveKit cannot connect to the room."""
    enter = session._update_activity_task

    async def refused(*arguments: Any) -> None:
        await enter(*arguments)
        session._update_activity_task = enter  # type: ignore[method-assign]
        raise ConnectionError("connect failed")

    session._update_activity_task = refused  # type: ignore[method-assign]


def under_instruments(ours: bool) -> tuple[AgentSession[Any], Instruments]:
    if ours:
        session: BargeSession[Any] = BargeSession(**MANUAL)
        return session, session.instruments
    plain: AgentSession[Any] = AgentSession(**MANUAL)
    return plain, instrument(plain)


@pytest.mark.parametrize("ours", [True, False])
class TestStart:
    def test_that_fails_ends_the_call_whatever_its_agent_does_then(self, calls, ours):
        async def main() -> None:
            session, instruments = under_instruments(ours)
            fails_once_its_agent_runs(session)
            with pytest.raises(ConnectionError):
                await session.start(SpeaksLater())
            await asyncio.sleep(1)
            await session.aclose()
            await instruments.calls.finished()

        run_virtual(main)
        [folder] = calls.iterdir()
        assert Call.open(folder).notes == ()

    def test_after_one_that_failed_is_another_call(self, calls, ours):
        async def main() -> None:
            session, instruments = under_instruments(ours)
            fails_once_its_agent_runs(session)
            with pytest.raises(ConnectionError):
                await session.start(Agent(instructions=""))
            await instruments.calls.finished()
            await session.start(Agent(instructions=""))
            await session.aclose()
            await instruments.calls.finished()

        run_virtual(main)
        closed = [
            any(isinstance(event, SessionClosed) for event in Call.open(folder).events)
            for folder in calls.iterdir()
        ]
        assert sorted(closed) == [False, True]

    def test_that_is_cancelled_while_the_session_runs_does_not_end_the_call(self, calls, ours):
        async def main() -> None:
            session, instruments = under_instruments(ours)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.start(SpeaksLater(), capture_run=True), 0.3)
            await asyncio.sleep(1)
            await session.aclose()
            await instruments.calls.finished()

        run_virtual(main)
        [folder] = calls.iterdir()
        events = Call.open(folder).events
        assert isinstance(events[0], AgentHandoff)
        assert isinstance(events[-1], SessionClosed)

    def test_called_wrongly_on_a_session_that_runs_does_not_end_the_call(self, calls, ours):
        async def main() -> None:
            session, instruments = under_instruments(ours)
            await session.start(Agent(instructions=""))
            with pytest.raises(TypeError):
                await session.start(Agent(instructions=""), no_such_option=True)
            session._update_agent_state("thinking")
            await session.aclose()
            await instruments.calls.finished()

        run_virtual(main)
        [folder] = calls.iterdir()
        states = [each.new for each in Call.open(folder).events if isinstance(each, AgentState)]
        assert "thinking" in states

    def test_called_wrongly_while_another_is_under_way_does_not_end_the_call(self, calls, ours):
        async def main() -> None:
            session, instruments = under_instruments(ours)
            first = asyncio.create_task(session.start(Agent(instructions="")))
            await asyncio.sleep(0)
            with pytest.raises(TypeError):
                await session.start(Agent(instructions=""), no_such_option=True)
            await first
            await session.aclose()
            await instruments.calls.finished()

        run_virtual(main)
        [folder] = calls.iterdir()
        assert isinstance(Call.open(folder).events[-1], SessionClosed)


class TestWaiting:
    def test_for_a_call_that_stays_open_ends_with_one_line(self, log, monkeypatch):
        monkeypatch.setattr(recorder, "CLOSING_S", 0.0)

        async def main() -> None:
            session: BargeSession[Any] = BargeSession(**MANUAL)
            await session.start(Agent(instructions=""))
            await session.finished()
            assert [line["event"] for line in log if line["level"] == "error"] == [
                "this call's folder is not complete yet, and the wait was given up"
            ]
            await session.aclose()
            monkeypatch.undo()
            await session.finished()

        run_virtual(main)

    def test_for_a_process_that_gives_no_answer_fails_the_call(self, monkeypatch):
        monkeypatch.setattr(recording_backends, "FINISHING_S", 0.0)
        beside = object.__new__(recording_backends._Beside)
        beside._done, beside._failure = threading.Event(), None
        with pytest.raises(recording_backends.KeeperGoneError, match="no answer for 0 s"):
            beside._wait()


class Output(io.AudioOutput):
    """A program's own output, which counts how often it is attached and detached."""

    def __init__(self) -> None:
        super().__init__(label="own", capabilities=io.AudioOutputCapabilities(pause=True))
        self.heard: list[str] = []
        self._pushed_s = 0.0

    async def capture_frame(self, frame: Any) -> None:
        await super().capture_frame(frame)
        self._pushed_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._pushed_s:
            pushed_s, self._pushed_s = self._pushed_s, 0.0
            self.on_playback_finished(playback_position=pushed_s, interrupted=False)

    def clear_buffer(self) -> None: ...

    def on_attached(self) -> None:
        self.heard.append("attached")

    def on_detached(self) -> None:
        self.heard.append("detached")


class TestOutput:
    def used_by_three_sessions(self) -> Output:
        async def main() -> Output:
            output = Output()
            for _ in range(3):
                session: BargeSession[Any] = BargeSession(**MANUAL)
                session.output.audio = output
                await session.start(Agent(instructions=""))
                await session.say("Hello", audio=frames(tone(0.2)))
                await session.aclose()
                await session.finished()
            return output

        return run_virtual(main)

    def test_of_three_sessions_is_told_of_each_segment_once(self, caplog):
        with caplog.at_level(logging.WARNING, logger="livekit.agents"):
            self.used_by_three_sessions()
        assert "more times than" not in caplog.text

    def test_is_attached_and_detached_once_a_session(self):
        assert self.used_by_three_sessions().heard == ["attached", "detached"] * 3

    def test_keeps_no_listener_of_ours(self):
        assert not any(self.used_by_three_sessions()._events.values())


def test_an_argument_that_livekit_deprecates_is_reported_at_the_users_line(caplog):
    async def main() -> None:
        BargeSession(vad=None, min_interruption_words=1)

    with caplog.at_level(logging.WARNING, logger="livekit.agents"):
        asyncio.run(main())
    [record] = [each for each in caplog.records if "min_interruption_words" in each.message]
    assert (record.pathname, record.funcName) == (__file__, "main")


def test_a_session_without_audio_keeps_its_events_and_no_audio_file(calls):
    async def main() -> None:
        session: BargeSession[Any] = BargeSession(llm=OneLineLLM(), **MANUAL)
        await session.start(Agent(instructions=""))
        await session.run(user_input="Hello?")
        await session.aclose()
        await session.finished()

    run_virtual(main)
    [folder] = calls.iterdir()
    assert sorted(file.name for file in folder.iterdir()) == ["call.json", "events.jsonl"]
    assert not Call.open(folder).meta.audio_recorded


class TestAdaptive:
    async def play(self) -> Path:
        line = Line()
        session: BargeSession[Any] = BargeSession(
            turn_handling={"turn_detection": "vad", "interruption": {"mode": "adaptive"}}
        )
        line.connect(session)
        await session.start(Agent(instructions=""))
        await session.aclose()
        await line.aclose()
        await session.finished()
        assert session.call_dir is not None
        return session.call_dir

    def test_without_an_http_session_is_reported_and_kept(self, log):
        call = Call.open(run_virtual(self.play))
        assert [line["event"] for line in log].count(NO_HTTP_SESSION) == 1
        errors = [event for event in call.events if isinstance(event, SessionError)]
        assert {error.source for error in errors} == {"AdaptiveInterruptionDetector"}
        assert [error.message for error in errors].count(NO_HTTP_SESSION) == 1

    def test_with_an_http_session_is_not_reported(self, log):
        async def main() -> Path:
            async with http_context.open():
                return await self.play()

        call = Call.open(run_virtual(main))
        assert NO_HTTP_SESSION not in [line["event"] for line in log]
        errors = [event for event in call.events if isinstance(event, SessionError)]
        assert NO_HTTP_SESSION not in [error.message for error in errors]


def test_a_name_that_another_process_takes_first_gets_the_next_number(tmp_path, monkeypatch):
    make = Path.mkdir

    def too_late(path: Path, *arguments: Any, **options: Any) -> None:
        monkeypatch.undo()
        make(path)
        make(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", too_late)
    assert make_call_dir(tmp_path, "desk") == tmp_path / "desk-2"
    assert (tmp_path / "desk-2").is_dir()
