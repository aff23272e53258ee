"""Packet loss: audio that is missing inside a sound, as samples that are exactly zero.

A run of 5 ms to 0.5 s beside a loud sound, on a channel that carries a background otherwise.
Where a channel is digitally silent by itself, as an agent's is, a gap may be a pause or a closure
of its voice. Loss that a decoder concealed keeps sounding: it makes no gap.
"""

from __future__ import annotations

from collections import deque

from livekit_barge.hearing.channel import FRAME_S, Channel
from livekit_barge.hearing.edges import runs
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.block import STEP_FRAMES, Block
from livekit_barge.hearing.sounds.sound import Sound

_LEAST, _MOST = round(0.005 / FRAME_S), round(0.5 / FRAME_S)
MOST_S = _MOST * FRAME_S
# −45 dBFS up to the gap or from it on: what else is missing takes no speech away.
_LOUD, _EDGE = 10 ** (-45 / 10), 3
ZERO = 1e-12
# One frame in ten of the last ten seconds: the channel is digitally silent by itself.
_DIGITAL, _DIGITAL_STEPS = 0.1, 20


class Loss:
    """Finds one channel's gaps."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._zeros: deque[float] = deque([0.0], maxlen=_DIGITAL_STEPS)
        """The share of zero frames in each step."""
        self._looked = 0
        """Gaps that end before this frame have been reported."""

    def hear(self, block: Block) -> list[Sound]:
        """The gaps whose other side has come."""
        channel, found = self._channel, list[Sound]()
        empty = (block.powers <= ZERO).reshape(-1, STEP_FRAMES).mean(axis=1).tolist()
        for step, share in enumerate(empty):
            here = (share or self._zeros[-1]) and not self._is_digital()
            self._zeros.append(share)
            if here:
                end = block.first + (step + 1) * STEP_FRAMES
                powers = channel.powers(max(end - STEP_FRAMES - _MOST - 2 * _EDGE, 0), end)
                for gap in gaps(powers):
                    first, last = (end - powers.size + frame for frame in gap)
                    if last > self._looked:
                        self._looked = last
                        start_s, end_s = channel.seconds(first), channel.seconds(last)
                        found.append(Sound("packet_loss", start_s, end_s))
        return found

    def _is_digital(self) -> bool:
        """Return whether the channel has recently been silent by itself."""
        return sum(self._zeros) / len(self._zeros) > _DIGITAL


def gaps(powers: Powers) -> list[tuple[int, int]]:
    """Runs of missing frames in a stretch of them: begin and end."""
    return [
        (begin, end)
        for begin, end in runs(powers <= ZERO)
        if _LEAST <= end - begin <= _MOST
        and begin >= _EDGE
        and end + _EDGE <= powers.size
        and max(powers[begin - _EDGE : begin].max(), powers[end : end + _EDGE].max()) >= _LOUD
    ]
