"""The protocol of a framework: what its room must provide to be recorded, tuned and diagnosed.

A framework is a package in ``frameworks/`` with a module ``framework`` whose ``FRAMEWORK`` is a
:class:`Framework`. The modules have the same names in each room: ``knobs``, ``preset``,
``options`` (the options in force), ``stamps`` (what happens, as events of the call), ``causes``
(why the framework decided to stop the agent), and a module for the agent's speeches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livekit_barge.call.events import Cause
from livekit_barge.frameworks.preset_shelf import PresetShelf
from livekit_barge.measure.turns import Turn


class KnobLike(Protocol):
    """One knob, under the framework's own name."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> str:
        """The place where the framework has it, as a person says it."""
        ...

    @property
    def moves(self) -> str:
        """The effect of the knob, and the clock that it moves."""
        ...


class PresetLike(Protocol):
    """A named set of knobs: a frozen value."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str:
        """The callers and agents it is for."""
        ...

    @property
    def cost(self) -> str: ...

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The knobs that are set, checked; all others are left to the framework."""
        ...


class CausesLike(Protocol):
    """The cause of each decision to stop the agent, from what the framework did just before."""

    def of_interruption(self, *evidence: Any, **more: Any) -> Cause:
        """Name the cause of an interruption; the evidence is the framework's own."""
        ...


class StampsLike(Protocol):
    """The writer of a call's events, fed by the framework's own events or frames."""

    def options_in_force(self, options: Mapping[str, Any], *more: Any, **named: Any) -> None:
        """Write the options that the framework resolved."""
        ...


class SpeechesLike(Protocol):
    """The agent's speeches, each written from its creation to its end."""

    def created(self, *speech: Any, **more: Any) -> object:
        """Write a new speech, in the framework's own form."""
        ...


class RecordedCalls(Protocol):
    """The instruments of a session: what a program can ask about its calls."""

    @property
    def call_dir(self) -> Path | None:
        """The folder of the latest call; ``None`` before the first."""
        ...

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far, in order."""
        ...

    async def finished(self) -> None:
        """Wait until the folder of the latest call is complete."""
        ...


@dataclass(frozen=True, kw_only=True)
class Framework:
    """The parts that one framework's room provides."""

    name: str
    shelf: PresetShelf
    """Its shipped presets: their folder and names."""
    knobs: Sequence[KnobLike]
    load_preset: Callable[[str], PresetLike]
    """Load a preset by name or path. Raises :class:`~livekit_barge.errors.SettingsError`."""
    options_in_force: Callable[[Any], Mapping[str, Any]]
    """Read the knobs in force from a session or pipeline, by the knobs' names."""
    causes: type[CausesLike]
    stamps: type[StampsLike]
    speeches: type[SpeechesLike]
    instruments: type[RecordedCalls]
