"""LiveKit's own recordings: RecorderIO of livekit-agents, and Egress."""

from __future__ import annotations

from livekit_barge.intake.vendors.vendor import Source, Vendor

VENDOR = Vendor(
    sources=(
        Source(
            "livekit-agents",
            0,
            "RecorderIO: left the caller by arrival, right the agent as the sink reports it played",
            # RecorderIO anchors the caller anew only beyond 0.1 s.
            alignment_s=0.1,
        ),
        Source("livekit-egress", 1, "DUAL_CHANNEL_AGENT: left the agent, right everyone else"),
        Source(
            "livekit-egress-alternate",
            None,
            "DUAL_CHANNEL_ALTERNATE: channels alternate by track, so you must name the caller's",
        ),
    )
)
