"""Pipecat's ``AudioBufferProcessor``."""

from __future__ import annotations

from livekit_barge.intake.vendors.vendor import Source, Vendor

VENDOR = Vendor(
    sources=(
        Source(
            "pipecat",
            0,
            "AudioBufferProcessor(num_channels=2): left the user, right the bot as it was written, "
            "which may be seconds ahead of what was heard",
        ),
    )
)
