"""A piece of a channel and what was sent on the other: powers, spectra, what a response made of it.

All of it is worked out once, when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.edges import Marks
from livekit_barge.hearing.levels import Powers, quantiles, smooth, to_db

Spectra = npt.NDArray[np.complex64]

# In frames: the response, 0.12 s of a room; a block, as long as makes its spectrum cost least; and
# a piece of 2.16 s, enough speech for a fit.
TAPS, BLOCK, BLOCKS = 48, 144, 6
PIECE = BLOCK * BLOCKS
# As much as a background's quietest part, four times over, is no background.
_STANDS_OUT = 4.0
# Of ten seconds at most nineteen parts in twenty are speech.
_QUIETEST = 0.05


@dataclass(eq=False)
class HeardPiece:
    """A piece of a channel, and the other one as it comes by the path."""

    shift: int
    """The delay of the response's beginning, in samples."""
    sent: Float32
    """The other channel, with as much before the piece as the response is long."""
    frame: int
    other: Powers
    """Its power in each frame, as late as the path says."""
    samples: Float32
    own: Powers
    """The channel's power in each frame."""
    floor: float
    """The channel's own background, as far as that is known."""
    other_floor: float = 0.0
    """The other channel's."""
    arrived: PredictedLeakage | None = None
    """The result of the response that was tried last."""

    @cached_property
    def own_db(self) -> Powers:
        return to_db(self.own)

    @property
    def sounding(self) -> Marks:
        """The frames in which what the other channel says may come, if it leaks.

        There the other channel stands out of its own background, or has done so within the length
        of the response. A hum on both channels is alike in all frames; speech leaks only here.
        """
        loud = np.zeros(TAPS - 1 + self.other.size, dtype=np.intp)
        loud[TAPS - 1 :] = self.other > _STANDS_OUT * self.other_floor
        sums = np.concatenate([[0], loud.cumsum()])
        return np.asarray(sums[TAPS:] > sums[:-TAPS])

    @cached_property
    def spectra(self) -> Spectra:
        """The spectra of the sent audio, block by block, each with as much audio before it."""
        step = BLOCK * self.frame * self.sent.itemsize
        shape = BLOCKS, (TAPS + BLOCK) * self.frame
        blocks = np.ndarray(shape, np.float32, self.sent, strides=(step, self.sent.itemsize))
        return np.fft.rfft(blocks).astype(np.complex64, copy=False)

    @cached_property
    def entering(self) -> Powers:
        """The power in each frame of what was sent, later by the response's length."""
        return smooth(frame_powers(self.sent[: PIECE * self.frame], self.frame))


@dataclass(frozen=True)
class PredictedLeakage:
    """The result of applying a response to a piece."""

    response: Powers
    came: Float32
    rest: Float32
    """The heard audio with the leakage subtracted."""
    comes: Powers
    left: Powers
    """The power of what came and of the rest in each frame."""

    @cached_property
    def left_db(self) -> Powers:
        return to_db(self.left)


def background(powers: Powers) -> float:
    """The power of what is heard while nobody speaks; of digital silence, none."""
    powers = smooth(powers)
    sounds = powers[powers > 1e-10]
    return float(quantiles(sounds, _QUIETEST)[0]) if sounds.size else 0.0


def frame_powers(samples: Float32, frame: int) -> Powers:
    """Return the power of each frame."""
    frames = samples.reshape(-1, frame)
    return np.asarray(np.einsum("ij,ij->i", frames, frames).astype(np.float64) / frame)
