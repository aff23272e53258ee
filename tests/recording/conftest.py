"""A session with its instruments on, on the stage's line, in virtual time."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import structlog
from livekit.agents import Agent, AgentSession
from livekit.plugins import silero

from livekit_barge.call.events import Event
from livekit_barge.call.folder import Call
from livekit_barge.frameworks.livekit.session import instrument
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.stage.line import Line
from livekit_barge.stage.time.virtual import run_virtual
from livekit_barge.stage.track import Pcm
from tests.measure.known import spoken
from tests.recording.standins import RATE, frames

Play = Callable[..., "Kept"]


@pytest.fixture(scope="session")
def vad() -> Any:
    return silero.VAD.load()


@pytest.fixture(scope="session")
def speech() -> Pcm:
    """A caller who means it: about 2 s."""
    return spoken("Wait a moment, I have a question about that.")


@pytest.fixture(scope="session")
def uh() -> Pcm:
    """A short sound of the caller's, long enough for the VAD."""
    return spoken("Aha, hm.")


@pytest.fixture(scope="session")
def talk() -> Pcm:
    """An agent's long line: over 8 s."""
    line = spoken(
        "Our opening hours are from nine in the morning until six in the evening on every day of "
        "the week, and on the first Sunday of the month we open somewhat later, around ten."
    )
    assert len(line) > 8 * RATE
    return line


@dataclass
class Kept:
    """A call that has been played: what was kept, and what truly happened."""

    path: Path
    turns: tuple[Turn, ...]
    heard: Pcm
    """The audio that left the line on the agent's side, from the call's start."""

    @property
    def call(self) -> Call:
        return Call.open(self.path)

    @property
    def last_heard_s(self) -> float:
        """The end of the agent's last sample that is not zero."""
        return (np.flatnonzero(self.heard)[-1] + 1) / RATE

    @property
    def overlaps(self) -> list[Overlap]:
        return [overlap for turn in self.turns for overlap in turn.overlaps]

    def channel(self, number: int) -> Pcm:
        blocks = [block[number] for block in self.call.blocks()]
        return np.rint(np.concatenate(blocks) * 32_768).astype(np.int16)

    def read(self, name: str) -> Pcm:
        return soundfile.read(self.path / name, dtype="int16")[0]

    def of(self, *kinds: type[Event]) -> list[Any]:
        return [event for event in self.call.events if isinstance(event, kinds)]


@dataclass
class Stand:
    """The room in which a test plays its call."""

    session: AgentSession[Any]
    line: Line


@pytest.fixture
def log() -> Any:
    """The lines of the turn log."""
    lines: list[MutableMapping[str, Any]] = []
    structlog.configure(processors=[structlog.processors.add_log_level, _Keep(lines)])
    yield lines
    structlog.reset_defaults()


class _Keep:
    def __init__(self, lines: list[MutableMapping[str, Any]]) -> None:
        self._lines = lines

    def __call__(self, _logger: Any, _method: str, line: MutableMapping[str, Any]) -> Any:
        self._lines.append(line)
        raise structlog.DropEvent


@pytest.fixture
def play(tmp_path: Path, vad: Any) -> Play:
    """Play ``script(stand)`` on a started session, close it, and give what was kept.

    ``caller``: clips and when they begin. What else is given goes to ``AgentSession``.
    """

    def run(
        script: Callable[[Stand], Awaitable[None]],
        *,
        caller: list[tuple[Pcm, float]] | None = None,
        interruption: dict[str, Any] | None = None,
        agent: Callable[[], Agent] = lambda: Agent(instructions=""),
        calls_dir: Path = tmp_path,
        call_id: str | None = None,
        **options: Any,
    ) -> Kept:
        async def main() -> Kept:
            line = Line()
            for clip, at_s in caller or []:
                line.caller.mix(clip, round(at_s * RATE))
            options.setdefault("vad", vad)
            options.setdefault("aec_warmup_duration", None)
            session: AgentSession[Any] = AgentSession(
                turn_handling={
                    "turn_detection": options.pop("turn_detection", "vad"),
                    "interruption": {"mode": "vad", **(interruption or {})},
                },
                **options,
            )
            line.connect(session)
            instruments = instrument(session, calls_dir=calls_dir, call_id=call_id)
            instruments.begin()
            await session.start(agent())
            await script(Stand(session, line))
            await session.aclose()
            heard = line.heard()
            await line.aclose()
            await instruments.calls.finished()
            assert instruments.calls.call_dir is not None
            return Kept(instruments.calls.call_dir, instruments.calls.turns, heard)

        kept = run_virtual(main)
        # LiveKit leaves failed tasks behind. asyncio reports one when it is collected, and CPython
        # 3.11 crashes in that report if it comes in the middle of pytest's own parsing: so, here.
        gc.collect()
        return kept

    return run


async def say_for(stand: Stand, samples: Pcm, seconds: float, **options: Any) -> Any:
    """Say ready audio and let ``seconds`` of the call pass."""
    handle = stand.session.say("…", audio=frames(samples), **options)
    await asyncio.sleep(seconds)
    return handle
