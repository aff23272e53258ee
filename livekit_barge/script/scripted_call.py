"""The headless stage: a scripted call to a real session, in virtual time unless told otherwise.

The ``AgentSession``, its VAD, its turn detector and every decision are LiveKit's own, on real
audio. The models are stand-ins with stated timing (:mod:`.models`); the line behaves as a room's
does (:mod:`.line`). What comes out is a Call folder like any other.

In virtual time two runs of the same call give the same bytes on the same machine and versions.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livekit.agents import Agent, AgentSession

from livekit_barge.frameworks.livekit.instruments import Instruments
from livekit_barge.frameworks.livekit.session import BargeSession, instrument
from livekit_barge.script.director import Director
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.stage.agent_output import QUEUE_S
from livekit_barge.stage.line import INPUT_FRAME_S, Line
from livekit_barge.stage.models import ScriptedLLM, ScriptedSTT, Timing, VoiceTTS
from livekit_barge.stage.offline_recorder import RecorderAtTheEnd, keep_folder, keep_turns
from livekit_barge.stage.time.deterministic_ids import repeatable_ids
from livekit_barge.stage.time.deterministic_resampler import undithered
from livekit_barge.stage.time.model_cache import Memory, remembering
from livekit_barge.stage.time.virtual import run_virtual
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

QUIET_S = 3.0
"""The call ends when nobody has spoken for this long: LiveKit's longest wait before it
takes the caller's turn for finished (``max_endpointing_delay``)."""
WAITING_S = 8.0
"""The same, while lines are left that have found no place."""
LONGEST_S = 600.0
"""The call ends after this in any case."""

MEMORY = Memory()
"""The answers of LiveKit's models in this process's virtual calls."""

_LOOK_S = 0.25  # between looks at whether it has ended


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The line of a call."""

    noise_dbfs: float | None = -65.0
    """Comfort noise on the caller's side; ``None``: digital silence."""
    seed: int = 0
    """The seed of the noise."""
    input_frame_s: float | None = None
    """The length of an input frame; ``None``: the preset's, else that of a room."""
    queue_s: float = QUEUE_S
    """Audio that the output holds while the agent speaks: what a cut can leak."""
    pause_delay_s: float = 0.0
    """The delay between a pause and its effect, as with a slow transport."""
    clear_delay_s: float = 0.0


class SessionMaker(Protocol):
    """Makes the session of a call; ``BargeSession`` is one itself."""

    def __call__(self, *_: Any, **models: Any) -> AgentSession[Any]:
        """``models`` are the stand-ins: ``stt``, ``llm`` and ``tts``."""
        ...


class ScriptedAgent(Agent):
    """Greets, and answers what it hears, in the script's words."""

    def __init__(self) -> None:
        super().__init__(instructions="")

    async def on_enter(self) -> None:
        self.session.generate_reply()


def play_call(
    script: Script,
    *,
    calls_dir: Path | None,
    call_id: str | None = None,
    agent: Callable[[], Agent] = ScriptedAgent,
    session: SessionMaker = BargeSession,
    timing: Timing | None = None,
    conditions: Conditions | None = None,
    real_time: bool = False,
) -> PlayedCall:
    """Play a script to its end, and measure it.

    Where ``calls_dir`` is ``None`` the call is not kept, only its turns. What LiveKit's local
    models said of the same audio in a call before is not asked again (:mod:`.remembered`).

    Also from within a running loop, which stands still meanwhile.
    """
    stage = _Stage(script, timing or Timing(), conditions or Conditions())

    async def play() -> PlayedCall:
        return await stage.play(agent, session, calls_dir, call_id, real_time=real_time)

    async def play_repeatably() -> PlayedCall:
        ids = repeatable_ids(stage.conditions.seed)
        with ids, undithered(), remembering(MEMORY), _collecting_seldom():
            return await play()

    return _run_real(play) if real_time else run_virtual(play_repeatably)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Collect garbage seldom: a call makes few cycles, and a search takes a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _run_real(main: Callable[[], Coroutine[Any, Any, PlayedCall]]) -> PlayedCall:
    """Run a coroutine to its end in real time, also from within a running loop."""
    with ThreadPoolExecutor(1, thread_name_prefix="stage") as thread:
        return thread.submit(lambda: asyncio.run(main())).result()


class _Stage:
    def __init__(self, script: Script, timing: Timing, conditions: Conditions) -> None:
        self.conditions = conditions
        self._script = script
        self._timing = timing

    async def play(
        self,
        agent: Callable[[], Agent],
        make_session: SessionMaker,
        calls_dir: Path | None,
        call_id: str | None,
        *,
        real_time: bool,
    ) -> PlayedCall:
        director = Director(self._script)
        voice = voice_named(self._script.agent_voice)
        for text in self._script.agent:
            voice.speak(text)  # now, so that it takes no time of the call's
        session = make_session(
            stt=ScriptedSTT(director, self._timing),
            llm=ScriptedLLM(self._script.agent, self._timing),
            tts=VoiceTTS(voice, self._timing),
        )
        instruments = _instruments_of(session)
        instruments.calls.keep(call_id=call_id, **_keeping(calls_dir, real_time=real_time))
        line = self._open_line(session)
        director.direct(line)
        try:
            await session.start(agent())
            await _until_over(session, line, director)
        finally:
            await session.aclose()
            await line.aclose()
            instruments.end()  # where it was cancelled before it had started
            await instruments.calls.finished()
        assert instruments.calls.call_dir is not None  # the session has started
        return PlayedCall(
            instruments.calls.turns,
            tuple(director.placed),
            director.waiting,
            line.timeline.now_s(),
            None if calls_dir is None else instruments.calls.call_dir,
        )

    def _open_line(self, session: AgentSession[Any]) -> Line:
        conditions = self.conditions
        line = Line(
            noise_dbfs=conditions.noise_dbfs,
            seed=conditions.seed,
            frame_s=conditions.input_frame_s or _input_frame_s(session),
            queue_s=conditions.queue_s,
            pause_delay_s=conditions.pause_delay_s,
            clear_delay_s=conditions.clear_delay_s,
        )
        line.connect(session)
        return line


async def _until_over(session: AgentSession[Any], line: Line, director: Director) -> None:
    """Wait until nobody has anything left to say."""
    quiet_s = 0.0
    while line.timeline.now_s() < LONGEST_S:
        await asyncio.sleep(_LOOK_S)
        now = round(line.timeline.now_s() * SAMPLE_RATE)
        talking = (
            session.agent_state in ("thinking", "speaking")
            or session.current_speech is not None
            or director.caller_done > now
        )
        quiet_s = 0.0 if talking else quiet_s + _LOOK_S
        if quiet_s >= (WAITING_S if director.waiting else QUIET_S):
            return


def _instruments_of(session: AgentSession[Any]) -> Instruments:
    """Return a session's instruments, after adding them if it has none."""
    return session.instruments if isinstance(session, BargeSession) else instrument(session)


def _keeping(calls_dir: Path | None, *, real_time: bool) -> dict[str, Any]:
    """Return how the stage keeps a call: fields of ``RecordingConfig``."""
    keeping: dict[str, Any] = {
        "calls_dir": calls_dir or Path("calls"),
        "source": "stage",
        "retention_days": None,  # the date of a virtual call says nothing of what is old
    }
    if not real_time:
        keeping |= {"recorder": RecorderAtTheEnd, "keeper": keep_folder}
    if calls_dir is None:
        keeping |= {"keeper": keep_turns, "folder": False}
    return keeping


def _input_frame_s(session: AgentSession[Any]) -> float:
    """Return the input frame that the session's preset asks of a room, here of the line."""
    knobs = session.knobs if isinstance(session, BargeSession) else {}
    return float(knobs.get("input_frame_s", INPUT_FRAME_S))
