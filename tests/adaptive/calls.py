"""Calls over real sockets, all at once: the unmodified AgentSession asks a service on loopback.

They run on the virtual loop, where time passes at real speed as long as a socket is open, but the
CPU's time does not count: a busy machine changes nothing.

The agent says ready audio for 8 s. The caller speaks 2 s into it unless a call says otherwise: loud
speech is an interruption for the test's detector, soft speech a backchannel. Only what came of it,
why, and in which order is ever looked at, never how long it took.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from livekit.agents import Agent, AgentSession
from livekit.agents.utils import http_context
from livekit.plugins import silero

from livekit_barge import BargeSession, instrument
from livekit_barge.adaptive.local import own_credentials
from livekit_barge.adaptive.service import Credentials, Service, running
from livekit_barge.call.events import Decision, Event, OverlappingSpeech
from livekit_barge.call.folder import Call
from livekit_barge.settings import Settings
from livekit_barge.stage.line import Line
from livekit_barge.stage.track import Pcm
from tests.adaptive.faulty import Handler, faulty
from tests.adaptive.made import LoudnessDetector
from tests.measure.known import spoken
from tests.recording.standins import RATE, OneLineLLM, TimedSTT, ToneTTS, frames, tone

AGENT_S = 8.0
SPEAKS_AT_S = 2.0
ASKED = {
    "turn_detection": "vad",
    "interruption": {"mode": "adaptive", "backchannel_boundary": (0.0, 1.0)},
}


@functools.cache
def wait() -> Pcm:
    """The caller means it."""
    return spoken("Wait a moment, I have a question about that.")


@functools.cache
def nod() -> Pcm:
    """The caller listens."""
    return soft(spoken("Aha, hm."))


def soft(samples: Pcm) -> Pcm:
    return (samples * 0.1).astype(np.int16)


@dataclass
class Stand:
    """A call that runs."""

    session: AgentSession[Any]
    stop_service: Callable[[], Awaitable[None]]


async def talk(stand: Stand) -> None:
    """The agent says its piece."""
    stand.session.say("…", audio=frames(tone(AGENT_S)))
    await asyncio.sleep(AGENT_S + 1.0)


@dataclass(frozen=True)
class Case:
    """One call: the caller's clips, the session, and what happens meanwhile."""

    caller: Mapping[float, Callable[[], Pcm]] = field(default_factory=lambda: {SPEAKS_AT_S: wait})
    turn_handling: Mapping[str, Any] = field(default_factory=lambda: ASKED)
    script: Callable[[Stand], Awaitable[None]] = talk
    agent: Callable[[], Agent] = lambda: Agent(instructions="")
    own_service: bool = False
    """A service of its own, which its script may stop."""
    fault: Handler | None = None
    """A service that goes wrong in this way."""
    credentials: Credentials | None = None
    """What the session signs with; default: the service's."""
    preset: str | None = None
    """A BargeSession with it, rather than an AgentSession under instruments."""
    stt: bool = True


class Kept:
    """What the folder of a call says."""

    def __init__(self, path: Path) -> None:
        self.call = Call.open(path)

    def of(self, *kinds: type[Event]) -> list[Any]:
        return [event for event in self.call.events if isinstance(event, kinds)]

    @property
    def causes(self) -> list[str]:
        return [made.cause for made in self.of(Decision)]

    @property
    def verdicts(self) -> list[bool]:
        return [said.is_interruption for said in self.of(OverlappingSpeech)]


async def play(cases: Mapping[str, Case], folder: Path) -> dict[str, Kept]:
    """Play all at once. The environment is as a session finds it, one session after the other."""
    async with contextlib.AsyncExitStack() as calls:
        shared = _service()
        url = await calls.enter_async_context(running(shared))
        begun = [
            await calls.enter_async_context(_call(name, case, folder, url, shared.credentials))
            for name, case in cases.items()
        ]
        await asyncio.gather(*(finish() for finish in begun))
    return {name: Kept(folder / name) for name in cases}


@contextlib.asynccontextmanager
async def _call(
    name: str, case: Case, folder: Path, url: str, credentials: Credentials
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    own = contextlib.AsyncExitStack()
    if case.own_service:
        service = _service()
        url, credentials = await own.enter_async_context(running(service)), service.credentials
    if case.fault is not None:
        url = await own.enter_async_context(faulty(case.fault))
    clips = {at_s: clip() for at_s, clip in case.caller.items()}
    line = Line()
    session = _session(name, case, folder, line, url)
    stand = Stand(session, own.aclose)
    used = case.credentials or credentials
    os.environ |= {
        "LIVEKIT_INFERENCE_URL": url,
        "LIVEKIT_INFERENCE_API_KEY": used.key,
        "LIVEKIT_INFERENCE_API_SECRET": used.secret,
    }
    async with http_context.open():
        if isinstance(session, BargeSession):
            kept = session
        else:
            kept = instrument(session, calls_dir=folder, call_id=name)
            kept.begin()
        await session.start(case.agent())

        async def finish() -> None:
            begins_s = line.timeline.now_s()
            for at_s, clip in clips.items():
                line.caller.mix(clip, round((begins_s + at_s) * RATE))
            await case.script(stand)
            await session.aclose()
            await line.aclose()
            await (kept.finished() if isinstance(kept, BargeSession) else kept.calls.finished())
            await own.aclose()

        yield finish


@functools.cache
def _vad() -> silero.VAD:
    return silero.VAD.load()


def _service() -> Service:
    return Service(LoudnessDetector(loud=0.02), own_credentials())


def _session(name: str, case: Case, folder: Path, line: Line, url: str) -> AgentSession[Any]:
    models: dict[str, Any] = {"llm": OneLineLLM(), "tts": ToneTTS()}
    if case.stt:
        models["stt"] = TimedSTT()
    session: AgentSession[Any]
    if case.preset is not None:
        session = BargeSession(
            preset=case.preset,
            settings=Settings(calls_dir=folder, adaptive=url),
            call_id=name,
            turn_handling={"turn_detection": "vad"},
            **models,
        )
    else:
        session = AgentSession(
            vad=_vad(),
            turn_handling=dict(case.turn_handling),
            aec_warmup_duration=None,
            **models,
        )
    line.connect(session)
    return session
