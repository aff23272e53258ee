"""Calls played in a real room: an agent in this process, a caller beside it, what was kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent
from livekit.agents.vad import VAD

from livekit_barge.call.folder import Call
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.measure.join import JoinedCall, join
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial, Kind
from livekit_barge.room.link import Link
from livekit_barge.room.server import LivekitServer
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script as ScriptOfCall
from livekit_barge.settings import Settings
from livekit_barge.stage.track import Pcm
from tests.room.caller import RATE, Caller
from tests.room.lateness import Lateness
from tests.vendors.voice import speak

LONG = (
    "We are open from Monday to Friday, and on Saturday until noon. On Sunday we are closed, "
    "but you can leave a message after the tone."
)

# No pause in it that a decision could fall into, where the agent would be silent already. There is
# not even the closure of a stop consonant from 3.2 to 4.1 s after its onset, and from 4.2 to 4.6.
UNBROKEN = (
    "We have two rooms left on Friday with a view of the harbour and a balcony large enough for a "
    "table where breakfast will be brought to you at whatever hour you would like to have it."
)
# What an agent that stops comes to; which of the two is a matter of milliseconds.
STOPPED = ("yielded", "late")

Script = Callable[[Caller], Awaitable[None]]
Session = BargeSession[None]


class Announcer(Agent):
    """Says one thing as soon as somebody is there."""

    def __init__(self, text: str = LONG, **options: Any) -> None:
        super().__init__(instructions="")
        self._text = text
        self._options = options

    async def on_enter(self) -> None:
        self.session.say(self._text, audio=_frames(speak(self._text)), **self._options)


@dataclass(frozen=True)
class Played:
    """A call that is over: its folder, and what was measured while it ran."""

    call: Call
    turns: tuple[Turn, ...]
    late_s: float
    """By how much the process that played it was late, at worst."""

    @property
    def overlaps(self) -> list[Overlap]:
        return [overlap for turn in self.turns for overlap in turn.overlaps]


def play(
    server: LivekitServer,
    room_name: str,
    calls_dir: Path,
    vad: VAD,
    script: Script,
    *,
    agent: Callable[[], Agent] = Announcer,
    **interruption: Any,
) -> Played:
    """Have ``script(caller)`` call ``agent`` in a room of its own."""

    async def call() -> Played:
        session: BargeSession[None] = BargeSession(
            settings=Settings(calls_dir=calls_dir, log="json"),
            vad=vad,
            turn_handling={
                "turn_detection": "vad",
                "interruption": {"mode": "vad", **interruption},
            },
            aec_warmup_duration=None,
        )
        room = rtc.Room()
        await room.connect(server.url, server.token(room_name, "agent", kind="agent"))
        try:
            async with Caller(server, room_name) as caller:
                await session.start(agent(), room=room)
                await script(caller)
            await session.aclose()
            await session.finished()
        finally:
            await room.disconnect()
        assert session.call_dir is not None
        return Played(Call.open(session.call_dir), session.turns, caller.late_s)

    return asyncio.run(call())


@dataclass(frozen=True)
class BothEnds:
    """A call played by the room caller: what it measured, its folder, and the agent's."""

    heard: PlayedCall
    caller: Call
    agent: Call
    turns: tuple[Turn, ...]
    """At the agent."""
    late_s: float
    """By how much the process that played it was late, at worst."""

    @property
    def stopped(self) -> bool:
        """Whether both ends saw one overlap, in which the agent stopped while it spoke."""
        [*outcomes] = (overlap.outcome for overlap in self.heard.overlaps)
        [*seen] = (overlap for turn in self.turns for overlap in turn.overlaps)
        return (
            len(outcomes) == len(seen) == 1
            and outcomes[0] in STOPPED
            and seen[0].outcome in STOPPED
            and not seen[0].quiet_at_decision
        )

    @property
    def joined(self) -> JoinedCall:
        return join(self.caller, self.agent, self.heard.turns, self.turns)


async def play_script(
    server: LivekitServer,
    room_name: str,
    calls_dir: Path,
    script: ScriptOfCall,
    *,
    meanwhile: Callable[[Session], Awaitable[None]] | None = None,
    text: str = LONG,
    kind: Kind = "standard",
    link: Link | None = None,
    **session_options: Any,
) -> BothEnds:
    """Have the room caller call an :class:`Announcer` in this process.

    ``meanwhile(session)`` runs beside the call once the agent has begun.
    """
    session: Session = BargeSession(
        settings=Settings(calls_dir=calls_dir / "agent", log="json"), **session_options
    )
    room = rtc.Room()
    joined = asyncio.Event()
    room.on("participant_connected", lambda _: joined.set())
    await room.connect(server.url, server.token(room_name, "agent", kind="agent"))
    dial = Dial(
        url=server.url,
        api_key=server.api_key,
        api_secret=server.api_secret,
        room=room_name,
        kind=kind,
    )
    lateness = Lateness()
    watching = asyncio.create_task(lateness.watch())
    try:
        calling = asyncio.create_task(
            call_room(script, dial, calls_dir=calls_dir / "caller", link=link)
        )
        await joined.wait()
        await session.start(Announcer(text), room=room)
        if meanwhile is not None:
            await meanwhile(session)
        heard = await calling
        await session.aclose()
        await session.finished()
    finally:
        watching.cancel()
        with contextlib.suppress(TimeoutError):  # its server may be gone
            async with asyncio.timeout(3):
                await room.disconnect()
    assert heard.call_dir is not None
    assert session.call_dir is not None
    caller, agent = Call.open(heard.call_dir), Call.open(session.call_dir)
    return BothEnds(heard, caller, agent, session.turns, lateness.worst_s)


async def _frames(samples: Pcm) -> AsyncIterator[rtc.AudioFrame]:
    for begin in range(0, len(samples), RATE // 20):
        piece = samples[begin : begin + RATE // 20]
        yield rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece))
