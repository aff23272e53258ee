"""A user's program with four mistakes, each on a line that mypy must name."""

from __future__ import annotations

from livekit.agents import Agent

from livekit_barge import BargeSession


async def main() -> None:
    session = BargeSession(userdata=1, preset=3)
    BargeSession[None](min_consecutive_speech_delays=0.1)
    session.userdata.append(1)
    await session.start(Agent(instructions="…"), rooms=None)
