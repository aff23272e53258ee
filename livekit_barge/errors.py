"""Every error that this package raises on purpose.

::

    BargeError
    ├── SettingsError      a preset, limit or environment value cannot be used
    ├── CallError          a Call folder cannot be read
    │   ├── BadEvent       a line inside events.jsonl is not an event
    │   └── SchemaTooNew   written by a later version of this package
    ├── IntakeError        a recording cannot be scored
    ├── LearningError      the examples are too few to learn from
    ├── RoomError          a room cannot be called, or nobody answers there
    ├── ScriptError        a scripted call cannot be played as written
    ├── ServiceError       the adaptive service cannot be started, or asked
    └── VirtualTimeError   something waits for real time inside virtual time

Each says what is wrong, where, and what to do; the command line prints that in one line and exits
with 2.
"""

from __future__ import annotations

# A quoted text may have any length; more than this of it helps nobody.
_MOST_CHARACTERS = 400
# The longest path in Linux.
_LONGEST_PATH = 4_096


def shortened(text: str, most: int = _MOST_CHARACTERS) -> str:
    """Return the text, without its middle if it is longer than ``most`` characters."""
    if len(text) <= most:
        return text
    half = most // 2 - 20
    return f"{text[:half]} … ({len(text) - 2 * half} more characters) … {text[-half:]}"


class BargeError(Exception):
    """An error that the user can fix: what is wrong, where, and the remedy."""

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None) -> None:
        self.what = what = shortened(what)
        self.where = None if where is None else shortened(str(where), _LONGEST_PATH)
        self.remedy = remedy = None if remedy is None else shortened(remedy)
        line = what if self.where is None else f"{self.where}: {what}"
        super().__init__(line if remedy is None else f"{line} – {remedy}")


class SettingsError(BargeError):
    """A preset, a limit or an environment value cannot be used."""


class CallError(BargeError):
    """A Call folder cannot be read."""


class BadEvent(CallError):
    """A line of ``events.jsonl`` is not an event that this version knows."""


class SchemaTooNew(CallError):
    """The folder was written by a later version of this package."""


class IntakeError(BargeError):
    """A recording cannot be scored."""


class LearningError(BargeError):
    """The examples are too few to learn from."""


class RoomError(BargeError):
    """A room cannot be called, or nobody answers there."""


class ScriptError(BargeError):
    """A scripted call cannot be played as it is written."""


class ServiceError(BargeError):
    """The adaptive service cannot be started, or asked."""


class VirtualTimeError(BargeError):
    """Something waits for real time while only virtual time passes."""
