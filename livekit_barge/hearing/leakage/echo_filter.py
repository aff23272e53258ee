"""The way from one channel to the other: its response is learnt, and what came by it taken away.

The response is fitted by least squares, in blocks of 0.36 s: the correlation of what is left over
with the other channel, through the inverse of that channel's autocorrelation, is a direction; how
far to go in it is the exact minimum. Frames louder than the leakage can be (somebody speaks) weigh
as much less, and a fit that is good is moved only as far as what is left over says.

What remains of the leakage is measured (:mod:`~livekit_barge.hearing.leakage.residual`). A frame
that is no louder than that may hold nobody: that is its *cover*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.leakage.piece import (
    BLOCK,
    BLOCKS,
    PIECE,
    TAPS,
    HeardPiece,
    PredictedLeakage,
    Spectra,
    frame_powers,
)
from livekit_barge.hearing.leakage.residual import FLOOR_MOST, Residual
from livekit_barge.hearing.leakage.toeplitz import solved
from livekit_barge.hearing.levels import Powers, in_db, quantiles, smooth

# The response begins so long before the lag at which the channels are most alike.
BEFORE_S = 0.008
# Further off from there, clocks have drifted, and the response is counted from elsewhere; so far at
# once none drifts: that is a tap which too few frames brought, and the next piece takes back.
_DRIFTED_S, _LEAPT_S = 0.004, 0.02
# A frame speaks for the path if it is no louder than four times what is expected. What a fit leaves
# is the quantile of the quiet third: somebody speaks in less than two thirds of a piece.
_ROOM, _TYPICAL = 4.0, 0.3
# A way with less loss than 3 dB is a way back: what leaked is heard where it came from.
_LEVEL_MOST = 0.5
# Leakage under the channel's own floor does not matter.
_LEAST_POWER = 10 ** (-80 / 10)
_FRAMES_LEAST = 80
# A path that is new, or no longer fits, takes four steps; one that fits takes one.
_FITS, _FITS_WELL, _WELL = 4, 1, 0.2
# A fit is good enough while the median frame is left no louder than this over the best there was,
# or than 30 dB under what came.
_AS_GOOD, _GOOD = 1.2, 10 ** (-30 / 10)
_LEFT_LEAST = 0.01
# … unless the first brings less than this: then nothing leaks.
_HOPE_DB = 1.0
_NOTHING = 1e-12


@dataclass(frozen=True)
class Cleaned:
    """A piece without what came by the path."""

    samples: Float32
    left: Powers
    """The power of what is left in each frame."""
    cover: Powers
    """The power that the residual leakage may have in each frame; 0.0 where there is none."""
    came: float
    """Energy that came by the path, and …"""
    sent: float
    """… of the other channel where it came from; both in frames."""


class LeakagePath:
    """From one channel to the other, ``lag_s`` later."""

    def __init__(self, rate: float, lag_s: float) -> None:
        self._rate = rate
        self._frame = round(rate * FRAME_S)
        self._taps = TAPS * self._frame
        self._size = self._taps + BLOCK * self._frame
        self._before = round(BEFORE_S * rate)
        self._shift = round(lag_s * rate) - self._before
        self._response = np.zeros(self._taps)
        self._spectrum: Spectra = np.zeros(self._size // 2 + 1, dtype=np.complex64)
        self._share = self._best = 1.0
        """The share of the leakage that a fit leaves over: in the median, and at its best."""
        self._left = Residual(self._frame)
        self._faded: Powers | None = None
        """The response whose fading is known."""

    @property
    def delay_s(self) -> float:
        """The delay of the loudest arrival."""
        return (self._shift + int(np.argmax(np.abs(self._response)))) / self._rate

    @property
    def left_db(self) -> float:
        """The level, relative to the leakage, that its residual hardly ever exceeds."""
        return in_db(self._left.of_what_comes)

    @property
    def known(self) -> bool:
        """Return whether anything has been learnt."""
        return bool(self._response.any())

    def hear(
        self,
        channel: Float32,
        other: Float32,
        begin: int,
        floor: float,
        *,
        other_floor: float = 0.0,
        before: HeardPiece | None = None,
    ) -> HeardPiece:
        """The piece that begins at that sample of both channels, which reach far enough.

        ``floor``: the power of the channel's own background, ``other_floor`` of the other's;
        ``before``: the piece as it was heard when less of that was known.
        """
        floor = max(floor, _LEAST_POWER)
        if before is not None and before.shift == self._shift:
            before.floor, before.other_floor = floor, other_floor
            return before
        length = PIECE * self._frame
        at = begin - self._shift - self._taps
        sent = other[at : at + self._taps + length].copy()
        late = sent[self._taps - self._before :][:length]
        samples = channel[begin : begin + length].copy()
        own, powers = self._powers(samples), self._powers(late)
        return HeardPiece(self._shift, sent, self._frame, powers, samples, own, floor, other_floor)

    def learn(self, heard: HeardPiece) -> float:
        """Fit the response to a piece; the gain in dB, as :meth:`gain_db`."""
        before_db = self.gain_db(heard)
        if self._fits(heard):
            return before_db  # nothing is left to learn
        before = self._response, self._spectrum, heard.arrived
        anew = before_db < 0  # nothing leaks here, or it has drifted too far
        if anew:
            self._respond(np.zeros(self._taps))
        for _ in range(_FITS_WELL if self.known and self._share < _WELL else _FITS):
            first = not self.known
            if not self.moved(heard) or (first and self.gain_db(heard) < _HOPE_DB):
                break
        gain_db = self.gain_db(heard)
        worse = gain_db < (_HOPE_DB if anew else before_db)
        if worse or self.level(heard) > _LEVEL_MOST:
            self._response, self._spectrum, heard.arrived = before
            return before_db
        return gain_db

    def comes(self, heard: HeardPiece) -> bool:
        """Return whether enough leakage may come to learn from."""
        expected, _ = self._expected(heard)
        return int(np.count_nonzero((expected > heard.floor) & heard.sounding)) >= _FRAMES_LEAST

    def moved(self, heard: HeardPiece) -> bool:
        """Take one step of the fit, if enough may come to learn from."""
        expected, share = self._expected(heard)
        hot = (expected > heard.floor) & heard.sounding
        if np.count_nonzero(hot) < _FRAMES_LEAST:
            return False
        most = _ROOM * (share * expected + heard.floor)
        left = np.maximum(self._arrived_of(heard).left, _NOTHING)
        self._step(heard, np.where(hot, np.minimum(most / left, 1.0), 0.0), expected)
        return True

    def _fits(self, heard: HeardPiece) -> bool:
        """Return whether the response leaves as little of this piece as it did at its best."""
        if not self.known:
            return False
        arrived = self._arrived_of(heard)
        fair = arrived.comes > _ROOM * heard.floor
        if np.count_nonzero(fair) < _FRAMES_LEAST:
            return False
        left = np.maximum(arrived.left[fair] - FLOOR_MOST * heard.floor, 0)
        share = max(float(np.median(left / arrived.comes[fair])), _GOOD)
        best, self._best = self._best, min(1.05 * self._best, share)
        return best < _WELL and share <= _AS_GOOD * best

    def gain_db(self, heard: HeardPiece, frames_least: int = _FRAMES_LEAST) -> float:
        """Return the gain of subtraction in dB, as the mean over frames with leakage.

        It is 0.0 if those are fewer than ``frames_least``.
        """
        if not self.known:
            return 0.0
        arrived = self._arrived_of(heard)
        hot = (arrived.comes > heard.floor) & heard.sounding
        if np.count_nonzero(hot) < frames_least:
            return 0.0
        return float(np.mean(heard.own_db[hot] - arrived.left_db[hot]))

    def level(self, heard: HeardPiece) -> float:
        """Return the leakage as a share of what was sent."""
        return float(self._arrived_of(heard).comes.sum() / max(heard.other.sum(), _NOTHING))

    def clean(self, heard: HeardPiece) -> Cleaned:
        """Take away what came, block by block where that makes it quieter."""
        arrived = self._arrived_of(heard)
        comes, samples, left = arrived.comes, arrived.rest.copy(), arrived.left.copy()
        if (share := self._typical(heard)) is not None:
            self._share = max(share, _LEFT_LEAST)
        expected = self._left.expected(comes, heard.entering)
        most = self._left.most(comes)
        if self._best >= _WELL:
            most = np.full_like(comes, np.inf)  # more may have come
        self._left.count(left, expected, most, heard.other, heard.floor)
        cover = self._left.cover(expected, most, heard.floor)
        hot = comes > heard.floor
        worse_db = np.where(hot, arrived.left_db - heard.own_db, 0.0).reshape(BLOCKS, BLOCK)
        for block in np.flatnonzero(worse_db.sum(axis=1) > 0).tolist():
            frames = slice(block * BLOCK, (block + 1) * BLOCK)
            whole = slice(frames.start * self._frame, frames.stop * self._frame)
            samples[whole] = heard.samples[whole]
            left[frames] = heard.own[frames]
            hot[frames] = False
        return Cleaned(samples, left, cover, float(comes[hot].sum()), float(heard.other[hot].sum()))

    def silence(self) -> None:
        """Nothing came in the piece after the last."""
        self._left.silence()

    def follow(self) -> bool:
        """Count the response from where the loudest arrival has drifted to, if it has."""
        if self._faded is not self._response:
            self._left.fades(self._response)
            self._faded = self._response
        off = int(np.argmax(np.abs(self._response))) - self._before
        if not _DRIFTED_S * self._rate < abs(off) < _LEAPT_S * self._rate:
            return False
        self._shift += off
        response = np.roll(self._response, -off)
        response[slice(-off, None) if off > 0 else slice(0, -off)] = 0.0
        self._respond(response)
        return True

    def _expected(self, heard: HeardPiece) -> tuple[Powers, float]:
        """Return the power that may come in each frame, and what share the fit may leave."""
        if self.known:
            return self._arrived_of(heard).comes, self._share
        active = heard.other > max(1e-6, 0.01 * float(heard.other.max()))
        if not active.any():
            return np.zeros_like(heard.other), 1.0
        # Where nobody else speaks, which is in more than a quarter of what the other one says.
        level = float(quantiles(heard.own[active] / heard.other[active], 0.25)[0])
        return 2 * level * heard.other, 1.0

    def _step(self, heard: HeardPiece, weights: Powers, expected: Powers) -> None:
        """Move the response to where weighted frames leave least, in one direction."""
        arrived, spectra = self._arrived_of(heard), heard.spectra
        error = arrived.rest
        heavy = np.repeat(weights.astype(np.float32), self._frame)
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
        self._respond(self._response + far * step)
        heard.arrived = self._arrival(heard, arrived.came + np.float32(far) * moved)

    def _respond(self, response: Powers) -> None:
        self._response = response
        self._spectrum = np.fft.rfft(response, self._size).astype(np.complex64)

    def _stiffness(
        self, error: Float32, heavy: Float32, weights: Powers, expected: Powers, auto: float
    ) -> float:
        """Noise over the spread of a response's taps: as in a Kalman filter."""
        count = float(heavy.sum()) + _NOTHING
        noise = float((error * heavy) @ error) / count
        level = float(expected @ weights) / (float(weights.sum()) + _NOTHING) * count / auto
        size = max(float(self._response @ self._response), level, _NOTHING)
        # An eighth of the taps hold nearly all of a room's response.
        spread = size / (self._taps / 8) * (self._share if self.known else 1.0)
        return noise / spread + 1e-6 * auto

    def _typical(self, heard: HeardPiece) -> float | None:
        """Twice the share of what comes that is typically left; ``None``: too little comes."""
        arrived = self._arrived_of(heard)
        fair = arrived.comes > _ROOM * heard.floor
        if np.count_nonzero(fair) < _FRAMES_LEAST:
            return None
        shares = arrived.left[fair] / arrived.comes[fair]
        return min(2 * float(quantiles(shares, _TYPICAL)[0]), 1.0)

    def _arrived_of(self, heard: HeardPiece) -> PredictedLeakage:
        if heard.arrived is None or heard.arrived.response is not self._response:
            if self.known:
                heard.arrived = self._arrival(heard, self._through(heard.spectra, self._spectrum))
            else:
                nothing = np.zeros_like(heard.samples), np.zeros_like(heard.own)
                heard.arrived = PredictedLeakage(
                    self._response, nothing[0], heard.samples, nothing[1], heard.own
                )
        return heard.arrived

    def _arrival(self, heard: HeardPiece, came: Float32) -> PredictedLeakage:
        rest = heard.samples - came
        return PredictedLeakage(self._response, came, rest, self._powers(came), self._powers(rest))

    def _through(self, spectra: Spectra, spectrum: npt.NDArray[np.complexfloating]) -> Float32:
        came = np.fft.irfft(spectra * spectrum.astype(np.complex64), self._size)
        return np.asarray(came[:, self._taps :].reshape(-1), dtype=np.float32)

    def _powers(self, samples: Float32) -> Powers:
        """Return the powers of the 10 ms around each frame."""
        return smooth(frame_powers(samples, self._frame))
