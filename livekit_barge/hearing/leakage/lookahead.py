"""Both channels' audio that waits to be heard, in pieces, with as much before it as may leak."""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.dc_offset import DcOffset
from livekit_barge.hearing.leakage.codec_leak import CodecLeakage
from livekit_barge.hearing.leakage.delay import LAG_MOST_S, group_means
from livekit_barge.hearing.leakage.piece import PIECE, TAPS, background, frame_powers
from livekit_barge.hearing.levels import Powers

WAIT = 6
"""The number of pieces looked at before the first of them is heard."""
# In frames: as far back as the way from one channel to the other reaches.
_PAST = round(LAG_MOST_S / FRAME_S) + 2 * TAPS
# Room for so many pieces, that they need not be moved often.
_ROOM = 30


class Lookahead:
    """Audio is added at the end, and heard from the front, piece by piece.

    The first piece, before the call, is silence, so that the call's first is looked at too.
    """

    def __init__(self, sample_rate: int, *, clean: bool = True) -> None:
        self._codec = CodecLeakage(sample_rate) if clean else None
        self.merged: tuple[dict[int, Powers], dict[int, Powers]] = ({}, {})
        """For each channel, by piece of the call: the power that a codec leaked into each frame."""
        self._prepared = 0
        """The number of pieces of the call looked at for that."""
        self.frame = round(sample_rate * FRAME_S)
        self.past, self.piece = _PAST * self.frame, PIECE * self.frame
        """In samples: what is kept before the first piece, and a piece."""
        self._audio = np.zeros((2, self.past + _ROOM * self.piece), dtype=np.float32)
        self._begin = self.past
        """The sample at which the first waiting piece begins."""
        self._filled = self.past + self.piece
        self._offsets = DcOffset(self.frame, self.piece), DcOffset(self.frame, self.piece)
        self._without_offset = self._filled
        """Each channel's offset is removed up to this sample."""
        self._powers = np.zeros((2, self._audio.shape[1] // self.frame))
        """The powers of each channel's frames, as far as a floor was asked for …"""
        self._measured = [0, 0]
        """… and the number of frames done, per channel."""
        self._floors: list[float | None] = [None, None]
        """The floor of each channel in the waiting audio; ``None``: not computed yet."""
        self._coarse: list[tuple[Float32, float] | None] = [None, None]

    @property
    def samples(self) -> int:
        """The number of samples that wait."""
        return self._filled - self._begin

    @property
    def is_full(self) -> bool:
        """Return whether there is no room for :data:`WAIT` pieces, or for any more samples."""
        size = int(self._audio.shape[1])
        return self._filled == size or self._begin + WAIT * self.piece > size

    def add(self, block: Float32) -> int:
        """Take of a block of shape ``(2, n)`` what there is room for; how many samples that is."""
        some = int(min(block.shape[1], self._audio.shape[1] - self._filled))
        self._audio[:, self._filled : self._filled + some] = block[:, :some]
        self._filled += some
        left = self._filled - self._without_offset
        self._prepare(self._without_offset + left // self.piece * self.piece)
        return some

    def _prepare(self, end: int) -> None:
        """Make the audio before ``end`` ready to be looked at, in whole pieces."""
        begin = self._without_offset
        self._take_offsets(end)
        if self._codec is None:
            return
        for at in range(begin, end, self.piece):
            self._take_merged(at)

    def _take_merged(self, at: int) -> None:
        """Silence what a codec put on one channel of the other, in the piece that begins there."""
        assert self._codec is not None
        piece = self._audio[:, at : at + self.piece]
        for side, (samples, merged) in enumerate(zip(piece, self._codec.look(piece), strict=True)):
            if merged is not None:
                quiet = background(merged.powers[~merged.marks])
                self._codec.hush(samples, merged, quiet, self._prepared)
                self.merged[side][self._prepared] = np.where(merged.marks, merged.powers, 0.0)
        self._prepared += 1

    def _take_offsets(self, end: int) -> None:
        """An offset is alike on both channels, and would pass for what leaks."""
        begin, self._without_offset = self._without_offset, end
        if begin == end:
            return
        for audio, offset in zip(self._audio, self._offsets, strict=True):
            samples = audio[begin:end]
            removed = offset.removed(samples)
            if removed is not samples:
                samples[:] = removed

    def pad(self) -> None:
        """Silence in the place of what does not come any more."""
        begin = self._without_offset
        self._take_offsets(self._filled)
        self._audio[:, self._filled : self._begin + WAIT * self.piece] = 0.0
        if self._codec is not None and begin < self._filled:
            self._take_merged(begin)

    def drop(self) -> None:
        """The first piece was heard."""
        self._begin += self.piece
        self._floors, self._coarse = [None, None], [None, None]

    def make_room(self) -> None:
        """Move what waits, and what was before it, to the front: earlier views become stale."""
        gone = self._begin - self.past
        kept = self._audio[:, gone : self._filled].copy()
        self._audio[:, : kept.shape[1]] = kept
        self._begin, self._filled = self.past, kept.shape[1]
        self._without_offset -= gone
        frames = gone // self.frame
        self._powers = np.roll(self._powers, -frames, axis=1)
        self._measured = [max(measured - frames, 0) for measured in self._measured]

    def pieces(self, number: int) -> Float32:
        """Return both channels' waiting audio from that piece on, in whole pieces, at least one."""
        begin = self._begin + number * self.piece
        count = max((self._filled - begin) // self.piece, 1)
        return np.asarray(self._audio[:, begin : begin + count * self.piece])

    def channel(self, channel: int) -> Float32:
        """:data:`WAIT` pieces of a channel, and what was before them."""
        end = self._begin + WAIT * self.piece
        return np.asarray(self._audio[channel, self._begin - self.past : end])

    def floor(self, channel: int) -> float:
        """The power of a channel's background."""
        if (floor := self._floors[channel]) is None:
            first = (self._begin - self.past) // self.frame
            end = (self._begin + WAIT * self.piece) // self.frame
            powers, known = self._powers[channel], max(self._measured[channel], first)
            audio = self._audio[channel, known * self.frame : end * self.frame]
            powers[known:end] = frame_powers(audio, self.frame)
            self._measured[channel] = end
            floor = self._floors[channel] = background(powers[first:end])
        return floor

    def coarse(self, channel: int, group: int) -> tuple[Float32, float]:
        """Return a channel's pieces as means of ``group`` samples, and their background's power."""
        if (known := self._coarse[channel]) is None:
            audio = group_means(self.channel(channel), group)
            known = audio, background(frame_powers(audio, self.frame // group))
            self._coarse[channel] = known
        return known
