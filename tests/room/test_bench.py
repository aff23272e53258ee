"""``bench --room``: a suite played into a real room, and its run gated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from livekit.plugins import silero
from typer.testing import CliRunner

from livekit_barge import BargeSession
from livekit_barge.cli.app import app
from livekit_barge.room.server import LivekitServer
from livekit_barge.settings import Settings
from livekit_barge.suites.bench_run import ROOMS_AGENT
from tests.room.calls import STOPPED, UNBROKEN, Announcer
from tests.room.lateness import Lateness, measurably
from tests.vendors.voice import speak

# Beside a script's place only the caller's side counts: the agent in the room is its own.
SUITE = """
calls:
  - name: one
    count: {tuning: 1}
    agent: [In a room the agent says what it will.]
    caller:
      - say: Please hold on a moment because I have a question.
        at: after the agent has spoken 1 s
        expect: yield
"""
AT_ONCE = {
    "turn_handling": {"turn_detection": "vad", "interruption": {"mode": "vad"}},
    "aec_warmup_duration": None,
}


@dataclass(frozen=True)
class Benched:
    """A run in this folder."""

    exit_code: int
    late_s: float

    @property
    def document(self) -> dict[str, Any]:
        """What it wrote."""
        written: dict[str, Any] = json.loads(Path("mine.json").read_text())
        return written

    @property
    def outcomes(self) -> list[str]:
        return [event["outcome"] for each in self.document["results"] for event in each["events"]]


async def bench_in_room(server: LivekitServer, room_name: str, calls_dir: Path) -> Benched:
    """Have the command call an agent that waits in the room.

    It needs no worker, to which a server on a machine at full load gives no job.
    """
    vad = silero.VAD.load()
    session = BargeSession(settings=Settings(calls_dir=calls_dir, log="json"), vad=vad, **AT_ONCE)
    room, joined = rtc.Room(), asyncio.Event()
    room.on("participant_connected", lambda _: joined.set())
    await room.connect(server.url, server.token(room_name, "agent", kind="agent"))
    lateness = Lateness()
    watching = asyncio.create_task(lateness.watch())
    try:
        options = ("bench", "--suite", "mine.yaml", "--room", server.url, "--json", "mine.json")
        benching = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, options))
        waiting = asyncio.create_task(joined.wait())
        await asyncio.wait((benching, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not benching.done():
            await session.start(Announcer(UNBROKEN), room=room)
        result = await benching
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        await session.aclose()
        await session.finished()
    finally:
        watching.cancel()
        await room.disconnect()
    return Benched(result.exit_code, lateness.worst_s)


@pytest.fixture
def benched(
    livekit_server: LivekitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], Benched]:
    (tmp_path / "mine.yaml").write_text(SUITE)
    for name, value in livekit_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    speak(UNBROKEN)  # beforehand: no call's event loop shall wait for it

    def play(number: int) -> Benched:
        monkeypatch.setattr(
            "livekit_barge.suites.play_in_room.secrets.token_hex", lambda _: f"{number}"
        )
        return asyncio.run(bench_in_room(livekit_server, f"barge-{number}-1", tmp_path / "agent"))

    return play


def test_a_suite_is_played_into_a_room_and_its_run_is_gated(benched):
    run = measurably(benched, lambda run: set(run.outcomes) <= set(STOPPED))
    assert (run.exit_code, run.document["run"]["how"]) == (0, "room")
    (result,) = run.document["results"]
    assert (result["preset"], result["unplaced"]) == (ROOMS_AGENT, [])
    assert [outcome in STOPPED for outcome in run.outcomes] == [True]
    # One event alone, in time or late: judged, at any rate.
    assert CliRunner().invoke(app, ["gate", "bench/mine"]).exit_code in (0, 1)
