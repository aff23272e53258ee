"""Scripts: what the agent says, what the caller says, and where in the conversation.

::

    summary: The caller corrects the agent in a long sentence.
    agent:                           # the first when it greets, each further one as a reply
      - Your parcel is on its way. It will reach you on Tuesday.
      - I have changed it.
    voice: joe-high                  # the caller's
    caller:
      - say: mm-hm
        at: after the agent has spoken 1.5 s
        expect: hold
      - say: No, wait, I moved house.
        at: in mid-word, after 3 s
        expect: yield
      - wav: thanks.wav              # beside the script
        text: Thank you, goodbye.    # what the recogniser hears in it
        gain_db: -6
        at: 0.8 s after the agent stops

======================================  ==========================================================
``at``                                  the line's first audible sample falls
======================================  ==========================================================
``after the agent has spoken 1.2 s``    when 1.2 s have been heard of a speech of the agent's
``in mid-word, after 1.2 s``            in the middle of its next word of 0.15 s or more
``just as a new sentence starts,        on the first sample of its next sentence, never the first
after 1.2 s``
``in the last 200 ms``                  200 ms before a speech's last audible sample
``0.8 s after the agent stops``         so long after its last audible sample, if it is done or cut
``0.8 s after the caller stops``        so long after the line before
``2 s after the call starts``           at that moment
======================================  ==========================================================

``, after 1.2 s`` may be left out. Times may be in ``s`` or ``ms``. Lines are placed in order, and
none begins before the one before has ended. ``expect`` says what should happen where a line falls
on the agent's speech: ``yield``, ``hold`` (it goes on: the caller only listens, or it was
no speech) or ``protected`` (it goes on: it must not be cut here). After a
line with ``hold`` or ``protected`` the next one may fall on the same speech; after any other it
waits for a later one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml  # type: ignore[import-untyped]

from livekit_barge.bench.places import Place, place_from
from livekit_barge.bench.voices import VOICES
from livekit_barge.errors import ScriptError
from livekit_barge.resources import configs_dir

Expect = Literal["yield", "hold", "protected"]


@dataclass(frozen=True, kw_only=True)
class CallerLine:
    """One thing the caller says, and where."""

    text: str | None = None
    """What a voice says; with ``wav``, what the recogniser hears in it (``None``: nothing)."""
    wav: Path | None = None
    at: Place
    expect: Expect | None = None
    voice: str | None = None
    """``None``: the script's."""
    gain_db: float = 0.0

    def __str__(self) -> str:
        return f"“{self.text or self.wav}” ({self.at})"

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

    @classmethod
    def load(cls, script: str | Path) -> Self:
        """A shipped script by its name, or a file's.

        Raises :class:`ScriptError`, naming the file and the key.
        """
        path = Path(script)
        if path.suffix not in (".yaml", ".yml"):
            path = _shipped(str(script))
        try:
            text = path.read_text(encoding="utf-8")
            content = yaml.safe_load(text)
        except OSError as error:
            raise ScriptError(
                error.strerror or str(error), where=path, remedy="check the path"
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise ScriptError(f"not YAML ({reason})", where=path, remedy="mend it") from error
        return cls.parse(content, name=path.stem, where=path)

    @classmethod
    def parse(cls, content: Any, *, name: str, where: Path | str = "script") -> Self:
        """From what a YAML file holds.

        Raises :class:`ScriptError`, naming ``where`` and the key.
        """
        values = _read(content, _SCRIPT, where=where)
        folder = where.parent if isinstance(where, Path) else Path()
        lines = [
            _caller_line(line, folder, f"{where}: caller {number}")
            for number, line in enumerate(values.pop("caller"), start=1)
        ]
        return cls(name=name, caller=tuple(lines), **values)


def caller_line(text: str, at: str, expect: Expect | None = None, **more: Any) -> CallerLine:
    """A line written in a program; ``more`` are the keys of a script file's line.

    Raises :class:`ScriptError`.
    """
    values = {"say": text, "at": at, **more} | ({"expect": expect} if expect else {})
    return _caller_line(values, Path(), f"the line {text!r}")


def shipped_scripts() -> list[str]:
    """The names of the scripts that come with this package."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def _folder() -> Path:
    return configs_dir() / "scripts"


def _shipped(name: str) -> Path:
    if name not in (known := shipped_scripts()):
        raise ScriptError(
            f"no script is called {name}",
            remedy=f"one of {', '.join(known)}, or the path of a .yaml file",
        )
    return _folder() / f"{name}.yaml"


def _caller_line(content: Any, folder: Path, where: str) -> CallerLine:
    values = _read(content, _LINE, where=where)
    say, wav = values.pop("say", None), values.pop("wav", None)
    if (say is None) == (wav is None):
        raise ScriptError(
            "a line has either say or wav", where=where, remedy="give it one of the two"
        )
    if say is not None:
        if "text" in values:
            raise ScriptError("text belongs to wav", where=where, remedy="put it into say")
        return CallerLine(text=say, **values)
    return CallerLine(wav=folder / wav, **values)


_Check = Callable[[Any], Any]
"""Turns a key's value into the field's; a ``ValueError`` says what it should be."""


@dataclass(frozen=True)
class _Keys:
    """The keys of a mapping, and which must be there."""

    checks: Mapping[str, _Check]
    required: Sequence[str] = field(default_factory=tuple)


def _read(content: Any, keys: _Keys, *, where: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ScriptError(
            f"{content!r} is not a mapping of keys",
            where=where,
            remedy=f"give {', '.join(keys.required)}",
        )
    for key in keys.required:
        if key not in content:
            raise ScriptError(f"no {key}", where=where, remedy=f"give {key}")
    values = {}
    for key, value in content.items():
        if key not in keys.checks:
            near = difflib.get_close_matches(str(key), keys.checks, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(keys.checks)}"
            raise ScriptError(f"no key is called {key}", where=where, remedy=remedy)
        try:
            values[key] = keys.checks[key](value)
        except ValueError as error:
            raise ScriptError(f"{key} is {value!r}", where=where, remedy=str(error)) from error
    return values


def _words(value: Any) -> str:
    if not isinstance(value, str) or not re.search(r"\w", value):
        raise ValueError("write words")
    return " ".join(value.split())


def _one_of(names: Sequence[str], value: Any) -> str:
    if value not in names:
        raise ValueError(f"one of {', '.join(names)}")
    return str(value)


def _decibels(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -60 <= value <= 20:
        raise ValueError("give decibels between -60 and 20, such as -6")
    return float(value)


def _several(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("list what the agent says, a line each")
    return tuple(map(_words, value))


def _lines(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("list what the caller says, each line with say and at")
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str):
        raise ValueError("give the path of a WAV file, from the script's folder")
    return Path(value)


_voice: _Check = partial(_one_of, tuple(VOICES))

_LINE = _Keys(
    {
        "say": _words,
        "wav": _path,
        "text": _words,
        "at": place_from,
        "expect": partial(_one_of, get_args(Expect)),
        "voice": _voice,
        "gain_db": _decibels,
    },
    required=("at",),
)
_SCRIPT = _Keys(
    {
        "summary": _words,
        "agent": _several,
        "caller": _lines,
        "voice": _voice,
        "agent_voice": _voice,
    },
    required=("agent", "caller"),
)
