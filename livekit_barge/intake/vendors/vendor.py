"""``Vendor``: a system that makes recordings, with its channel maps and the reader of its JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livekit_barge.intake.vendor_call import Fields, VendorCall


@dataclass(frozen=True)
class Source:
    """One way in which a system records a call.

    The map is ``None`` where the vendor leaves the order undocumented, or where it depends on the
    direction of the call: it is then guessed from the audio, reported as a guess, and not scored
    until ``--caller-channel`` confirms it.
    """

    name: str
    """The name that ``--source`` takes."""
    caller_channel: int | None
    """The caller's channel, 0 or 1, where it is always the same one."""
    note: str
    """The origin of the map, or what to watch for."""
    alignment_s: float | None = None
    """The most by which the recorder may place the channels apart; ``None``: undocumented."""
    mono_by_nature: bool = False
    """The system cannot record each party on a channel of its own."""


@dataclass(frozen=True)
class CallJson:
    """The reader of a vendor's JSON about one call.

    The SDK's response models are the authority: a field that may be absent there may be absent
    here.
    """

    is_meant: Callable[[Fields], bool]
    """Return whether a JSON object is this vendor's."""
    read: Callable[[Fields], VendorCall]
    """Read such an object. Raises ``ValueError``, ``TypeError`` or ``KeyError`` if it is damaged;
    the caller turns these into an :class:`~livekit_barge.errors.IntakeError`."""


@dataclass(frozen=True)
class Vendor:
    """A system that makes recordings."""

    sources: tuple[Source, ...]
    """The ways in which it records, the usual one first."""
    call_json: CallJson | None = None
    """``None``: it gives no JSON that helps, so ``--source`` alone names the map."""
