"""Scripts: what the agent says, what the caller says, and where in the conversation.

::

    summary: The caller corrects the agent in a long sentence.
    agent:                           # the first when it greets, each further one as a reply
      - Your parcel is on its way. It will reach you on Tuesday.
      - protected: This call is recorded.      # said uninterruptibly
      - I have changed it.
    voice: joe-high                  # the caller's
    caller:
      - say: mm-hm
        at: after the agent has spoken 1.5 s
        expect: hold
        kind: backchannel
        heard: no                    # the recogniser makes no words of it
      - sound: cough                 # generated: :mod:`.sounds`
        seed: 7                      # which cough
        at: after the agent has spoken 5 s
        expect: hold
        kind: cough
      - say: No, wait, I moved house.
        at: in mid-word, after 3 s
        expect: yield
      - wav: thanks.wav              # beside the script
        text: Thank you, goodbye.    # what the recogniser hears in it
        gain_db: -6
        at: 0.8 s after the agent stops
    conditions:                      # of the line, for the whole call: :mod:`.surroundings`
      noise: {kind: traffic, snr_db: 15}

======================================  ==========================================================
``at``                                  the line's first audible sample falls
======================================  ==========================================================
``after the agent has spoken 1.2 s``    when 1.2 s have been heard of a speech of the agent's
``in mid-word, after 1.2 s``            in the middle of its next word of 0.15 s or more
``just as a new sentence starts,        on the first sample of its next sentence, never the first
after 1.2 s``
``in the last 200 ms``                  200 ms before a speech's last audible sample
``while the agent thinks, after 0.2 s`` when LiveKit's agent state is ``thinking``, so long into it
``1 s after the last yield``            so long after the agent fell silent for a ``yield`` line
``0.8 s after the agent stops``         so long after its last audible sample, if it is done or cut
``0.8 s after the caller stops``        so long after the line before
``2 s after the call starts``           at that moment
======================================  ==========================================================

``, after 1.2 s`` may be left out. Times may be in ``s`` or ``ms``. Lines are placed in order, and
none begins before the one before has ended. ``expect`` says what should happen where a line falls
on the agent's speech: ``yield``, ``hold`` (it goes on: the caller only listens, or it was
no speech) or ``protected`` (it goes on: it must not be cut here). ``kind`` says what it is that is
to be held through: ``backchannel``, ``cough``, ``noise``, ``side talk``, ``false start`` or
``echo``. After a line with ``hold`` or ``protected`` the next one may fall on the same speech;
after any other it waits for a later one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, get_args

from livekit_barge.errors import ScriptError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.yaml_schema import Check, Keys, one_of, read_keys, read_yaml, whole, words
from livekit_barge.script.label_types import Expect, Kind
from livekit_barge.stage.line_triggers import Place, place_from
from livekit_barge.stage.noises import sound_name
from livekit_barge.stage.surroundings import Surroundings, surroundings_from
from livekit_barge.stage.voices import VOICES


@dataclass(frozen=True, kw_only=True)
class CallerLine:
    """One thing the caller says, and where."""

    text: str | None = None
    """The words to speak; with ``wav``, the words the recogniser hears (``None``: nothing)."""
    wav: Path | None = None
    sound: str | None = None
    """A generated sound, by its name (:mod:`.sounds`)."""
    seed: int = 0
    """The sound's seed: it picks one cough among many."""
    at: Place
    expect: Expect | None = None
    kind: Kind | None = None
    """The kind of sound to hold through."""
    voice: str | None = None
    """``None``: the script's."""
    gain_db: float = 0.0
    heard: bool = True
    """The recogniser hears its words; ``False``: they are no words to it, as a real one often has
    it with "mm-hm" or with talk from afar."""

    def __str__(self) -> str:
        return f"“{self.text or self.name}” ({self.at})"

    @property
    def name(self) -> str:
        """The name of a line without words: the sound's, or the file's."""
        return self.sound or (self.text or "" if self.wav is None else self.wav.name)

    @property
    def frees_the_speech(self) -> bool:
        """The next line may fall on the same speech of the agent's."""
        return self.expect in ("hold", "protected")


@dataclass(frozen=True, kw_only=True)
class Script:
    """A scripted call."""

    name: str
    agent: tuple[str, ...]
    caller: tuple[CallerLine, ...]
    voice: str = "joe-high"
    agent_voice: str = "joe"
    summary: str = ""
    protected: frozenset[int] = frozenset()
    """The agent's lines, from 0, that must not be cut: it speaks them uninterruptibly."""
    surroundings: Surroundings = field(default_factory=Surroundings)

    @classmethod
    def load(cls, script: str | Path) -> Self:
        """Load a shipped script by its name, or a script from a file.

        Raises :class:`ScriptError`, naming the file and the key.
        """
        path = Path(script)
        if path.suffix not in (".yaml", ".yml"):
            path = _shipped(str(script))
        return cls.parse(read_yaml(path), name=path.stem, where=str(path), folder=path.parent)

    @classmethod
    def parse(
        cls, content: Any, *, name: str, where: str = "script", folder: Path = Path()
    ) -> Self:
        """Read a script from a YAML file's content; files that it names lie in ``folder``.

        Raises :class:`ScriptError`, naming ``where`` and the key.
        """
        values = read_keys(content, _SCRIPT, where=where)
        lines = [
            _caller_line(line, folder, f"{where}: caller {number}")
            for number, line in enumerate(values.pop("caller"), start=1)
        ]
        agent, protected = values.pop("agent")
        around = values.pop("conditions", None) or {}
        return cls(
            name=name,
            agent=agent,
            caller=tuple(lines),
            protected=protected,
            surroundings=surroundings_from(around, where=f"{where}: conditions"),
            **values,
        )


def caller_line(text: str, at: str, expect: Expect | None = None, **more: Any) -> CallerLine:
    """Make a caller's line; ``more`` are the keys of a script file's line.

    Raises :class:`ScriptError`.
    """
    values = {"say": text, "at": at, **more} | ({"expect": expect} if expect else {})
    return _caller_line(values, Path(), f"the line {text!r}")


def shipped_scripts() -> list[str]:
    """Return the names of the scripts that come with this package."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def _folder() -> Path:
    return configs_dir() / "scripts"


def _shipped(name: str) -> Path:
    if name not in (known := shipped_scripts()):
        raise ScriptError(
            f"there is no script {name}",
            remedy=f"{nearest(name, known)} – or give the path of a .yaml file",
        )
    return _folder() / f"{name}.yaml"


def _caller_line(content: Any, folder: Path, where: str) -> CallerLine:
    values = read_keys(content, _LINE, where=where)
    say, wav, sound = (values.pop(key, None) for key in ("say", "wav", "sound"))
    if [say, wav, sound].count(None) != 2:
        raise ScriptError(
            "a line needs exactly one of say, wav and sound",
            where=where,
            remedy="give it one of them",
        )
    if "kind" in values and values.get("expect") != "hold":
        raise ScriptError("kind is only for expect: hold", where=where, remedy="write expect: hold")
    if wav is not None:
        return CallerLine(wav=clip_at(folder / wav, where), **values)
    if "text" in values:
        raise ScriptError("text is only for wav", where=where, remedy="put it into say")
    return CallerLine(text=say, sound=sound, **values)


def clip_at(path: Path, where: object) -> Path:
    """Return a clip's path. Raises :class:`ScriptError`, naming ``where``, if it is missing."""
    if not path.is_file():
        raise ScriptError(
            f"there is no file {path}", where=where, remedy="give its path from the script's folder"
        )
    return path


def _decibels(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -60 <= value <= 20:
        raise ValueError("give decibels between -60 and 20, such as -6")
    return float(value)


def _agent(value: Any) -> tuple[tuple[str, ...], frozenset[int]]:
    """Read the agent's lines, and which of them are protected."""
    if not isinstance(value, list) or not value:
        raise ValueError("list what the agent says, a line each")
    texts: list[str] = []
    protected: set[int] = set()
    for number, line in enumerate(value):
        if isinstance(line, dict):
            if line.keys() != {"protected"}:
                raise ValueError("write a line's words, or protected: and its words")
            protected.add(number)
            line = line["protected"]
        texts.append(words(line))
    return tuple(texts), frozenset(protected)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("give yes or no")
    return value


def _lines(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("list what the caller says, each line with say and at")
    return value


def _conditions(value: Any) -> Any:
    return value  # read by its own keys


def _path(value: Any) -> Path:
    if not isinstance(value, str):
        raise ValueError("give the path of a WAV file, from the script's folder")
    return Path(value)


_voice: Check = partial(one_of, tuple(VOICES))

_LINE = Keys(
    {
        "say": words,
        "wav": _path,
        "sound": sound_name,
        "seed": whole,
        "text": words,
        "at": place_from,
        "expect": partial(one_of, get_args(Expect)),
        "kind": partial(one_of, get_args(Kind)),
        "voice": _voice,
        "gain_db": _decibels,
        "heard": _switch,
    },
    required=("at",),
)
_SCRIPT = Keys(
    {
        "summary": words,
        "agent": _agent,
        "conditions": _conditions,
        "caller": _lines,
        "voice": _voice,
        "agent_voice": _voice,
    },
    required=("agent", "caller"),
)
