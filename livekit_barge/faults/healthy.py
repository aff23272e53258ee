"""Healthy calls: nothing is wrong in them, so the diagnosis must find nothing.

Five conversations under four of the shipped presets: callers who break in early, in mid-word and at
a sentence, a soft voice on a noisy line, and one who lets the agent speak. And what looks like a
fault and is none: a handoff to an agent with a context of its own, a caller who hangs up, and an
adaptive detector that answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from livekit_barge.faults.agents import HandsOver, HungUpOn
from livekit_barge.faults.loopback_detector import AskingSession
from livekit_barge.faults.sessions import session_of
from livekit_barge.faults.trial import Trial, interrupts
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.script.script import CallerLine, caller_line
from livekit_barge.script.scripted_call import Conditions

# After LiveKit's warm-up of 3 s, in which no caller is let in.
_OPEN_S = 3.4

_THANKS = caller_line("Thank you, that is very kind of you.", "0.8 s after the agent stops")
_BREAK_IN = "No, wait, I need something else for my son."

_CONVERSATIONS: Mapping[str, tuple[CallerLine, ...]] = {
    "breaks-in": (interrupts(at=f"after the agent has spoken {_OPEN_S} s"), _THANKS),
    "in-mid-word": (interrupts(at=f"in mid-word, after {_OPEN_S} s"), _THANKS),
    "at-a-sentence": (interrupts(at=f"just as a new sentence starts, after {_OPEN_S} s"),),
    "soft-and-noisy": (
        caller_line(
            _BREAK_IN, f"after the agent has spoken {_OPEN_S + 1} s", voice="joe-low", gain_db=-8
        ),
        _THANKS,
    ),
    "listens": (_THANKS,),
}
_NOISY = Conditions(noise_dbfs=-52.0, seed=3)


def _under(preset: str) -> Callable[..., BargeSession[None]]:
    return partial(BargeSession, preset=preset)


_UNUSUAL = (
    Trial(name="handed-over", code=None, agent=HandsOver),
    Trial(name="hung-up-on", code=None, agent=HungUpOn),
    Trial(
        name="adaptive-detector-answers",
        code=None,
        session=session_of(kind=AskingSession, interruption={"mode": "adaptive"}),
    ),
)

HEALTHY = _UNUSUAL + tuple(
    Trial(
        name=f"{conversation}-{preset}",
        code=None,
        caller=lines,
        session=_under(preset),
        conditions=_NOISY if "noisy" in conversation else Conditions(),
    )
    for preset in ("livekit-defaults", "snappy", "noisy", "telephony")
    for conversation, lines in _CONVERSATIONS.items()
)
"""Twenty calls under the presets, and the unusual ones."""
