"""The agent of a suite's calls: it says the script's lines, some of which may not be cut."""

from __future__ import annotations

import asyncio
from functools import partial

from livekit.agents import SpeechCreatedEvent

from livekit_barge.bench.script import Script
from livekit_barge.bench.stage import ScriptedAgent

CALLER_LEAVES_S = 90.0
"""Nobody listens longer: in noise that a VAD takes for speech an agent never gets to speak again,
and a call never ends by itself."""


class SuiteAgent(ScriptedAgent):
    """Greets and answers in the script's words; its protected lines are uninterruptible.

    A line is protected as a program does it: by the speech handle's ``allow_interruptions``.
    """

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._protected = script.protected

    async def on_enter(self) -> None:
        leave = partial(self.session.shutdown, drain=False)
        self._leave = asyncio.get_running_loop().call_later(CALLER_LEAVES_S, leave)
        if self._protected:
            self._created = 0
            self.session.on("speech_created", self._speech_created)
        await super().on_enter()

    def _speech_created(self, event: SpeechCreatedEvent) -> None:
        if self._created in self._protected:
            event.speech_handle.allow_interruptions = False
        self._created += 1

    async def on_exit(self) -> None:
        self._leave.cancel()
