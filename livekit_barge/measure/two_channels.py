"""Finds both talkers' bursts on two channels, without what of one leaks into the other.

Where a channel holds what the other one said (:mod:`~livekit_barge.measure.leakage_delay`), the way
there is learnt and what came by it taken away (:mod:`~livekit_barge.measure.leakage_path`). What is
then no louder than what may be left of it is silenced before speech is looked for; a burst that is
hardly louder is dropped. Bursts where nothing leaks are those of two finders, to the last digit.

Every step is on a fixed grid of pieces of 2.16 s, so bursts do not depend on how the audio is cut.
It looks ahead by five pieces, since a leak may show only once the other one has said enough.
"""

from __future__ import annotations

import dataclasses
from collections import deque

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.channel import FRAME_S
from livekit_barge.measure.edges import AUDIBLE_MARGIN_DB, runs
from livekit_barge.measure.leakage import COVERED, Leakage
from livekit_barge.measure.leakage_delay import LAG_MOST_S, Lags, Peak, thinned
from livekit_barge.measure.leakage_path import (
    PIECE,
    TAPS,
    Cleaned,
    Heard,
    Path,
    background,
    frame_powers,
)
from livekit_barge.measure.levels import Powers, in_db
from livekit_barge.measure.speech import SpeechFinder

# In frames: as far back as the way from one channel to the other reaches.
_PAST = round(LAG_MOST_S / FRAME_S) + 2 * TAPS
# Pieces that are looked at before the first of them is heard.
_WAIT = 6
# Room for so many, that they need not be moved often; so many are heard at once.
_ROOM, _AT_ONCE = 30, 5
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
# Frames over the cover are someone's speech if one of them in a row is so much over it.
_STRONG = 10 ** (8 / 10)
# A burst that is half covered, and less than this over its cover, is leakage; one whose edge is
# less than twice that over it is doubtful.
_LEAKS_DB, _DOUBT_DB = 6.0, 12.0
# The cover counts at an edge that is within 20 ms. It hides 2.5 ms of soft speech for each dB.
_NEAR, _HIDES_S = 8, 0.0025

Bursts = tuple[list[Burst], list[Burst]]


class TwoChannels:
    """``push`` both channels in order, in pieces of any size; ``finish``.

    ``patience_s`` as in :class:`~livekit_barge.measure.speech.SpeechFinder`. Without ``clean`` what
    leaks is told, and is heard as the speech that it is.
    """

    def __init__(self, sample_rate: int, *, patience_s: float = 0.0, clean: bool = True) -> None:
        self._clean = clean
        self._rate = sample_rate
        self._frame = round(sample_rate * FRAME_S)
        self.finders = (
            SpeechFinder(sample_rate, patience_s=patience_s),
            SpeechFinder(sample_rate, patience_s=patience_s),
        )
        """Of each channel, hearing what is left of it."""
        self._sides = (_Side(), _Side())
        self._past, self._piece = _PAST * self._frame, PIECE * self._frame
        self._lags = Lags(sample_rate, self._piece)
        self._audio = np.zeros((2, self._past + _ROOM * self._piece), dtype=np.float32)
        """What was heard last, the pieces that wait, and room for more."""
        self._begin = self._past
        """Where the first piece that waits begins."""
        self._filled = self._past + self._piece
        """The first piece before the call is silence, so that the call's first is looked at too."""
        self._heard = -1
        """How many pieces have been heard; the one before the call does not count."""
        self._peaks: deque[Peak | None] = deque()
        """Of pieces that have come and were not looked at yet: several at once cost less."""
        self._peak: Peak | None = None
        """Of the piece that was looked at last."""
        self._powers = np.zeros((2, self._audio.shape[1] // self._frame))
        """Of each channel's frames, as far as a floor was asked for: …"""
        self._measured = [0, 0]
        """… of so many."""
        self._floors: list[float | None] = [None, None]
        """Of each channel, in what waits; ``None``: not looked at yet."""
        self._thinned: list[tuple[Float32, float] | None] = [None, None]
        """Of each channel, what waits, more coarsely, and the power of its background."""
        self._ready: tuple[list[Float32], list[Float32]] = ([], [])
        """Of each channel, what can be heard: several pieces at once cost less."""

    @property
    def leakages(self) -> tuple[Leakage, ...]:
        """What leaks, as far as it is known."""
        found = (side.leakage(channel) for channel, side in enumerate(self._sides))
        return tuple(leakage for leakage in found if leakage is not None)

    def push(self, block: Float32) -> Bursts:
        """Take the next samples of shape ``(2, n)``; each channel's bursts that are now final."""
        found: Bursts = ([], [])
        at = 0
        while at < block.shape[1]:
            if self._filled == self._audio.shape[1]:
                self._move()
            some = min(block.shape[1] - at, self._audio.shape[1] - self._filled)
            self._audio[:, self._filled : self._filled + some] = block[:, at : at + some]
            self._filled += some
            at += some
            while self._filled - self._begin >= _WAIT * self._piece:
                self._take(self._piece)
                if len(self._ready[0]) == _AT_ONCE:
                    self._hear(found)
        return found

    def finish(self) -> Bursts:
        """The bursts that are left, now that no more audio comes."""
        found: Bursts = ([], [])
        while (left := self._filled - self._begin) > 0:
            if self._begin + _WAIT * self._piece > self._audio.shape[1]:
                self._move()
            self._audio[:, self._filled : self._begin + _WAIT * self._piece] = 0.0
            self._take(min(left, self._piece))
        self._hear(found)
        for channel, finder in enumerate(self.finders):
            found[channel].extend(self._judged(channel, finder.finish()))
        return found

    def _take(self, length: int) -> None:
        """Clean the first piece that waits, of which so much is there."""
        newest = _WAIT - 2  # an echo that the recorder placed too early needs what follows
        for number in range(0 if self._heard < 0 else newest, newest + 1):
            self._look(number)
        if self._heard >= 0:
            for channel in (0, 1):
                self._ready[channel].append(self._cleaned(channel)[:length])
        self._heard += 1
        self._floors, self._thinned = [None, None], [None, None]
        self._begin += self._piece

    def _move(self) -> None:
        """Make room: move what waits, and what was before it, to the front."""
        for ready in self._ready:
            ready[:] = [piece.copy() for piece in ready]
        gone = self._begin - self._past
        kept = self._audio[:, gone : self._filled].copy()
        self._audio[:, : kept.shape[1]] = kept
        self._begin, self._filled = self._past, kept.shape[1]
        frames = gone // self._frame
        self._powers = np.roll(self._powers, -frames, axis=1)
        self._measured = [max(measured - frames, 0) for measured in self._measured]

    def _hear(self, found: Bursts) -> None:
        """Look for speech in what is ready."""
        for channel, ready in enumerate(self._ready):
            if ready:
                bursts = self.finders[channel].push(*ready)
                found[channel].extend(self._judged(channel, bursts))
                ready.clear()

    # What leaks.

    def _look(self, number: int) -> None:
        """Whether a waiting piece shows a way from one channel to the other."""
        begin = self._begin + number * self._piece
        if not self._peaks:
            count = max((self._filled - begin) // self._piece, 1)
            self._peaks.extend(self._lags.look(self._audio[:, begin : begin + count * self._piece]))
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
            if self._opened(channel, lag_s, begin) and abs(lag_s) >= _SAME_LAG_S:
                return

    def _opened(self, channel: int, lag_s: float, begin: int) -> bool:
        """Whether what leaks into this channel is known to come by a way of that length."""
        side = self._sides[channel]
        audio, other = self._waiting(channel), self._waiting(1 - channel)
        piece = self._heard + (begin - self._begin) // self._piece
        begin -= self._begin - self._past
        known_db = 0.0
        floor = self._floor(channel)
        if (known := side.path) is not None:
            heard = side.waiting[piece] = known.hear(audio, other, begin, floor)
            known_db = known.gain_db(heard)
            if abs(known.delay_s - lag_s) < _ANOTHER_S and known_db >= _GAIN_LEAST_DB:
                return True
        path = Path(self._rate, lag_s)
        heard = path.hear(audio, other, begin, floor)
        if not path.comes(heard) or not self._hoped(channel, lag_s, begin):
            return False
        gain_db = path.learn(heard)
        if gain_db < _GAIN_LEAST_DB:
            return False
        if known is not None and gain_db < known_db + _BETTER_DB:
            return False
        side.path = path
        return True

    def _hoped(self, channel: int, lag_s: float, begin: int) -> bool:
        """Whether a step on coarse audio, which costs less than half, says that a fit may gain."""
        group = self._lags.group
        if self._frame % group:
            return True  # a rate whose frames have no whole number of coarse samples
        path = Path(self._rate / group, lag_s)
        audio, floor = self._coarse(channel)
        other, _ = self._coarse(1 - channel)
        heard = path.hear(audio, other, begin // group, floor)
        return not path.moved(heard) or path.gain_db(heard, _HOPE_FRAMES) >= _HOPE_LEAST_DB

    def _coarse(self, channel: int) -> tuple[Float32, float]:
        """A channel's waiting audio at the rate of :class:`Lags`, and its background's power."""
        if (known := self._thinned[channel]) is None:
            audio = thinned(self._waiting(channel), self._lags.group)
            frame = self._frame // self._lags.group
            known = audio, background(frame_powers(audio, frame))
            self._thinned[channel] = known
        return known

    def _cleaned(self, channel: int) -> Float32:
        """The first piece that waits, without what leaks into it: itself, if nothing does."""
        side = self._sides[channel]
        audio, other = self._waiting(channel), self._waiting(1 - channel)
        before = side.waiting.pop(self._heard, None)
        if side.path is None:
            return audio[self._past : self._past + self._piece]
        if np.abs(other[: self._past + self._piece]).max() < _SENT_LEAST:
            side.path.silence()
            return audio[self._past : self._past + self._piece]
        floor = self._floor(channel)
        heard = side.path.hear(audio, other, self._past, floor, before=before)
        side.path.learn(heard)
        if side.path.follow():
            heard = side.path.hear(audio, other, self._past, floor)
        cleaned = side.path.clean(heard)
        side.keep(self._heard, cleaned)
        if not self._clean:
            return heard.samples
        return _uncovered(cleaned, self._frame, heard.floor, self._heard)

    def _floor(self, channel: int) -> float:
        """The power of a channel's background."""
        if self._floors[channel] is None:
            first = (self._begin - self._past) // self._frame
            end = (self._begin + _WAIT * self._piece) // self._frame
            powers, known = self._powers[channel], max(self._measured[channel], first)
            audio = self._audio[channel, known * self._frame : end * self._frame]
            powers[known:end] = frame_powers(audio, self._frame)
            self._measured[channel] = end
            self._floors[channel] = background(powers[first:end])
        return self._floors[channel] or 0.0

    def _waiting(self, channel: int) -> Float32:
        """The pieces that wait, and what was before them."""
        end = self._begin + _WAIT * self._piece
        return np.asarray(self._audio[channel, self._begin - self._past : end])

    # What it makes of bursts.

    def _judged(self, channel: int, bursts: list[Burst]) -> list[Burst]:
        side = self._sides[channel]
        if not side.covers or not self._clean:
            return bursts
        return [kept for burst in bursts if (kept := side.judged(burst)) is not None]


class _Side:
    """What leaks into one channel."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.waiting: dict[int, Heard] = {}
        """Pieces that were heard by a path when they were looked at."""
        self.covers: dict[int, Powers] = {}
        """Piece by piece, where there is any."""
        self.dropped = 0
        self._came = self._sent = 0.0
        self._delays_s: list[float] = []
        self._pieces: list[int] = []

    def keep(self, piece: int, cleaned: Cleaned) -> None:
        assert self.path is not None
        if cleaned.cover.any():
            self.covers[piece] = cleaned.cover
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
            dropped=self.dropped,
        )

    def judged(self, burst: Burst) -> Burst | None:
        """The burst, with what is hidden at its edges; ``None``: it is leakage."""
        first, last = round(burst.onset_s / FRAME_S), round(burst.end_s / FRAME_S) + 1
        inside = self._cover(first, last)
        covered = inside > 0
        if covered.any():
            over_db = burst.level_dbfs - in_db(float(inside[covered].mean()))
            if covered.mean() > 0.5 and over_db < _LEAKS_DB:
                self.dropped += 1
                return None
        onset = float(self._cover(first - _NEAR, first + 1).max())
        end = float(self._cover(last - 1, last + _NEAR).max())
        flags = {
            name
            for name, cover in zip(COVERED, (onset, end), strict=True)
            if cover > 0 and burst.level_dbfs - in_db(cover) < _DOUBT_DB
        }
        return dataclasses.replace(
            burst,
            onset_uncertainty_s=burst.onset_uncertainty_s + _hidden_s(burst, onset),
            end_uncertainty_s=burst.end_uncertainty_s + _hidden_s(burst, end),
            flags=burst.flags | flags,
        )

    def _cover(self, first: int, last: int) -> Powers:
        """Of the frames ``[first, last)``."""
        cover = np.zeros(last - first)
        for piece in range(first // PIECE, (last - 1) // PIECE + 1):
            if (known := self.covers.get(piece)) is not None:
                at = piece * PIECE
                begin, end = max(first, at), min(last, at + PIECE)
                cover[begin - first : end - first] = known[begin - at : end - at]
        return cover


def _hidden_s(burst: Burst, cover: float) -> float:
    """How long speech may last that the cover hides, before it would be inaudible anyway."""
    if cover <= 0:
        return 0.0
    return _HIDES_S * max(in_db(cover) - burst.level_dbfs + AUDIBLE_MARGIN_DB, 0.0)


def _uncovered(cleaned: Cleaned, frame: int, floor: float, piece: int) -> Float32:
    """The samples, with background alone in frames where nobody clears the cover.

    A leak made as quiet as the background would still sound like speech; so it is made 20 dB
    quieter, and noise with the power of the background comes in its place.
    """
    clear = cleaned.left > cleaned.cover
    if clear.all():
        return cleaned.samples
    strong = cleaned.left > _STRONG * cleaned.cover
    for begin, end in runs(clear):
        if not strong[begin:end].any():
            clear[begin:end] = False
    hidden = np.flatnonzero(~clear)
    left = np.maximum(cleaned.left[hidden], 1e-12)
    quiet = (0.1 * np.sqrt(np.minimum(floor / left, 1.0))).astype(np.float32)
    frames = cleaned.samples.reshape(-1, frame)
    noise = np.random.default_rng(piece).standard_normal((hidden.size, frame), dtype=np.float32)
    noise *= np.float32(np.sqrt(floor))
    noise += frames[hidden] * quiet[:, None]
    frames[hidden] = noise
    return cleaned.samples
