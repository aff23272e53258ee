"""BargeSession takes AgentSession's place, and the environment chooses how it is interrupted."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import Agent, AgentSession, Plugin

from livekit_barge import BargeSession, Call, Settings, instrument
from livekit_barge.errors import SettingsError
from livekit_barge.stage.line import Line
from livekit_barge.stage.time.virtual import run_virtual
from tests.recording.standins import OneLineLLM, ToneTTS, frames, tone


def played(make: Any, script: Any = None, *, agent: Any = None) -> Any:
    """Make a session, start it on a line, play, close; give what ``script`` gave."""

    async def main() -> Any:
        line = Line()
        session = make()
        line.connect(session)
        await session.start(agent or Agent(instructions=""))
        result = await script(session) if script else None
        await session.aclose()
        await line.aclose()
        if isinstance(session, BargeSession):
            await session.finished()
        return session if script is None else result

    return run_virtual(main)


@pytest.fixture(autouse=True)
def _calls_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARGE_CALLS_DIR", str(tmp_path / "calls"))


def made(**arguments: Any) -> BargeSession[Any]:
    async def make() -> BargeSession[Any]:
        return BargeSession(vad=None, turn_handling={"turn_detection": "vad"}, **arguments)

    return asyncio.run(make())


def test_it_is_an_agent_session():
    assert isinstance(made(), AgentSession)


def test_every_method_of_agent_session_is_livekits_own_but_start():
    own = {name for name in vars(BargeSession) if not name.startswith("_")}
    assert own & set(dir(AgentSession)) == {"start"}


def test_every_argument_reaches_livekit():
    session = made(userdata="mine", max_tool_steps=7, user_away_timeout=None)
    assert session.userdata == "mine"
    assert session.options.max_tool_steps == 7
    assert session.options.user_away_timeout is None


def test_an_argument_livekit_does_not_know_is_refused():
    with pytest.raises(TypeError, match="no_such_thing"):
        made(no_such_thing=1)


def test_what_start_takes_is_what_livekits_start_takes():
    taken = inspect.signature(BargeSession.start).parameters
    assert list(taken)[:2] == list(inspect.signature(AgentSession.start).parameters)[:2]


def test_without_a_preset_no_option_changes():
    async def both() -> tuple[Any, Any]:
        options = {"vad": None, "turn_handling": {"turn_detection": "vad"}}
        return AgentSession(**options).options, BargeSession(**options).options

    plain, ours = asyncio.run(both())
    assert ours == plain


def test_the_environment_chooses_the_preset(monkeypatch):
    monkeypatch.setenv("BARGE_PRESET", "snappy")
    assert made().options.interruption["min_duration"] == pytest.approx(0.19)


def test_a_single_variable_goes_on_top_of_the_preset(monkeypatch):
    monkeypatch.setenv("BARGE_PRESET", "snappy")
    monkeypatch.setenv("BARGE_MIN_INTERRUPTION_DURATION", "0.3")
    assert made().options.interruption["min_duration"] == 0.3


def test_a_knob_that_cannot_be_used_is_refused_before_the_call(monkeypatch):
    monkeypatch.setenv("BARGE_MIN_INTERRUPTION_DURATION", "300")
    with pytest.raises(SettingsError, match=r"did you mean 0\.3"):
        made()


def test_it_is_registered_as_a_livekit_plugin():
    assert "livekit_barge" in [plugin.package for plugin in Plugin.registered_plugins]


def test_the_folder_tells_what_was_asked_for_and_what_is_in_force(monkeypatch):
    monkeypatch.setenv("BARGE_MIN_INTERRUPTION_DURATION", "0.3")
    session = played(lambda: BargeSession(preset="snappy", llm=OneLineLLM(), tts=ToneTTS()))
    told = json.loads((session.call_dir / "call.json").read_text())
    assert told["preset"] == "snappy"
    assert told["asked"]["min_interruption_duration"] == {
        "value": 0.3,
        "source": "BARGE_MIN_INTERRUPTION_DURATION",
    }
    assert told["options"]["min_interruption_duration"] == 0.3
    assert told["options"]["discard_audio_if_uninterruptible"] is True


def test_a_call_can_be_named_and_a_second_one_gets_a_number():
    async def main() -> list[str]:
        names = []
        for _ in range(2):
            line = Line()
            session: BargeSession[Any] = BargeSession(call_id="desk", vad=None)
            line.connect(session)
            await session.start(Agent(instructions=""))
            await session.aclose()
            await session.finished()
            await line.aclose()
            assert session.call_dir is not None
            names.append(session.call_dir.name)
        return names

    assert run_virtual(main) == ["desk", "desk-2"]


def test_two_calls_of_one_name_at_once_are_both_kept():
    async def main() -> list[Path]:
        sessions: list[BargeSession[Any]] = [
            BargeSession(call_id="desk", vad=None) for _ in range(2)
        ]
        for session in sessions:
            session.instruments.begin()
        for session in sessions:
            session.instruments.end()
            await session.finished()
        return [session.call_dir for session in sessions if session.call_dir is not None]

    folders = run_virtual(main)
    assert [folder.name for folder in folders] == ["desk", "desk-2"]
    assert [Call.open(folder).meta.call_id for folder in folders] == ["desk", "desk-2"]


@pytest.mark.parametrize(
    ("call_id", "name"), [("../a/b", ".._a_b"), ("/etc", "_etc"), ("a\0b", "a_b"), ("..", "_")]
)
def test_whatever_its_name_a_call_stands_in_the_folder_for_calls(tmp_path, call_id, name):
    async def main() -> Path | None:
        session: BargeSession[Any] = BargeSession(call_id=call_id, vad=None)
        session.instruments.begin()
        session.instruments.end()
        await session.finished()
        return session.call_dir

    assert run_virtual(main) == tmp_path / "calls" / name
    assert (tmp_path / "calls" / name / "call.json").exists()


def test_a_session_that_fails_to_start_is_not_waited_for():
    async def main() -> Path | None:
        session: BargeSession[Any] = BargeSession(vad=None)
        with pytest.raises(TypeError):
            await session.start(Agent(instructions=""), no_such_option=True)
        await session.aclose()
        await session.finished()
        return session.call_dir

    assert Call.open(run_virtual(main)).notes == ("no events.jsonl: nothing was stamped",)


def test_a_session_built_elsewhere_is_measured_as_well(tmp_path):
    class Theirs(AgentSession[Any]):
        """A subclass of the user's own."""

    async def main() -> Any:
        line = Line()
        session = Theirs(vad=None, turn_handling={"turn_detection": "vad"})
        line.connect(session)
        instruments = instrument(session, calls_dir=tmp_path / "theirs")
        await session.start(Agent(instructions=""))
        await session.say("…", audio=frames(tone(1.0)))
        await session.aclose()
        await line.aclose()
        await instruments.calls.finished()
        return instruments.calls.call_dir

    call_dir = run_virtual(main)
    assert call_dir.parent == tmp_path / "theirs"
    assert (call_dir / "audio.flac").exists()


def test_transcripts_and_audio_can_be_left_out(monkeypatch):
    monkeypatch.setenv("BARGE_RECORD_AUDIO", "0")
    monkeypatch.setenv("BARGE_RECORD_TRANSCRIPTS", "0")

    async def script(session: Any) -> Path:
        await session.say("a secret", audio=frames(tone(1.0)))
        return session.call_dir

    folder = played(lambda: BargeSession(vad=None), script)
    assert sorted(file.name for file in folder.iterdir()) == ["call.json", "events.jsonl"]
    assert "a secret" not in (folder / "events.jsonl").read_text()


def test_a_session_that_starts_again_is_another_call():
    async def main() -> list[Path]:
        line = Line()
        session: BargeSession[Any] = BargeSession(vad=None)
        folders = []
        for _ in range(2):
            line.connect(session)
            await session.start(Agent(instructions=""))
            await session.say("…", audio=frames(tone(1.0)))
            await session.aclose()
            await session.finished()
            assert session.call_dir is not None
            folders.append(session.call_dir)
        await line.aclose()
        return folders

    first, second = run_virtual(main)
    assert first != second
    for folder in (first, second):
        assert "segment_started" in (folder / "events.jsonl").read_text()


def test_settings_can_be_given_instead_of_read(tmp_path):
    session = made(settings=Settings(calls_dir=tmp_path, preset="snappy"))
    assert session.options.interruption["min_duration"] == pytest.approx(0.19)
