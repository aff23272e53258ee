"""Finds both talkers' bursts on two channels, without the leakage of one into the other.

If a channel holds a copy of the other (:mod:`~livekit_barge.hearing.leakage.delay`), its path is
estimated and the leakage subtracted (:mod:`~livekit_barge.hearing.leakage.echo_filter`). Frames no
louder than the possible residual are silenced before speech is looked for; a burst that is hardly
louder is dropped. If nothing leaks, the bursts are those of two separate finders, to the last
digit.

Every step is on a fixed grid of pieces of 2.16 s, so bursts do not depend on how the audio is cut.
It looks ahead by five pieces, since a leak may show only once the other one has said enough.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.hearing.leakage.delay import CorrelationPeak, DelayFinder
from livekit_barge.hearing.leakage.echo_filter import Cleaned, LeakagePath
from livekit_barge.hearing.leakage.lookahead import WAIT, Lookahead
from livekit_barge.hearing.leakage.masking import LeakageCover, uncovered
from livekit_barge.hearing.leakage.piece import PIECE, HeardPiece
from livekit_barge.hearing.levels import in_db
from livekit_barge.hearing.speech_finder import SpeechFinder

# So many pieces are heard at once.
_AT_ONCE = 5
# A peak this high is looked into; lower if the one before had the same lag. Chance brings 7 in one
# piece of eight; whether it leaks is then decided by what the path takes away …
_PEAK_LEAST, _PEAK_AGAIN, _SAME_LAG_S = 7.0, 6.0, 0.002
# … which is 3 dB and more.
_GAIN_LEAST_DB = 3.0
# By chance, one step on coarse audio seldom gains this; where something leaks, 1.4 dB and more, in
# half as many frames as a fit must have at least: thin leakage is quieter there.
_HOPE_LEAST_DB, _HOPE_FRAMES = 0.5, 40
# Another way must do better by this to be taken instead.
_BETTER_DB, _ANOTHER_S = 1.0, 0.01
# Quieter than this, nothing leaks.
_SENT_LEAST = 10 ** (-60 / 20)

Bursts = tuple[list[Burst], list[Burst]]


class TwoChannels:
    """``push`` both channels in order, in pieces of any size; ``finish``.

    ``patience_s`` as in ``hearing.speech_finder.SpeechFinder``. Without ``clean``
    leakage is reported, and is heard as the speech that it is.
    """

    def __init__(self, sample_rate: int, *, patience_s: float = 0.0, clean: bool = True) -> None:
        self._clean = clean
        self._rate = sample_rate
        self.finders = (
            SpeechFinder(sample_rate, patience_s=patience_s),
            SpeechFinder(sample_rate, patience_s=patience_s),
        )
        """One finder per channel, which hears what is left after the leakage is removed."""
        self._sides = (_ChannelLeakage(), _ChannelLeakage())
        self._waiting = Lookahead(sample_rate, clean=clean)
        self._lags = DelayFinder(sample_rate, self._waiting.piece)
        self._heard = -1
        """The number of pieces heard; the one before the call does not count."""
        self._peaks: deque[CorrelationPeak | None] = deque()
        """The peaks of pieces that wait to be looked at: several at once cost less."""
        self._peak: CorrelationPeak | None = None
        """The peak of the piece that was looked at last."""
        self._ready: tuple[list[Float32], list[Float32]] = ([], [])
        """The audio of each channel that is ready to be heard: several pieces at once cost less."""

    @property
    def leakages(self) -> tuple[Leakage, ...]:
        """The leakages found so far."""
        found = (side.leakage(channel) for channel, side in enumerate(self._sides))
        return tuple(leakage for leakage in found if leakage is not None)

    def push(self, block: Float32) -> Bursts:
        """Take the next samples of shape ``(2, n)``; each channel's bursts that are now final."""
        found: Bursts = ([], [])
        at = 0
        while at < block.shape[1]:
            self._make_room()
            at += self._waiting.add(block[:, at:])
            while self._waiting.samples >= WAIT * self._waiting.piece:
                self._take(self._waiting.piece)
                if len(self._ready[0]) == _AT_ONCE:
                    self._hear(found)
        return found

    def finish(self) -> Bursts:
        """The bursts that are left, now that no more audio comes."""
        found: Bursts = ([], [])
        while (left := self._waiting.samples) > 0:
            self._make_room()
            self._waiting.pad()
            self._take(min(left, self._waiting.piece))
        self._hear(found)
        for channel, finder in enumerate(self.finders):
            found[channel].extend(self._judged(channel, finder.finish()))
        return found

    def _make_room(self) -> None:
        if self._waiting.is_full:
            for ready in self._ready:
                ready[:] = [piece.copy() for piece in ready]
            self._waiting.make_room()

    def _take(self, length: int) -> None:
        """Clean the first piece that waits, of which so much is there."""
        newest = WAIT - 2  # an echo that the recorder placed too early needs what follows
        for number in range(0 if self._heard < 0 else newest, newest + 1):
            self._look(number)
        if self._heard >= 0:
            for channel in (0, 1):
                self._ready[channel].append(self._cleaned(channel)[:length])
        self._heard += 1
        self._waiting.drop()

    def _hear(self, found: Bursts) -> None:
        """Look for speech in what is ready."""
        for channel, ready in enumerate(self._ready):
            if ready:
                bursts = self.finders[channel].push(*ready)
                found[channel].extend(self._judged(channel, bursts))
                ready.clear()

    def _look(self, number: int) -> None:
        """Look for a path from one channel to the other in a waiting piece."""
        if not self._peaks:
            self._peaks.extend(self._lags.look(self._waiting.pieces(number)))
        peak = self._peaks.popleft()
        before, self._peak = self._peak, peak
        if peak is None:
            return
        again = before is not None and abs(before.lag_s - peak.lag_s) < _SAME_LAG_S
        if peak.ratio < (_PEAK_AGAIN if again else _PEAK_LEAST):
            return
        # An echo comes later than what it echoes: that way first.
        ways = [(0, peak.lag_s), (1, -peak.lag_s)]
        for channel, lag_s in sorted(ways, key=lambda way: -way[1]):
            if self._opened(channel, lag_s, number) and abs(lag_s) >= _SAME_LAG_S:
                return

    def _opened(self, channel: int, lag_s: float, number: int) -> bool:
        """Return whether the leakage into this channel has a known path of about this delay."""
        side = self._sides[channel]
        known_db = 0.0
        if (known := side.path) is not None:
            heard = side.waiting[self._heard + number] = self._heard_by(known, channel, number)
            known_db = known.gain_db(heard)
            if abs(known.delay_s - lag_s) < _ANOTHER_S and known_db >= _GAIN_LEAST_DB:
                return True
        path = LeakagePath(self._rate, lag_s)
        heard = self._heard_by(path, channel, number)
        if not path.comes(heard) or not self._hoped(channel, lag_s, number):
            return False
        gain_db = path.learn(heard)
        if gain_db < _GAIN_LEAST_DB:
            return False
        if known is not None and gain_db < known_db + _BETTER_DB:
            return False
        side.path = path
        return True

    def _hoped(self, channel: int, lag_s: float, number: int) -> bool:
        """Return whether a step on coarse audio, at less than half the cost, promises a gain."""
        group, waiting = self._lags.group, self._waiting
        if waiting.frame % group:
            return True  # a rate whose frames have no whole number of coarse samples
        path = LeakagePath(self._rate / group, lag_s)
        audio, floor = waiting.coarse(channel, group)
        other, other_floor = waiting.coarse(1 - channel, group)
        begin = (waiting.past + number * waiting.piece) // group
        heard = path.hear(audio, other, begin, floor, other_floor=other_floor)
        return not path.moved(heard) or path.gain_db(heard, _HOPE_FRAMES) >= _HOPE_LEAST_DB

    def _heard_by(
        self, path: LeakagePath, channel: int, number: int = 0, before: HeardPiece | None = None
    ) -> HeardPiece:
        """A waiting piece, and the other channel as it comes by a path."""
        waiting = self._waiting
        begin = waiting.past + number * waiting.piece
        audio, other = waiting.channel(channel), waiting.channel(1 - channel)
        floor, other_floor = waiting.floor(channel), waiting.floor(1 - channel)
        return path.hear(audio, other, begin, floor, other_floor=other_floor, before=before)

    def _cleaned(self, channel: int) -> Float32:
        """The first piece that waits, without what leaks into it: itself, if nothing does."""
        side, waiting = self._sides[channel], self._waiting
        if (merged := waiting.merged[channel].pop(self._heard, None)) is not None:
            side.cover.keep(self._heard, merged)
        end = waiting.past + waiting.piece
        before = side.waiting.pop(self._heard, None)
        if side.path is None:
            return waiting.channel(channel)[waiting.past : end]
        if np.abs(waiting.channel(1 - channel)[:end]).max() < _SENT_LEAST:
            side.path.silence()
            return waiting.channel(channel)[waiting.past : end]
        heard = self._heard_by(side.path, channel, before=before)
        side.path.learn(heard)
        if side.path.follow():
            heard = self._heard_by(side.path, channel)
        cleaned = side.path.clean(heard)
        side.keep(self._heard, cleaned)
        if not self._clean:
            return heard.samples
        return uncovered(cleaned, waiting.frame, heard.floor, self._heard)

    def _judged(self, channel: int, bursts: list[Burst]) -> list[Burst]:
        return self._sides[channel].cover.judged(bursts) if self._clean else bursts


class _ChannelLeakage:
    """The leakage into one channel."""

    def __init__(self) -> None:
        self.path: LeakagePath | None = None
        self.waiting: dict[int, HeardPiece] = {}
        """Pieces that were heard by a path when they were looked at."""
        self.cover = LeakageCover()
        self._came = self._sent = 0.0
        self._delays_s: list[float] = []
        self._pieces: list[int] = []

    def keep(self, piece: int, cleaned: Cleaned) -> None:
        """Record what was found in a piece."""
        assert self.path is not None
        self.cover.keep(piece, cleaned.cover)
        if cleaned.came > 0:
            self._came += cleaned.came
            self._sent += cleaned.sent
            self._pieces.append(piece)
            self._delays_s.append(self.path.delay_s)

    def leakage(self, channel: int) -> Leakage | None:
        if self.path is None or not self._pieces or self._sent <= 0:
            return None
        level_db = in_db(self._came / self._sent)
        piece_s = PIECE * FRAME_S
        return Leakage(
            channel=channel,
            delay_s=round(float(np.median(self._delays_s)), 4),
            drift_s=round(self._delays_s[-1] - self._delays_s[0], 4),
            level_db=round(level_db, 1),
            left_db=round(level_db + self.path.left_db, 1),
            began_s=round(self._pieces[0] * piece_s, 2),
            ended_s=round((self._pieces[-1] + 1) * piece_s, 2),
            dropped=self.cover.dropped,
        )
