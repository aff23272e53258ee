"""Bland's call object. Its recordings are mono, so no more than the call's name is of use."""

from __future__ import annotations

from livekit_barge.intake.vendor_call import Fields, VendorCall, call_id, iso_wall_s


def is_meant(fields: Fields) -> bool:
    """Whether this is a call of Bland's."""
    return "transcripts" in fields and "call_id" in fields


def read(fields: Fields) -> VendorCall:
    """Read the call. Raises ``ValueError`` or ``TypeError`` where its id or date is none."""
    return VendorCall("bland", call_id(fields["call_id"]), iso_wall_s(fields.get("started_at")))
