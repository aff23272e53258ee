"""Every error this package raises on purpose, in one place.

::

    BargeError
    ├── SettingsError      a preset, threshold or environment value cannot be used
    ├── CallError          a Call folder cannot be read
    │   ├── BadEvent       a line inside events.jsonl is not an event
    │   └── SchemaTooNew   written by a later version of this package
    ├── IntakeError        a recording cannot be scored
    ├── RoomError          a room cannot be called, or nobody answers there
    ├── ScriptError        a scripted call cannot be played as written
    └── VirtualTimeError   something waits for real time inside virtual time

Each says what is wrong, where, and what to do; the command line prints that in one line and exits
with 2.
"""

from __future__ import annotations


class BargeError(Exception):
    """Something the user can mend: what is wrong, where it stands, and the remedy."""

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.remedy = remedy
        line = what if self.where is None else f"{self.where}: {what}"
        super().__init__(line if remedy is None else f"{line} – {remedy}")


class SettingsError(BargeError):
    """A preset, a threshold or an environment value cannot be used."""


class CallError(BargeError):
    """A Call folder cannot be read."""


class BadEvent(CallError):
    """A line inside ``events.jsonl`` is not an event this version knows."""


class SchemaTooNew(CallError):
    """The folder was written by a later version of this package."""


class IntakeError(BargeError):
    """A recording cannot be scored."""


class RoomError(BargeError):
    """A room cannot be called, or nobody answers there."""


class ScriptError(BargeError):
    """A scripted call cannot be played as it is written."""


class VirtualTimeError(BargeError):
    """Something waits for real time where only virtual time passes."""
