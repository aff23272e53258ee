"""A finding: the fault, its place, its evidence, and the change to make."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Sure = Literal["sure", "likely", "undecided"]
"""The certainty of a finding:

| | |
|---|---|
| ``sure`` | stamps and audio both show it, and no other known cause would |
| ``likely`` | it shows, but another cause that was not ruled out would show the same |
| ``undecided`` | something is wrong; the deciding evidence is not in the call: see ``needs`` |
"""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that the diagnosis found. Texts are one line each, for a person."""

    code: str
    """Stable; the name of its section in ``docs/reference/findings.md``."""
    title: str
    symptom: int | None
    """One of the seven symptoms, by number; ``None``: a cause beyond them."""
    layer: str
    """The layer at fault: ``gate``, ``output``, ``transport``, ``context``, …"""
    overlap: int | None
    """The overlap, counted from 0 in the order of the call's turns; ``None``: the whole call, or
    a place where nobody was talked over."""
    at_s: float | None
    """The place to listen to, in seconds since the call's start; ``None``: all of the call."""
    evidence: tuple[str, ...]
    """Stamps and audio in numbers, one line each."""
    ruled_out: tuple[str, ...]
    """The other explanations, each with what speaks against it."""
    turn: str
    """The knob or the code to change."""
    sure: Sure
    needs: str | None = None
    """The instrument that would decide; ``None``: none is missing."""

    def to_json(self) -> dict[str, Any]:
        """Return it as ``livekit-barge diagnose --json`` writes it."""
        return dataclasses.asdict(self)
