"""Faulty sessions: rewired audio, a stuck state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents import Agent, AgentSession

from livekit_barge.faults.faulty_inputs import EchoingInput, without
from livekit_barge.faults.faulty_outputs import EndsLate, HearsNoOrders
from livekit_barge.faults.faulty_voices import StallingTTS
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.script.scripted_call import SessionMaker
from livekit_barge.stage.spoken_output import SpeakingOutput

Rewire = Callable[[AgentSession[Any]], None]

STUCK_S = 4.0
"""A stuck state stays ``speaking`` for this long after the speech."""


class RewiredSession(BargeSession[None]):
    """Changes its audio before it starts, so below the tap."""

    def __init__(self, *, rewire: Rewire | None = None, **session: Any) -> None:
        super().__init__(**session)
        self._rewire = rewire

    async def start(self, agent: Agent, **options: Any) -> Any:
        if self._rewire is not None:
            self._rewire(self)
        return await super().start(agent, **options)


class StuckSession(BargeSession[None]):
    """Leaves the state ``speaking`` late, as code does that sets it from its own events."""

    def _update_agent_state(self, state: Any, **more: Any) -> None:
        if self.agent_state == "speaking":
            change = super()._update_agent_state
            asyncio.get_running_loop().call_later(STUCK_S, lambda: change(state, **more))
        else:
            super()._update_agent_state(state, **more)


def session_of(
    *,
    kind: type[BargeSession[Any]] = RewiredSession,
    lacks: Sequence[str] = (),
    turn_detection: str = "vad",
    interruption: dict[str, Any] | None = None,
    **arguments: Any,
) -> SessionMaker:
    """Makes sessions for the stage; ``lacks`` names the models left out."""

    def make(**models: Any) -> AgentSession[Any]:
        turn_handling: Any = {
            "turn_detection": turn_detection,
            "interruption": {"mode": "vad", **(interruption or {})},
        }
        return kind(
            turn_handling=turn_handling,
            **{"aec_warmup_duration": None, **without(models, *lacks), **arguments},
        )

    return make


def stalling(make_session: SessionMaker) -> SessionMaker:
    """Return what makes the same sessions with a TTS that stalls after its first sentence."""

    def make(**models: Any) -> AgentSession[Any]:
        return make_session(**{**models, "tts": StallingTTS(models["tts"])})

    return make


def no_orders(session: AgentSession[Any]) -> None:
    """The output takes no orders."""
    assert session.output.audio is not None
    session.output.audio = HearsNoOrders(session.output.audio)


def late_end(session: AgentSession[Any]) -> None:
    """The output reports late that it has played all."""
    assert session.output.audio is not None
    session.output.audio = EndsLate(session.output.audio)


def echoing(session: AgentSession[Any]) -> None:
    """The caller's loudspeaker is heard by their microphone."""
    output, source = session.output.audio, session.input.audio
    assert isinstance(output, SpeakingOutput)
    assert source is not None
    session.input.audio = EchoingInput(source, output)
