"""Bland: mono recordings, and a call object of which only the call's name and date are of use."""

from __future__ import annotations

from livekit_barge.intake.vendor_call import Fields, VendorCall, call_id, iso_wall_s
from livekit_barge.intake.vendors.vendor import CallJson, Source, Vendor


def is_meant(fields: Fields) -> bool:
    """Return whether this is one of Bland's calls."""
    return "transcripts" in fields and "call_id" in fields


def read(fields: Fields) -> VendorCall:
    """Read the call. Raises ``ValueError`` or ``TypeError`` for an invalid id or date."""
    return VendorCall("bland", call_id(fields["call_id"]), iso_wall_s(fields.get("started_at")))


VENDOR = Vendor(
    sources=(Source("bland", None, "one mono file for both parties", mono_by_nature=True),),
    call_json=CallJson(is_meant, read),
)
