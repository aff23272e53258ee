"""The contents of ``call.json``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from livekit_barge.call import audio
from livekit_barge.call.fields import fault, parse, plain, to_json
from livekit_barge.call.formats import CALL_SCHEMA, CALL_SCHEMA_NAME
from livekit_barge.errors import CallError, SchemaTooNew
from livekit_barge.files.read_file import read_regular

# The rate of a room's audio in LiveKit Agents, for a call in which no side ever sent a frame.
DEFAULT_SAMPLE_RATE = 24_000

# The highest that FLAC can hold.
_HIGHEST_RATE = 655_350

CapturePoint = Literal["agent", "caller", "import"]

VIRTUAL_SOURCES = frozenset({"stage", "replay", "pipecat-stage"})
"""The sources of calls in which nobody spoke: in virtual time a date means nothing."""


@dataclass(frozen=True, kw_only=True)
class CallMeta:
    """The contents of ``call.json``."""

    call_id: str
    source: str
    """The recorder: ``livekit-agents``, ``stage``, ``room``, …"""
    capture_point: CapturePoint
    """Whose ears: what the agent's sink says it played, or what a participant heard."""
    started_wall_s: float
    """Seconds since the epoch at ``at_s`` = 0."""
    started_now_s: float
    """The same moment on the recording machine's monotonic clock."""
    schema: str = CALL_SCHEMA
    sample_rates: Mapping[str, int] = field(default_factory=dict)
    """Each side's rate as it was recorded, ``caller`` and ``agent``, once its audio began."""
    channels: Mapping[str, int] = field(
        default_factory=lambda: {"caller": audio.CALLER, "agent": audio.AGENT}
    )
    preset: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """The options last seen in force, as LiveKit resolved them, under LiveKit's names."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """The options asked for, knob by knob, and where each came from."""
    versions: Mapping[str, str] = field(default_factory=dict)
    room: str | None = None
    alignment_uncertainty_s: float | None = None
    """The largest shift between the two channels; ``None``: not known."""
    audio_recorded: bool = True
    duration_s: float | None = None
    """``None`` while the call runs, and where it broke off."""
    notes: tuple[str, ...] = ()

    @property
    def sample_rate(self) -> int:
        """The rate of ``audio.flac``: the higher one, where the sides differ."""
        return max(self.sample_rates.values(), default=DEFAULT_SAMPLE_RATE)

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(to_json(self), ensure_ascii=False, indent=2, default=plain)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises :class:`CallError` or :class:`SchemaTooNew`, naming the file."""
        try:
            fields = parse(read_regular(file))
        except OSError as error:
            raise CallError(
                f"cannot be read ({error.strerror})", where=file, remedy="point at a Call folder"
            ) from error
        except ValueError as error:
            raise CallError(
                f"not JSON ({error})", where=file, remedy="restore it from a copy"
            ) from error
        schema = fields.get("schema") if isinstance(fields, dict) else None
        if not isinstance(schema, str) or not schema.startswith(CALL_SCHEMA_NAME):
            raise CallError("not a call's description", where=file, remedy="point at a Call folder")
        if schema != CALL_SCHEMA:
            raise SchemaTooNew(
                f"written with schema {schema}, this version reads {CALL_SCHEMA}",
                where=file,
                remedy="upgrade livekit-barge",
            )
        known = {field.name for field in dataclasses.fields(cls)}
        fields = {name: value for name, value in fields.items() if name in known}
        if isinstance(fields.get("notes"), list):
            fields["notes"] = tuple(fields["notes"])
        if what := fault(cls, fields) or _out_of_range(fields):
            raise CallError(what, where=file, remedy="restore it from a copy")
        return cls(**fields)


def _out_of_range(fields: Mapping[str, Any]) -> str | None:
    """Describe a value that has the right type and that no recorder can have written."""
    rates = fields.get("sample_rates", {})
    if not all(1 <= rate <= _HIGHEST_RATE for rate in rates.values()):
        return f"bad sample_rates: {', '.join(map(str, rates.values()))}"
    if (fields.get("duration_s") or 0.0) < 0:
        return f"bad duration_s: {fields['duration_s']}"
    return None
