"""Why LiveKit decided to stop the agent, told apart by what was announced in the same breath.

LiveKit announces a transcript or an adaptive verdict and acts on it without yielding to the event
loop in between. So an announcement belongs to a decision exactly when both come from one step of
one task. A verdict also releases the transcripts that were held back for it, in the same step and
before LiveKit acts: the verdict remains the cause. A pause that nothing announced came from the
VAD, which announces nothing. A final
transcript also cuts a speech that is paused already, through a task that it starts: that one runs
in the very next turn of the loop, before a committed turn can.
"""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import AgentSession, llm, vad

from livekit_barge.call.events import Cause


class Announcement:
    """The latest announcement, for as long as a decision can follow directly from it."""

    def __init__(self) -> None:
        self._latest: Cause | None = None
        self._deciding: Cause | None = None
        """The cause of what follows in this step: a verdict outranks transcripts it releases."""
        self._task: asyncio.Task[Any] | None = None
        self._handle: asyncio.Handle | None = None

    def make(self, cause: Cause) -> None:
        """``cause`` was announced by the task that runs now."""
        deciding: Cause = "adaptive" if self.here() == "adaptive" else cause
        self._forget()
        self._latest, self._deciding, self._task = cause, deciding, _current_task()
        self._handle = asyncio.get_running_loop().call_soon(self._next_turn)

    def here(self) -> Cause | None:
        """The cause announced in this very step, or ``None``."""
        in_step = self._task is not None and self._task is _current_task()
        return self._deciding if in_step else None

    def just_before(self) -> Cause | None:
        """The cause announced in this turn of the loop or the one before, by any task."""
        return self._latest

    def _next_turn(self) -> None:
        self._task = None
        self._handle = asyncio.get_running_loop().call_soon(self._forget)

    def _forget(self) -> None:
        self._latest = self._deciding = self._task = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Causes:
    """Names the cause of a decision of this session."""

    def __init__(self, session: AgentSession[Any], *, turn_detection_given: bool | None) -> None:
        self.announced = Announcement()
        self._session = session
        self._turn_detection_given = turn_detection_given

    def of_pause(self) -> Cause:
        """Name the cause of a pause of the speaking agent, which LiveKit's state confirms."""
        return self.announced.here() or self._by_audio_activity()

    def of_interruption(self, source: str | None, *, paused: bool) -> Cause:
        """Name the cause of a handle's interruption, from LiveKit's ``source``."""
        if source == "audio_activity":
            return self.announced.here() or self._by_audio_activity()
        if source == "user_turn":
            final = paused and self.announced.just_before() == "stt_final"
            return "stt_final" if final else "turn_commit"
        return "programmatic" if source == "programmatic" else "unknown"

    def _by_audio_activity(self) -> Cause:
        model = self._model()
        if isinstance(model, llm.RealtimeModel) and model.capabilities.turn_detection:
            return self._by_realtime(model)
        return "vad" if isinstance(self._vad(), vad.VAD) else "unknown"

    def _by_realtime(self, model: llm.RealtimeModel) -> Cause:
        """The model's own ears, unless the client may have taken turn-taking away from it."""
        if not model.capabilities.can_disable_turn_detection:
            return "realtime"
        if self._session.turn_detection == "realtime_llm" or self._turn_detection_given is False:
            return "realtime"
        return "unknown"

    def _model(self) -> object:
        given = self._session.current_agent.llm
        return given if isinstance(given, llm.RealtimeModel | llm.LLM) else self._session.llm

    def _vad(self) -> object:
        given = self._session.current_agent.vad
        return self._session.vad if not given and given is not None else given


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # called from outside the loop
        return None
