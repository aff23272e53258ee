"""Finds one channel's bursts of audible speech, as the audio comes.

Silero says whether it is speech (:mod:`~livekit_barge.hearing.vad_islands`), energy says where it
begins and ends (:mod:`~livekit_barge.hearing.burst_edges`). Both look ahead by a bounded time, and
every step is on a fixed grid, so the bursts are equal however the audio is cut.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.burst_edges import (
    BEFORE_S,
    BRIDGE_S,
    EXACT_S,
    LOOK_BACK_S,
    NEXT_S,
    BurstDater,
)
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.dated_burst import DatedBurst
from livekit_barge.hearing.dc_offset import DcOffset
from livekit_barge.hearing.levels import in_db
from livekit_barge.hearing.silero.network import WINDOW_S
from livekit_barge.hearing.sounds.block import STEP_FRAMES
from livekit_barge.hearing.sounds.finder import SoundFinder
from livekit_barge.hearing.sounds.loss import MOST_S
from livekit_barge.hearing.sounds.sound import Sound
from livekit_barge.hearing.vad_islands import Island, IslandFinder


class SpeechFinder:
    """Bursts of one channel: ``push`` its audio in order, in pieces of any size; ``finish``.

    ``patience_s``: how long audio may be left to wait before it is heard, so that more is heard at
    once. The bursts are the same; they come later, and cost less.
    """

    def __init__(self, sample_rate: int, *, patience_s: float = 0.0) -> None:
        self._channel = Channel(sample_rate)
        self._step = self._channel.frame * STEP_FRAMES
        self._offset = DcOffset(self._channel.frame, self._step)
        self._listening = IslandFinder(sample_rate, patience_s)
        self._sounds = SoundFinder(self._channel)
        self._dating = BurstDater(self._channel, self._sounds)
        self._rest = np.zeros(0, dtype=np.float32)
        """The part of the next step that has come."""
        self._islands: deque[Island] = deque()
        """Those that are not dated yet."""
        self._dated: deque[DatedBurst] = deque()
        """Bursts that a later one may still be bridged to, and those after them."""
        self._settled_s = 0.0

    @property
    def settled_s(self) -> float:
        """Before this no burst can begin or change any more."""
        return self._settled_s

    @property
    def sounds(self) -> list[Sound]:
        """The sounds that are not speech, by name, as far as they are known."""
        return self._sounds.found()

    def push(self, *pieces: Float32) -> list[Burst]:
        """Take the next samples, full scale 1.0; the bursts that have become final, in order."""
        samples = np.concatenate([self._rest, *pieces])
        whole = len(samples) // self._step * self._step
        # All whole steps at once: what a step costs besides its samples is then paid once.
        if whole:
            self._take(samples[:whole])
        self._rest = samples[whole:]
        return self._settle()

    def finish(self) -> list[Burst]:
        """The bursts that are left, now that no more audio comes."""
        if len(self._rest):
            self._take(self._rest)
        self._islands += self._listening.finish()
        self._date(math.inf)
        self._settled_s = self._channel.seconds(self._channel.frames)
        self._sounds.finish()
        bursts = [dated.burst() for dated in self._dated if self._is_speech(dated)]
        self._dated.clear()
        return bursts

    def _take(self, steps: Float32) -> None:
        """Hear whole steps, or the last."""
        samples = self._offset.removed(steps)
        self._channel.add(samples)
        self._sounds.hear(samples)
        self._islands += self._listening.push(samples)

    def _settle(self) -> list[Burst]:
        """Date what is known well enough; the bursts that nothing can change any more."""
        known_s = self._listening.known * WINDOW_S
        self._date(known_s)
        next_begin = self._next_begin()
        undated_s = known_s if next_begin is None else next_begin * WINDOW_S
        future_s = max(undated_s - BEFORE_S, 0.0)
        final: list[Burst] = []
        while self._dated and self._is_final(self._dated[0], future_s):
            dated = self._dated.popleft()
            if self._is_speech(dated):
                final.append(dated.burst())
        self._settled_s = min(future_s, self._dated[0].onset_s) if self._dated else future_s
        self._forget(undated_s)
        return final

    def _forget(self, undated_s: float) -> None:
        """Keep of the channel what dating may still ask for."""
        earliest_s = undated_s - LOOK_BACK_S
        islands = self._islands
        next_end_s = (islands[0].end if islands else self._listening.known) * WINDOW_S
        # A second: an island that is open has its end before what is known.
        exact_s = max(earliest_s, next_end_s - EXACT_S - 1.0)
        self._sounds.forget(min(earliest_s, self._dated[0].onset_s) if self._dated else earliest_s)
        self._channel.forget(*map(self._channel.frame_at, (earliest_s, exact_s)))

    def _date(self, known_s: float) -> None:
        """Date the islands of which enough is known by then."""
        known: list[tuple[Island, int | None]] = []
        while self._islands and self._islands[0].end * WINDOW_S + NEXT_S <= known_s:
            island = self._islands.popleft()
            known.append((island, self._next_begin()))
        for dated in self._dating.date(known):
            if self._dated and self._goes_on(self._dated[-1], dated):
                self._dated.append(self._dated.pop().bridged(dated))
            else:
                self._dated.append(dated)

    def _goes_on(self, dated: DatedBurst, later: DatedBurst) -> bool:
        """Return whether two are one burst: the gap is short, or consists of lost packets."""
        return later.onset_s - dated.end_s < BRIDGE_S or self._sounds.lost_between(
            dated.end_s, later.onset_s
        )

    def _is_final(self, dated: DatedBurst, future_s: float) -> bool:
        """Return whether nothing that begins at ``future_s`` or later can change it."""
        bridge_s = MOST_S if self._sounds.may_be_lost_at(dated.end_s) else BRIDGE_S
        return dated.end_s + bridge_s <= future_s and dated.end_s <= self._sounds.decided_s

    def _is_speech(self, dated: DatedBurst) -> bool:
        if not dated.is_sure:
            self._sounds.coughed(dated.onset_s, dated.end_s)
            return False
        return not self._sounds.is_music(dated.onset_s, dated.end_s, in_db(dated.power))

    def _next_begin(self) -> int | None:
        """The first window of the next island that is not dated, ended or not, if one is known."""
        return self._islands[0].begin if self._islands else self._listening.open_from
