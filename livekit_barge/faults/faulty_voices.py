"""A faulty voice: it says a sentence and leaves the output without audio for long."""

from __future__ import annotations

import asyncio

from livekit_barge.stage.models import VoiceTTS
from livekit_barge.stage.voices import Speech

STALLS_S = 15.0


class StallingTTS(VoiceTTS):
    """Speaks as another voice does, but waits before every second sentence."""

    def __init__(self, voice: VoiceTTS) -> None:
        super().__init__(voice._voice, voice._timing, trimmed=voice._trimmed)
        self._sentences = 0

    async def speak(self, text: str) -> Speech:
        self._sentences += 1
        if self._sentences == 2:
            await asyncio.sleep(STALLS_S)
        return await super().speak(text)
