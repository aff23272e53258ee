"""The frameworks, and their names for the gates that both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# With one of these Pipecat strategies the words gate is open: each starts the turn by itself.
_WITHOUT_WORDS = ("VADUserTurnStartStrategy", "TranscriptionUserTurnStartStrategy")


@dataclass(frozen=True)
class Framework:
    """A framework, as findings name it."""

    name: str
    duration: str
    """The option: how long the caller must speak for the VAD to decide, in seconds."""
    words: str
    """The option: how many words the caller must have said for anything to decide."""
    interruptions: str
    """The option: whether a speech may be interrupted at all."""

    def words_needed(self, options: Mapping[str, Any]) -> int:
        """Return the number of words that the words gate asks for; 0: it is open."""
        if any(name in _WITHOUT_WORDS for name in options.get("user_turn_start") or ()):
            return 0
        return options.get(self.words) or 0

    def least_s(self, options: Mapping[str, Any]) -> float | None:
        """Return the seconds that the duration gate asks for; ``None``: not known."""
        least_s: float | None = options.get(self.duration)
        return least_s


LIVEKIT = Framework(
    "LiveKit", "min_interruption_duration", "min_interruption_words", "allow_interruptions"
)
PIPECAT = Framework("Pipecat", "start_secs", "min_words", "enable_interruptions")


def framework_of(source: str) -> Framework:
    """Return the framework of a call by its recorder, ``source`` in ``call.json``."""
    return PIPECAT if source.split("-")[0] == "pipecat" else LIVEKIT
