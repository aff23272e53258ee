"""Twilio's recording resource (twilio 9.13: ``RecordingInstance``). It holds no transcript.

Its ``call_sid`` is the parent leg's, whichever leg the caller is on; ``source`` says whether Twilio
placed the call itself, in which case the parent leg is not the caller's.
"""

from __future__ import annotations

from livekit_barge.intake.vendor_call import Fields, VendorCall, call_id, wall_s

_SOURCES = {
    "OutboundAPI": "twilio-outbound",
    "Conference": "twilio-conference",
    "StartConferenceRecordingAPI": "twilio-conference",
}


def is_meant(fields: Fields) -> bool:
    """Whether this is a recording of Twilio's."""
    return "call_sid" in fields or {"account_sid", "sid", "media_url"} <= fields.keys()


def read(fields: Fields) -> VendorCall:
    """Read the resource. Raises ``ValueError`` or ``TypeError`` where its id or date is none."""
    source = _SOURCES.get(str(fields.get("source")), "twilio")
    if fields.get("conference_sid"):
        source = "twilio-conference"
    began = fields.get("start_time") or fields.get("date_created")
    return VendorCall(source, call_id(fields.get("call_sid")), _wall_s(began))


def _wall_s(moment: str | None) -> float | None:
    from email.utils import parsedate_to_datetime  # 10 ms, and few recordings have such a JSON

    return None if moment is None else wall_s(parsedate_to_datetime(moment))
