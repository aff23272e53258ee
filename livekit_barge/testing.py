"""Calls your own agent by a scripted caller, inside a test, in a second or two.

::

    from livekit_barge import BargeSession
    from livekit_barge.testing import line, play

    def test_a_correction_stops_the_agent():
        call = play(
            agent=MyAgent,
            session=lambda **models: BargeSession(preset="snappy", **models),
            replies=["Your parcel left this morning. It will reach you on Tuesday before noon."],
            script=[
                line("When will my parcel come?", "1 s after the call starts"),
                line("No, wait!", "in mid-word, after 1 s", expect="yield"),
            ],
        )
        assert call.overlaps[0].time_to_yield_s < 0.4
        assert not call.surprises

Real are your agent, ``AgentSession`` with your settings, the VAD and the turn detector, on real
audio. ``models`` are stand-ins with stated timing for ``stt``, ``llm`` and ``tts``, which need no
key: the recogniser hears what the script says, the model says ``replies`` one after the other. Any
of them may be replaced by one of your own.

The call runs in virtual time; the test around it, sync or async, keeps real time.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from livekit.agents import Agent

from livekit_barge.bench.models import Timing
from livekit_barge.bench.played import PlayedCall
from livekit_barge.bench.script import CallerLine, Script
from livekit_barge.bench.script import caller_line as line
from livekit_barge.bench.stage import (
    Conditions,
    ScriptedAgent,
    SessionMaker,
    play_call,
)
from livekit_barge.errors import ScriptError
from livekit_barge.session import BargeSession

__all__ = ["CallerLine", "Conditions", "PlayedCall", "Script", "Timing", "line", "play"]


def play(
    *,
    script: Script | Sequence[CallerLine],
    agent: Agent | Callable[[], Agent] = ScriptedAgent,
    session: SessionMaker = BargeSession,
    replies: Sequence[str] = (),
    timing: Timing | None = None,
    conditions: Conditions | None = None,
    calls_dir: Path | None = None,
    real_time: bool = False,
) -> PlayedCall:
    """Play a call to its end.

    Args:
        script: What the caller says, and where: lines, or a whole script (``Script.load``).
        agent: Your agent, its class, or a function that makes one. Default: one that greets with
            the first of ``replies``.
        session: Makes the session, from the stand-ins for ``stt``, ``llm`` and ``tts``. A plain
            ``AgentSession`` is put under instruments.
        replies: What the language model says: the first when it is asked first, then one for each
            turn of the caller's, the last again and again. Default: the script's.
        timing: How long the stand-ins take.
        conditions: The line: noise, frames, delays.
        calls_dir: Where the call's folder is kept, such as ``tmp_path``; ``None``: it is not.
        real_time: Let the call take as long as it does.

    Raises:
        ScriptError: for a script that cannot be played.
    """
    whole = _whole(script, replies)
    make_agent: Callable[[], Agent] = (lambda: agent) if isinstance(agent, Agent) else agent
    with tempfile.TemporaryDirectory() as scratch:
        call = play_call(
            whole,
            calls_dir=Path(scratch) if calls_dir is None else calls_dir,
            call_id=whole.name,
            agent=make_agent,
            session=session,
            timing=timing,
            conditions=conditions,
            real_time=real_time,
        )
    return call if calls_dir is not None else dataclasses.replace(call, call_dir=None)


def _whole(script: Script | Sequence[CallerLine], replies: Sequence[str]) -> Script:
    if not isinstance(script, Script):
        if not replies:
            raise ScriptError("the agent has nothing to say", remedy="give replies")
        return Script(name="call", agent=tuple(replies), caller=tuple(script))
    return dataclasses.replace(script, agent=tuple(replies)) if replies else script
