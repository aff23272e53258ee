"""Who is on which channel, by the system that made the recording.

An explicit source gives its map. Where a vendor leaves the order undocumented, or it depends on
the direction of the call, the map is ``None``: it is guessed from the audio, said to be a guess,
and not scored until ``--caller-channel`` confirms it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from livekit_barge.errors import IntakeError
from livekit_barge.files.did_you_mean import nearest


@dataclass(frozen=True)
class Source:
    """What a system's recordings look like."""

    name: str
    caller_channel: int | None
    """The caller's channel where that is always the same one."""
    note: str
    """Where the map comes from, or what to watch for."""
    alignment_s: float | None = None
    """How far the recorder may place the two channels apart; ``None``: not documented."""
    mono_by_nature: bool = False
    """The system offers no recording with a party a channel."""


_SOURCES = (
    Source(
        "livekit-agents",
        0,
        "RecorderIO: left the caller by arrival, right the agent as the sink says it played",
        # RecorderIO anchors the caller anew only beyond 0.1 s.
        alignment_s=0.1,
    ),
    Source("livekit-egress", 1, "DUAL_CHANNEL_AGENT: left the agent, right everyone else"),
    Source(
        "livekit-egress-alternate",
        None,
        "DUAL_CHANNEL_ALTERNATE: channels alternate by track, so the order must be told",
    ),
    Source(
        "pipecat",
        0,
        "AudioBufferProcessor(num_channels=2): left the user, right the bot as it was written, "
        "which may be seconds ahead of what was heard",
    ),
    Source("vapi", 0, "artifact.recording.stereoUrl: left the customer, right the assistant"),
    Source("retell", None, "recording_multi_channel_url: a party a channel, order undocumented"),
    Source("bland", None, "one mono file for both parties", mono_by_nature=True),
    Source("twilio", 0, "RequestedChannels=2: channel 0 the parent leg, the caller on inbound"),
    Source("twilio-outbound", None, "channel 0 the parent leg, which is not the callee's"),
    Source("twilio-conference", None, "channel 0 the first participant, channel 1 all others"),
    Source("freeswitch", 0, "RECORD_STEREO: left the caller, right the callee"),
    Source("freeswitch-swap", 1, "RECORD_STEREO_SWAP: left the callee, right the caller"),
)

SOURCES: Mapping[str, Source] = MappingProxyType({source.name: source for source in _SOURCES})
"""Every known source, by the name that ``--source`` takes."""


def source_named(name: str) -> Source:
    """The source of that name. Raises :class:`IntakeError` with the nearest names."""
    if name in SOURCES:
        return SOURCES[name]
    raise IntakeError(
        f"no source is called {name}", where="--source", remedy=nearest(name, SOURCES)
    )
