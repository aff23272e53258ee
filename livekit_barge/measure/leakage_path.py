"""The way from one channel to the other: its response is learnt, and what came by it taken away.

The response is fitted by least squares, in blocks of 0.36 s: the correlation of what is left over
with the other channel, through the inverse of that channel's autocorrelation, is a direction; how
far to go in it is the exact minimum. Frames louder than the leakage can be (somebody speaks) weigh
as much less, and a fit that is good is moved only as far as what is left over says.

What remains of the leakage is measured. A frame that is no louder than that may hold nobody: that
is its *cover*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.measure.channel import FRAME_S
from livekit_barge.measure.levels import Powers, in_db, smooth, to_db

Spectra = npt.NDArray[np.complex64]

# In frames: the response, 0.12 s of a room; a block, as long as makes its spectrum cost least; and
# a piece of 2.16 s, enough speech for a fit.
TAPS, BLOCK, BLOCKS = 48, 144, 6
PIECE = BLOCK * BLOCKS
# The response begins so long before the lag at which the channels are most alike.
BEFORE_S = 0.008
# Further off from there, clocks have drifted, and the response is counted from elsewhere.
_DRIFTED_S = 0.004
# Beyond the response a room fades by 60 dB in half a second.
_FADE_DB = 60 * FRAME_S / 0.5
# What one frame in twenty of leakage alone exceeds, and 4 dB more: 999 in 1000 do not exceed that.
_EXCEEDED, _MORE = 0.95, 10 ** (4 / 10)
# A frame speaks for the path if it is no louder than four times what is expected; frames 15 dB over
# what is typical, which is the quantile of the quiet third, are no leakage.
_ROOM, _TYPICAL, _NO_LEAKAGE = 4.0, 0.3, 10 ** (15 / 10)
# Leakage under the channel's own floor does not matter.
_LEAST_POWER = 10 ** (-80 / 10)
_FRAMES_LEAST = 80
# A path that is new, or no longer fits, takes four steps; one that fits takes one.
_FITS, _FITS_WELL, _WELL = 4, 1, 0.2
_LEFT_LEAST = 0.01
# … unless the first brings less than this: then nothing leaks.
_HOPE_DB = 1.0
_ITERATIONS = 8
_NOTHING = 1e-12
# Of ten seconds at most nineteen parts in twenty are speech.
_QUIETEST = 0.05


@dataclass(frozen=True)
class Heard:
    """A piece of a channel, and the other one as it comes by the path."""

    spectra: Spectra
    """Of the other channel, block by block, each with as much before it as the response is long."""
    other: Powers
    """Its power in each frame, as late as the path says."""
    samples: Float32
    own: Powers
    """The channel's power in each frame."""
    floor: float
    """The channel's own background."""


@dataclass(frozen=True)
class Cleaned:
    """A piece without what came by the path."""

    samples: Float32
    left: Powers
    """The power of what is left in each frame."""
    cover: Powers
    """What is left of the leakage may have this power in each frame; 0.0 where there is none."""
    came: float
    """Energy that came by the path, and …"""
    sent: float
    """… of the other channel where it came from; both in frames."""


class Path:
    """From one channel to the other, ``lag_s`` later."""

    def __init__(self, rate: int, lag_s: float) -> None:
        self._rate = rate
        self._frame = round(rate * FRAME_S)
        self._taps = TAPS * self._frame
        self._size = self._taps + BLOCK * self._frame
        self._before = round(BEFORE_S * rate)
        self._shift = round(lag_s * rate) - self._before
        self._response = np.zeros(self._taps)
        self._spectrum: Spectra = np.zeros(self._size // 2 + 1, dtype=np.complex64)
        self._left = 1.0
        """Of what comes, the share that is typically left over."""
        self._cover = 1.0
        """Of what comes, the share that is hardly ever exceeded by what is left over."""
        self._tail_db = -100.0
        """How loud what came still is at the end of the last piece."""

    @property
    def delay_s(self) -> float:
        """Of the loudest arrival."""
        return (self._shift + int(np.argmax(np.abs(self._response)))) / self._rate

    @property
    def left_db(self) -> float:
        """Of what comes, what is hardly ever exceeded by what is left over."""
        return in_db(self._cover)

    @property
    def known(self) -> bool:
        """Whether anything was learnt."""
        return bool(self._response.any())

    def hear(self, channel: Float32, other: Float32, begin: int) -> Heard:
        """The piece that begins at that sample of both channels, which reach far enough."""
        length = PIECE * self._frame
        at = begin - self._shift - self._taps
        heard = np.ascontiguousarray(other[at : at + self._taps + length])
        step = (self._size - self._taps) * heard.itemsize
        strides = step, heard.itemsize
        blocks = np.ndarray((BLOCKS, self._size), heard.dtype, heard, strides=strides)
        late = heard[self._taps - self._before :][:length]
        samples = channel[begin : begin + length]
        own, powers = self._powers(samples), self._powers(late)
        floor = max(background(channel, self._frame), _LEAST_POWER)
        spectra = np.fft.rfft(blocks).astype(np.complex64)
        return Heard(spectra, powers, samples, own, floor)

    def learn(self, heard: Heard) -> float:
        """Fit the response to a piece; the gain in dB, as :meth:`gain_db`."""
        before = self._response, self._spectrum, self.gain_db(heard)
        if before[2] < 0:
            return before[2]  # nothing leaks here: there is nothing to learn
        for _ in range(_FITS_WELL if self.known and self._left < _WELL else _FITS):
            error = heard.samples - self._came(heard.spectra)
            expected, share = self._expected(heard)
            hot = expected > heard.floor
            if np.count_nonzero(hot) < _FRAMES_LEAST:
                break
            most = _ROOM * (share * expected + heard.floor)
            left = np.maximum(self._powers(error), _NOTHING)
            first = not self.known
            self._step(heard, error, np.where(hot, np.minimum(most / left, 1.0), 0.0), expected)
            if first and self.gain_db(heard) < _HOPE_DB:
                break
        gain_db = self.gain_db(heard)
        if gain_db < before[2]:
            self._response, self._spectrum, gain_db = before
        return gain_db

    def gain_db(self, heard: Heard) -> float:
        """By how much frames are quieter without what came, in the mean over those with leakage."""
        if not self.known:
            return 0.0
        came = self._came(heard.spectra)
        hot = self._powers(came) > heard.floor
        if np.count_nonzero(hot) < _FRAMES_LEAST:
            return 0.0
        left = self._powers(heard.samples - came)
        return float(np.mean(to_db(heard.own)[hot] - to_db(left)[hot]))

    def level(self, heard: Heard) -> float:
        """What comes, as a share of what was sent."""
        came = self._powers(self._came(heard.spectra))
        return float(came.sum() / max(heard.other.sum(), _NOTHING))

    def clean(self, heard: Heard) -> Cleaned:
        """Take away what came, block by block where that makes it quieter."""
        came = self._came(heard.spectra)
        samples = heard.samples - came
        comes, left = self._powers(came), self._powers(samples)
        faded = self._faded(comes)
        self._judge(left, faded, heard.floor)
        cover = _MORE * self._cover * faded
        cover[cover < heard.floor] = 0.0
        hot = comes > heard.floor
        worse_db = np.where(hot, to_db(left) - to_db(heard.own), 0.0).reshape(BLOCKS, BLOCK)
        for block in np.flatnonzero(worse_db.sum(axis=1) > 0).tolist():
            frames = slice(block * BLOCK, (block + 1) * BLOCK)
            whole = slice(frames.start * self._frame, frames.stop * self._frame)
            samples[whole] = heard.samples[whole]
            left[frames] = heard.own[frames]
            hot[frames] = False
        return Cleaned(samples, left, cover, float(comes[hot].sum()), float(heard.other[hot].sum()))

    def follow(self) -> None:
        """Count the response from where the loudest arrival has drifted to."""
        off = int(np.argmax(np.abs(self._response))) - self._before
        if abs(off) > _DRIFTED_S * self._rate:
            self._shift += off
            self._response = np.roll(self._response, -off)
            self._response[slice(-off, None) if off > 0 else slice(0, -off)] = 0.0
            self._spectrum = np.fft.rfft(self._response, self._size).astype(np.complex64)

    def _expected(self, heard: Heard) -> tuple[Powers, float]:
        """What may come in each frame, and what share of it the fit may leave."""
        if self.known:
            return self._powers(self._came(heard.spectra)), self._left
        active = heard.other > max(1e-6, 0.01 * float(heard.other.max()))
        if not active.any():
            return np.zeros_like(heard.other), 1.0
        # Where nobody else speaks, which is in more than a quarter of what the other one says.
        level = float(np.quantile(heard.own[active] / heard.other[active], 0.25))
        return 2 * level * heard.other, 1.0

    def _step(self, heard: Heard, error: Float32, weights: Powers, expected: Powers) -> None:
        """Move the response to where weighted frames leave least, in one direction."""
        spectra, frame = heard.spectra, self._frame
        heavy = np.repeat(weights.astype(np.float32), frame)
        padded = np.zeros((BLOCKS, self._size), dtype=np.float32)
        padded[:, self._taps :] = (error * heavy).reshape(BLOCKS, -1)
        cross = np.einsum("bf,bf->f", np.fft.rfft(padded), np.conj(spectra))
        loud = expected.reshape(BLOCKS, BLOCK) + _NOTHING
        shares = (weights.reshape(BLOCKS, BLOCK) * loud).sum(axis=1) / loud.sum(axis=1)
        power = np.einsum("bf,b->f", np.square(np.abs(spectra)), shares)
        toward = np.fft.irfft(cross, self._size)[: self._taps].astype(np.float64)
        auto = np.fft.irfft(power, self._size)[: self._taps].astype(np.float64)
        auto *= 1 - self._taps / self._size  # each block's beginning was counted twice
        if auto[0] <= 0:
            return
        stiff = self._stiffness(error, heavy, weights, expected, float(auto[0]))
        step = solved(auto, toward, stiff)
        moved = self._through(spectra, np.fft.rfft(step, self._size))
        far = float((moved * heavy) @ error) / (float((moved * heavy) @ moved) + 1e-20)
        self._response = self._response + far * step
        self._spectrum = np.fft.rfft(self._response, self._size).astype(np.complex64)

    def _stiffness(
        self, error: Float32, heavy: Float32, weights: Powers, expected: Powers, auto: float
    ) -> float:
        """Noise over the spread of a response's taps: as in a Kalman filter."""
        count = float(heavy.sum()) + _NOTHING
        noise = float((error * heavy) @ error) / count
        level = float(expected @ weights) / (float(weights.sum()) + _NOTHING) * count / auto
        size = max(float(self._response @ self._response), level, _NOTHING)
        # An eighth of the taps hold nearly all of a room's response.
        spread = size / (self._taps / 8) * (max(self._left, _LEFT_LEAST) if self.known else 1.0)
        return noise / spread + 1e-6 * auto

    def _judge(self, left: Powers, faded: Powers, floor: float) -> None:
        """How much is left over where leakage alone is heard."""
        fair = faded > _ROOM * floor
        if np.count_nonzero(fair) < _FRAMES_LEAST:
            return
        ratios = left[fair] / faded[fair]
        typical = float(np.quantile(ratios, _TYPICAL))
        self._left = min(max(2 * typical, _LEFT_LEAST), 1.0)
        alone = ratios[ratios < 2 * _NO_LEAKAGE * typical]
        cover = min(float(np.quantile(alone, _EXCEEDED)), 1.0)
        # A piece with little in it says little: what was once left over may be again.
        self._cover = max(cover, 0.7 * self._cover)

    def _faded(self, comes: Powers) -> Powers:
        """What comes, and what it leaves in the room."""
        fall = _FADE_DB * np.arange(comes.size)
        level = np.maximum(to_db(comes), self._tail_db - _FADE_DB - fall)
        level = np.maximum.accumulate(level + fall) - fall
        self._tail_db = float(level[-1])
        return np.asarray(10 ** (level / 10))

    def _came(self, spectra: Spectra) -> Float32:
        return self._through(spectra, self._spectrum)

    def _through(self, spectra: Spectra, spectrum: npt.NDArray[np.complexfloating]) -> Float32:
        came = np.fft.irfft(spectra * spectrum.astype(np.complex64), self._size)
        return np.asarray(came[:, self._taps :].reshape(-1), dtype=np.float32)

    def _powers(self, samples: Float32) -> Powers:
        return frame_powers(samples, self._frame)


def background(samples: Float32, frame: int) -> float:
    """The power of what is heard while nobody speaks; of digital silence, none."""
    powers = frame_powers(samples[: len(samples) // frame * frame], frame)
    sounds = powers[powers > 1e-10]
    return float(np.quantile(sounds, _QUIETEST)) if sounds.size else 0.0


def frame_powers(samples: Float32, frame: int) -> Powers:
    """Of the 10 ms around each frame."""
    frames = samples.reshape(-1, frame)
    return smooth(np.einsum("ij,ij->i", frames, frames).astype(np.float64) / frame)


def solved(auto: Powers, toward: Powers, stiff: float) -> Powers:
    """x of (T + ``stiff``) x = ``toward``, T the symmetric Toeplitz matrix of ``auto``.

    By conjugate gradients, preconditioned by the circulant matrix nearest to T (T. Chan, 1988).
    """
    size = len(toward)
    back = np.concatenate([[0.0], auto[:0:-1]])
    spectrum = np.fft.rfft(np.concatenate([auto, back])).real
    along = np.arange(size)
    circulant = ((size - along) * auto + along * back) / size
    inverse = 1 / (np.maximum(np.fft.rfft(circulant).real, 0.0) + stiff)
    found, rest = np.zeros(size), toward.copy()
    near = np.fft.irfft(np.fft.rfft(rest) * inverse, size)
    way, fit = near, float(rest @ near)
    for _ in range(_ITERATIONS):
        there = np.fft.irfft(np.fft.rfft(way, 2 * size) * spectrum, 2 * size)[:size] + stiff * way
        steep = float(way @ there)
        if steep <= 0 or fit <= 0:
            break
        found = found + fit / steep * way
        rest = rest - fit / steep * there
        near = np.fft.irfft(np.fft.rfft(rest) * inverse, size)
        further = float(rest @ near)
        way, fit = near + further / fit * way, further
    return np.asarray(found)
