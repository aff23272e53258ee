"""Lets a scripted caller call your own agent inside a test, in a second or two.

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
        call.assert_yields(within_s=0.4)

``assert_yields`` and ``assert_holds`` judge each line by its ``expect``, and name the line, what
happened and why. ``call.events`` holds the figures; ``call.turns`` the turns as in ``turns.jsonl``.

Your agent, ``AgentSession`` with your settings, the VAD and the turn detector are real, on real
audio. ``models`` are stand-ins with stated timing for ``stt``, ``llm`` and ``tts``, which need no
key: the recogniser hears what the script says, the model says ``replies`` one after the other. Any
of them may be replaced by one of your own.

The call runs in virtual time; the test around it, sync or async, keeps real time.

A whole suite is a mark, which pytest finds by itself where this package is installed::

    @pytest.mark.barge(suite="everyday", preset="snappy", split="tuning")
    def test_it_meets_the_limits(barge):
        assert barge.tally.yield_rate.count > 0     # the body may be empty

The calls are played before the body, and the test fails if a limit of ``limits.toml`` (or of
the mark's ``limits=``) falls short. ``agent`` and ``session`` may be given as for :func:`play`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from livekit.agents import Agent, AgentSession

from livekit_barge.errors import ScriptError
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.totals import Tally
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import CallerLine, Script
from livekit_barge.script.script import caller_line as line
from livekit_barge.script.scripted_call import (
    Conditions,
    ScriptedAgent,
    SessionMaker,
    play_call,
)
from livekit_barge.stage.models import Timing
from livekit_barge.suites.agent import SuiteAgent
from livekit_barge.suites.case import Case
from livekit_barge.suites.checked_call import CheckedCall
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.gate import Verdict, judge_tally
from livekit_barge.suites.play_cases import Playing, play_case
from livekit_barge.suites.suite import Split, Suite

__all__ = [
    "CallerLine",
    "CheckedCall",
    "Conditions",
    "PlayedCall",
    "Script",
    "Suite",
    "SuiteRun",
    "Timing",
    "line",
    "play",
    "play_suite",
]


def play(
    *,
    script: Script | Sequence[CallerLine],
    agent: Agent | Callable[[], Agent] = ScriptedAgent,
    session: SessionMaker = BargeSession,
    replies: Sequence[str] = (),
    timing: Timing | None = None,
    conditions: Conditions | None = None,
    calls_dir: Path | str | None = None,
    real_time: bool = False,
) -> CheckedCall:
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
        ScriptError: for a script that cannot be played, or an argument of another kind.
    """
    _check_arguments(script, agent, session, replies)
    whole = _whole(script, replies)
    make_agent: Callable[[], Agent] = (lambda: agent) if isinstance(agent, Agent) else agent
    if make_agent is ScriptedAgent:
        make_agent = partial(SuiteAgent, whole)  # which keeps protected lines from being cut
    played = play_call(
        whole,
        calls_dir=None if calls_dir is None else Path(calls_dir),
        call_id=whole.name,
        agent=make_agent,
        session=session,
        timing=timing,
        conditions=conditions,
        real_time=real_time,
    )
    return CheckedCall.of(played, whole)


@dataclass(frozen=True)
class SuiteRun:
    """A suite that was played."""

    results: tuple[CaseResult, ...]
    tally: Tally
    verdict: Verdict


def play_suite(
    suite: Suite | str | Path,
    *,
    preset: str = "livekit-defaults",
    knobs: Mapping[str, Any] | None = None,
    agent: Callable[[], Agent] | None = None,
    session: SessionMaker | None = None,
    seed: int = 0,
    split: Split | None = None,
    limits: Path | str | None = None,
    calls_dir: Path | str | None = None,
    on_result: Callable[[CaseResult], None] | None = None,
) -> SuiteRun:
    """Play a suite's calls one after the other, and hold them against the limits.

    Args:
        suite: A shipped suite's name, a file's path, or a suite.
        preset: Whose knobs the sessions get; not used where ``session`` is given.
        knobs: Over the preset's.
        agent: Your agent's class, or what makes one; it is made for each call. Default: one that
            says the suite's lines.
        session: Makes the session, as in :func:`play`.
        seed: Draws the calls.
        split: ``tuning`` or ``held-out``; default: both.
        limits: A file with other limits.
        calls_dir: Where the calls' folders are kept; ``None``: they are not.
        on_result: Called with each call's result as it ends.

    Raises:
        BargeError: for a suite, a preset or limits that cannot be used.
    """
    played = suite if isinstance(suite, Suite) else Suite.load(suite)
    cases = played.cases(preset=preset, knobs=knobs, seed=seed, split=split)
    limits_file = None if limits is None else Path(limits)
    folder = None if calls_dir is None else Path(calls_dir)
    playing = Playing(limits=limits_file, calls_dir=folder, agent=agent, session=session)
    results = tuple(_played(case, playing, on_result) for case in cases)
    tally = Tally.of(event for result in results for event in result.events)
    failed = [f"{each.case_id}: {each.error}" for each in results if each.error is not None]
    unplaced = sum(len(result.unplaced) for result in results)
    judging = Limits.load(limits_file)
    verdict = judge_tally(played.name, tally, judging, failed, unplaced)
    return SuiteRun(results, tally, verdict)


def _played(
    case: Case, playing: Playing, on_result: Callable[[CaseResult], None] | None
) -> CaseResult:
    result = play_case(case, playing)
    if on_result is not None:
        on_result(result)
    return result


def _check_arguments(script: object, agent: object, session: object, replies: object) -> None:
    """Refuse arguments that are mixed up."""
    wrong: tuple[str, object, str] | None = None
    if isinstance(script, str | Path):
        wrong = "script", script, f"Script.load({str(script)!r})"
    elif not isinstance(script, Script) and not (
        isinstance(script, Sequence) and all(isinstance(line, CallerLine) for line in script)
    ):
        wrong = "script", script, "a list of line(...), or Script.load(...)"
    elif isinstance(replies, str):
        wrong = "replies", replies, "a list of what the agent says"
    elif isinstance(session, AgentSession):
        wrong = "session", session, "a function that makes it: lambda **models: ..."
    elif not callable(session):
        wrong = "session", session, "a function that makes an AgentSession, or the class"
    elif not isinstance(agent, Agent) and not callable(agent):
        wrong = "agent", agent, "an Agent, its class, or a function that makes one"
    if wrong is not None:
        name, value, give = wrong
        raise ScriptError(f"{name} is {value!r:.60}", where="play", remedy=f"give {give}")


def _whole(script: Script | Sequence[CallerLine], replies: Sequence[str]) -> Script:
    if not isinstance(script, Script):
        if not replies:
            raise ScriptError("the agent has nothing to say", remedy="give replies")
        return Script(name="call", agent=tuple(replies), caller=tuple(script))
    return dataclasses.replace(script, agent=tuple(replies)) if replies else script
