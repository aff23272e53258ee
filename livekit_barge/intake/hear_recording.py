"""Hears a recording's two channels, before it is known who is on which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.hearing.sounds.sound import Sound
from livekit_barge.hearing.two_channels import TwoChannels
from livekit_barge.measure.dead_channel import LastSound
from livekit_barge.measure.scorecard import Caveat, Channels

Bursts = tuple[list[Burst], list[Burst]]
Sounds = tuple[list[Sound], list[Sound]]
SIDES = ("caller", "agent")

# Nobody waits for a recording's first burst. A minute holds a dozen stretches to be heard at once.
_PATIENCE_S = 60.0


class Audio(Protocol):
    """Two channels, block by block."""

    @property
    def sample_rate(self) -> int: ...

    def blocks(self) -> Iterator[Float32]: ...


@dataclass(frozen=True)
class Heard:
    """The speech and sounds on two channels, before it is known who is on which."""

    bursts: Bursts
    sounds: Sounds
    leakages: tuple[Leakage, ...]
    duration_s: float
    last_sound_s: tuple[float, float]
    """The end of each channel's last sample that is not digital silence."""

    def of(self, channels: Channels) -> tuple[Bursts, Sounds]:
        """The caller's, then the agent's."""
        first, second = channels.caller, channels.agent
        return (self.bursts[first], self.bursts[second]), (self.sounds[first], self.sounds[second])


def hear(audio: Audio, *, clean: bool = True) -> Heard:
    """Each channel's bursts, its sounds that are no speech, and what leaks into the other.

    A Call folder is heard as its live measurement heard it: that looks ahead by less than it takes
    to learn what leaks.
    """
    finder = TwoChannels(audio.sample_rate, patience_s=_PATIENCE_S, clean=clean)
    bursts: Bursts = ([], [])
    samples, last_sound = 0, LastSound(audio.sample_rate)
    for block in audio.blocks():
        samples += block.shape[1]
        last_sound.add(block)
        for found, more in zip(bursts, finder.push(block), strict=True):
            found += more
    for found, more in zip(bursts, finder.finish(), strict=True):
        found += more
    sounds = finder.finders[0].sounds, finder.finders[1].sounds
    duration_s = samples / audio.sample_rate
    return Heard(bursts, sounds, finder.leakages, duration_s, last_sound.ends_s)


def of_bursts(bursts: Bursts) -> Iterator[Caveat]:
    """Yield warnings about each side's bursts."""
    for side, found in zip(SIDES, bursts, strict=True):
        quiet = sum("quiet" in burst.flags for burst in found)
        if quiet:
            yield Caveat(
                "quiet",
                f"{quiet} of the {side}'s {len(found)} bursts are far below their level: "
                "an echo, or someone else",
                "listen to them",
            )
        if not found:
            yield Caveat("no_speech", f"no speech of the {side}'s", "check the channel")
