"""A trial of the diagnosis: a scripted call with one thing wrong at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import soundfile
from livekit.agents import Agent

from livekit_barge.call.formats import EVENTS_FILE
from livekit_barge.faults.sessions import session_of
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import CallerLine, Script, caller_line
from livekit_barge.script.scripted_call import Conditions, ScriptedAgent, SessionMaker, play_call
from livekit_barge.stage.models import Timing
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

SAYS = (
    "We are open from Monday to Friday. On Saturday we close at noon, and on Sunday all day. If "
    "you need anything else, please ask at the front desk, and they will be glad to help you."
)
ANSWERS = ("All right, I have made a note of that for you.", "Goodbye.")

LONG_ANSWERS = (
    "All right, I have made a note of that for you, and somebody will call you back on Monday.",
    "Goodbye.",
)

INTERRUPTS = "No, wait, I need something else for my son."
OTHERWISE = (
    "Your parcel left our warehouse this morning, and if the roads stay empty it will be with you "
    "tomorrow. You can also have it brought to your office, or to a shop that is open until late."
)
OTHER_WORDS = "Excuse me, could you tell me what that costs me first?"
AGAIN = "Sorry, but what does that cost?"
LATER = caller_line("Hello, are you still there?", "6 s after the caller stops")


def interrupts(text: str = INTERRUPTS, at: str = "after the agent has spoken 2.5 s") -> CallerLine:
    """The caller's line over the agent."""
    return caller_line(text, at)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One call with a fault, or without."""

    name: str
    code: str | None
    """The diagnosis expected; ``None``: nothing is wrong."""
    caller: tuple[CallerLine, ...] = field(default_factory=lambda: (interrupts(),))
    sound: str | None = None
    """A sound over the agent instead of the caller's first line, without words for the STT."""
    events: bool = True
    """``False``: only the folder's audio is kept, as in another system's recording."""
    session: SessionMaker = field(default_factory=session_of)
    agent: Callable[[], Agent] = ScriptedAgent
    timing: Timing = field(default_factory=Timing)
    conditions: Conditions = field(default_factory=Conditions)

    says: str = SAYS
    """The agent's first line, if it is a script's."""
    answers: tuple[str, ...] = ANSWERS
    """The agent's later lines."""
    voices: tuple[str, str] = ("joe", "joe-high")
    """The agent's, and the caller's where a line has none of its own."""

    def otherwise(self) -> Trial:
        """The same fault in another call: other voices and words, a softer caller, more noise.

        No limit of the diagnosis was chosen by these.
        """
        lines = tuple(
            replace(
                line,
                text=OTHER_WORDS if line.text == INTERRUPTS else line.text,
                gain_db=line.gain_db - 4,
            )
            for line in self.caller
        )
        return replace(
            self,
            name=f"{self.name}-otherwise",
            caller=lines,
            says=OTHERWISE,
            voices=("joe-high", "joe-low"),
            conditions=replace(self.conditions, noise_dbfs=-55.0, seed=7),
        )

    def play(self, calls_dir: Path) -> PlayedCall:
        """Play it on the stage; its folder has its name."""
        lines = self.caller
        if self.sound:
            lines = (self._sound_line(calls_dir), *self.caller[1:])
        script = Script(
            name=self.name,
            agent=(self.says, *self.answers),
            caller=lines,
            agent_voice=self.voices[0],
            voice=self.voices[1],
        )
        played = play_call(
            script,
            calls_dir=calls_dir,
            call_id=self.name,
            agent=self.agent,
            session=self.session,
            timing=self.timing,
            conditions=self.conditions,
        )
        if not self.events:
            (calls_dir / self.name / EVENTS_FILE).write_text("")
        return played

    def _sound_line(self, folder: Path) -> CallerLine:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.wav"
        sound = voice_named(self.voices[1]).speak(self.sound or "").trimmed()
        soundfile.write(file, sound.samples, SAMPLE_RATE)
        at = interrupts().at
        return CallerLine(wav=file, at=at, expect="hold")
