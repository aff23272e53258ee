"""FreeSWITCH's stereo recordings."""

from __future__ import annotations

from livekit_barge.intake.vendors.vendor import Source, Vendor

VENDOR = Vendor(
    sources=(
        Source("freeswitch", 0, "RECORD_STEREO: left the caller, right the callee"),
        Source("freeswitch-swap", 1, "RECORD_STEREO_SWAP: left the callee, right the caller"),
    )
)
