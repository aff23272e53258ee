"""Vapi's recordings, call object and end-of-call report (vapi_server_sdk 3.0).

A message's ``time`` and ``endTime`` are milliseconds since 1970, so their difference is
its length. ``duration`` is documented in seconds, but served calls hold milliseconds there: it is
used only if the others are missing, and a value over 100 is taken for milliseconds.
"""

from __future__ import annotations

from typing import Literal

from livekit_barge.intake.vendor_call import (
    Fields,
    TimedWords,
    VendorCall,
    call_id,
    iso_wall_s,
    items,
    number,
    text,
    unread,
)
from livekit_barge.intake.vendors.vendor import CallJson, Source, Vendor

_ROLES: dict[str, Literal["caller", "agent"]] = {
    "user": "caller",
    "bot": "agent",
    "assistant": "agent",
}
# No spoken message lasts more seconds than this, or fewer milliseconds.
_MOST_S = 100.0
# The year 1973 in milliseconds since 1970; less must be another unit.
_EARLIEST_MS = 1e11


def is_meant(fields: Fields) -> bool:
    """Return whether this is one of Vapi's calls, or its report of one."""
    keys = fields.keys()
    return "artifact" in keys or {"assistantId", "id"} <= keys or {"orgId", "id"} <= keys


def read(fields: Fields) -> VendorCall:
    """Read the call. Raises ``ValueError`` or ``TypeError`` for an invalid id or date."""
    inner = fields.get("call") or fields
    began = fields.get("startedAt") or inner.get("startedAt") or inner.get("createdAt")
    artifact = fields.get("artifact") or inner.get("artifact") or {}
    messages = items(artifact.get("messages") or fields.get("messages") or inner.get("messages"))
    said, odd, spoken = [], 0, 0
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            odd, spoken = odd + 1, spoken + 1
        elif _is_spoken(message):
            spoken += 1
            if (one := _said(message)) is None:
                odd += 1
            else:
                said.append(one)
    began_s = iso_wall_s(began)
    return VendorCall("vapi", call_id(inner.get("id")), began_s, tuple(said), unread(odd, spoken))


def _is_spoken(message: Fields) -> bool:
    """Return whether someone spoke it; a text message relayed into the call was not spoken."""
    metadata = message.get("metadata")
    relayed = isinstance(metadata, dict) and metadata.get("type") is not None
    return message["role"] in _ROLES and not relayed


def _said(message: Fields) -> TimedWords | None:
    begin_s, words = number(message.get("secondsFromStart")), text(message.get("message"))
    if begin_s is None or words is None:
        return None
    return TimedWords(_ROLES[message["role"]], begin_s, begin_s + _length_s(message), words)


def _length_s(message: Fields) -> float:
    begin_ms, end_ms = number(message.get("time")), number(message.get("endTime"))
    if begin_ms is not None and end_ms is not None and begin_ms > _EARLIEST_MS:
        return max(end_ms - begin_ms, 0.0) / 1000
    length = max(number(message.get("duration")) or 0.0, 0.0)
    return length / 1000 if length > _MOST_S else length


VENDOR = Vendor(
    sources=(
        Source("vapi", 0, "artifact.recording.stereoUrl: left the customer, right the assistant"),
    ),
    call_json=CallJson(is_meant, read),
)
