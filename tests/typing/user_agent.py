"""A user's program, written against the public surface. ``mypy --strict`` must accept it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_type

from livekit.agents import Agent, AgentSession, RunResult

from livekit_barge import BargeSession, Call, Preset, Settings, diagnose, instrument, measure_call


@dataclass
class Booking:
    """What the agent remembers about a call."""

    table: int = 0


async def main(settings: Settings) -> None:
    session = BargeSession(
        preset="snappy",
        settings=settings,
        call_id="one",
        min_consecutive_speech_delay=0.1,
        userdata=Booking(),
    )
    assert_type(session, BargeSession[Booking])
    assert_type(session.userdata, Booking)
    assert_type(await session.start(Agent(instructions="…")), None)
    assert_type(await session.start(Agent(instructions="…"), capture_run=True), RunResult[Any])
    assert_type(session.knobs, Mapping[str, Any])
    await session.aclose()
    await session.finished()
    assert_type(session.call_dir, Path | None)
    if session.call_dir is not None:
        call = Call.open(session.call_dir)
        turns = measure_call(call)
        print([finding.code for finding in diagnose(call, turns)], len(session.turns))

    plain = AgentSession[None](**Preset.load("snappy").session_arguments())
    instruments = instrument(plain)
    assert_type(instruments.call_dir, Path | None)
    await instruments.finished()
    print([turn.overlaps for turn in instruments.turns])
