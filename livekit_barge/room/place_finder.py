"""Checks a script's places: a caller in a room can find only those that are heard, and only once.

A room carries sound and nothing else. Where the agent's words and sentences lie, and how much of a
speech is left, is not in it.
"""

from __future__ import annotations

from livekit_barge.errors import ScriptError
from livekit_barge.room.ears import OVER_AFTER_S
from livekit_barge.room.microphone import LEAD_S
from livekit_barge.script.script import Script
from livekit_barge.stage.line_triggers import (
    AfterAgent,
    BeforeEnd,
    Finder,
    MidWord,
    SentenceStart,
    WhileThinking,
)

# Sooner than this after its last sound it is not known yet that the agent has stopped.
AFTER_AGENT_MIN_S = round(OVER_AFTER_S + LEAD_S, 3)

_UNHEARD: dict[type[Finder], str] = {
    MidWord: "in a room it is not known where words lie",
    SentenceStart: "in a room it is not known where sentences lie",
    BeforeEnd: "in a room it is not known how much of a speech is left",
    WhileThinking: "in a room it is not known when the agent thinks",
}

_SPOKEN = "after the agent has spoken 1.2 s"
_INSTEAD: dict[type[Finder], str] = {WhileThinking: "0.3 s after the caller stops"}


def check_places(script: Script) -> None:
    """Raise :class:`ScriptError` for the first place that cannot be found in a room."""
    for number, line in enumerate(script.caller, start=1):
        finder = line.at.finder
        where = f"{script.name}: caller {number}: {line.at}"
        if why := _UNHEARD.get(type(finder)):
            instead = _INSTEAD.get(type(finder), _SPOKEN)
            raise ScriptError(why, where=where, remedy=f"write: {instead}")
        if isinstance(finder, AfterAgent) and finder.gap_s < AFTER_AGENT_MIN_S:
            raise ScriptError(
                f"that the agent has stopped is heard {AFTER_AGENT_MIN_S:g} s later",
                where=where,
                remedy=f"give {AFTER_AGENT_MIN_S:g} s or more",
            )
