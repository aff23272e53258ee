"""Twilio's recordings and recording resource (twilio 9.13: ``RecordingInstance``).

The resource has no transcript. Its ``call_sid`` is the parent leg's, whichever leg the caller is
on; ``source`` says whether Twilio placed the call itself, and then the parent leg is not the
caller's.
"""

from __future__ import annotations

from livekit_barge.intake.vendor_call import Fields, VendorCall, call_id, wall_s
from livekit_barge.intake.vendors.vendor import CallJson, Source, Vendor

_SOURCES = {
    "OutboundAPI": "twilio-outbound",
    "Conference": "twilio-conference",
    "StartConferenceRecordingAPI": "twilio-conference",
}


def is_meant(fields: Fields) -> bool:
    """Return whether this is one of Twilio's recordings."""
    return "call_sid" in fields or {"account_sid", "sid", "media_url"} <= fields.keys()


def read(fields: Fields) -> VendorCall:
    """Read the resource. Raises ``ValueError`` or ``TypeError`` for an invalid id or date."""
    source = _SOURCES.get(str(fields.get("source")), "twilio")
    if fields.get("conference_sid"):
        source = "twilio-conference"
    began = fields.get("start_time") or fields.get("date_created")
    return VendorCall(source, call_id(fields.get("call_sid")), _wall_s(began))


def _wall_s(moment: str | None) -> float | None:
    from email.utils import parsedate_to_datetime  # takes 10 ms, and few recordings need it

    return None if moment is None else wall_s(parsedate_to_datetime(moment))


VENDOR = Vendor(
    sources=(
        Source("twilio", 0, "RequestedChannels=2: channel 0 the parent leg, the caller on inbound"),
        Source("twilio-outbound", None, "channel 0 the parent leg, which is not the callee's"),
        Source("twilio-conference", None, "channel 0 the first participant, channel 1 all others"),
    ),
    call_json=CallJson(is_meant, read),
)
