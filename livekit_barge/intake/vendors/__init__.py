"""The systems whose recordings we know: one module each, holding its ``VENDOR``.

To add one, write its module and add its row to :data:`VENDORS`.
"""

from __future__ import annotations

from livekit_barge.intake.vendors import (
    bland,
    freeswitch,
    livekit,
    pipecat_buffer,
    retell,
    twilio,
    vapi,
)
from livekit_barge.intake.vendors.vendor import Vendor

VENDORS: tuple[Vendor, ...] = (
    livekit.VENDOR,
    pipecat_buffer.VENDOR,
    retell.VENDOR,
    vapi.VENDOR,
    twilio.VENDOR,
    bland.VENDOR,
    freeswitch.VENDOR,
)
"""Every vendor. A JSON belongs to the first one that recognizes it."""
