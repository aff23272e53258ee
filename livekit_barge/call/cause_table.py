"""The table of causes: everything that measuring, diagnosis and replay need to know of each.

A new cause is one more name in :data:`~livekit_barge.call.events.Cause` and one more case here;
mypy reports the missing case. Nothing else in the package lists causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never, get_args

from livekit_barge.call.events import Cause


@dataclass(frozen=True, kw_only=True)
class CauseFacts:
    """The facts about one cause of a decision."""

    text: str
    """The cause as a finding names it: "decided by …"."""
    acts_on: Literal["audio", "words", "program"]
    """The input of the decision. ``audio`` is the sound on the caller's channel, so the agent's
    echo can cause the decision as well; ``program`` is the user's own code, whose decision is not
    a reaction of the framework's."""
    detector: Literal["vad", "adaptive", "model"] | None = None
    """The detector that heard the sound: the agent's own VAD, LiveKit's adaptive detector or the
    realtime model. ``None``: no detector, or an unknown one."""
    while_speaking: bool = False
    """The decision falls while the caller is still speaking, or just after; any other may take
    ``decision_reach_s``."""

    @property
    def by_audio(self) -> bool:
        """Return whether a sound alone can cause it."""
        return self.acts_on == "audio"

    @property
    def by_words(self) -> bool:
        """Return whether it takes a transcript or the end of the caller's turn."""
        return self.acts_on == "words"

    @property
    def by_program(self) -> bool:
        """Return whether the user's own code made the decision."""
        return self.acts_on == "program"

    @property
    def by_vad(self) -> bool:
        """Return whether the agent's own VAD made the decision."""
        return self.detector == "vad"


def _facts(cause: Cause) -> CauseFacts:
    match cause:
        case "vad":
            return CauseFacts(text="the VAD", acts_on="audio", detector="vad", while_speaking=True)
        case "adaptive":
            return CauseFacts(
                text="the adaptive detector",
                acts_on="audio",
                detector="adaptive",
                while_speaking=True,
            )
        case "realtime":
            return CauseFacts(text="the realtime model", acts_on="audio", detector="model")
        case "stt_interim":
            return CauseFacts(text="an interim transcript", acts_on="words")
        case "stt_final":
            return CauseFacts(text="a final transcript", acts_on="words")
        case "turn_commit":
            return CauseFacts(text="the end of the caller's turn", acts_on="words")
        case "programmatic":
            return CauseFacts(text="the program itself", acts_on="program")
        case "unknown":
            # It may have been a sound, so the agent's echo may have caused it.
            return CauseFacts(text="an unknown cause", acts_on="audio")
        case _:
            assert_never(cause)


CAUSES: dict[Cause, CauseFacts] = {cause: _facts(cause) for cause in get_args(Cause)}
"""The facts about every cause."""
