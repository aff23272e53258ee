"""The input of the finders of named sounds: steps of 0.5 s of a channel, with their levels.

Levels of all steps are worked out at once, and the sound itself is looked at only where they ask
for it. So what is found does not depend on how many steps come at once, but what it costs does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import FRAME_S, Channel
from livekit_barge.hearing.levels import Powers, to_db

STEP_FRAMES = round(0.5 / FRAME_S)
"""A step, as ``hearing.speech_finder.SpeechFinder`` takes them: 0.5 s, so that what one costs
besides its samples is small."""
# Levels of 10 ms and of 50 ms, in frames.
SHORT, LONG = round(0.01 / FRAME_S), round(0.05 / FRAME_S)
PER_STEP = STEP_FRAMES // LONG
"""Levels of 50 ms."""
# Pitches and telephone tones lie below 4 kHz.
_LEAST_RATE = 8_000


@dataclass(frozen=True)
class Block:
    """Whole steps; the call's end is made one with silence."""

    frames: int
    """The number of frames without that silence."""

    first: int
    """The first frame, counted from the start of the call."""
    frame_s: float
    samples: Float32
    powers: Powers
    """The power of each frame."""
    short_db: Powers
    long_db: Powers

    @classmethod
    def of(cls, channel: Channel, samples: Float32) -> Block:
        """The samples that the channel was given last."""
        count = -(-len(samples) // channel.frame)
        first = channel.frames - count
        powers = channel.powers(first, channel.frames)
        if short := -count % STEP_FRAMES:
            powers = np.pad(powers, (0, short))
        # The last frame may be short where no frame is missing.
        if missing := powers.size * channel.frame - len(samples):
            samples = np.pad(samples, (0, missing))
        shorts = powers.reshape(-1, SHORT) @ np.full(SHORT, 1 / SHORT)
        longs = shorts.reshape(-1, LONG // SHORT) @ np.full(LONG // SHORT, SHORT / LONG)
        return cls(
            count, first, channel.frame / channel.rate, samples, powers, to_db(shorts), to_db(longs)
        )

    @property
    def steps(self) -> int:
        return self.powers.size // STEP_FRAMES

    def at_s(self, frame: float) -> float:
        """Return when a frame of this block begins, in seconds since the call's start."""
        return (self.first + frame) * self.frame_s


def thinning(rate: int, frame: int) -> int:
    """Return how many samples to average into one: the most that keep 8 kHz and divide a frame."""
    return max(n for n in range(1, 7) if n == 1 or (frame % n == 0 and rate / n >= _LEAST_RATE))


def thinned(samples: Float32, by: int) -> Float32:
    """Means of ``by`` samples each."""
    if by == 1:
        return samples
    # Sums of every n-th sample: a product's last bit would depend on where in it a mean stands.
    sums = samples[::by] + samples[1::by]
    for n in range(2, by):
        sums += samples[n::by]
    sums *= np.float32(1 / by)
    return sums
