"""Finds one channel's bursts of audible speech, as the audio comes.

Silero says whether it is speech (:mod:`~livekit_barge.measure.listening`), energy says where it
begins and ends (:mod:`~livekit_barge.measure.dating`). Both look ahead by a bounded time, and every
step is on a fixed grid, so the bursts are equal however the audio is cut.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.channel import Channel
from livekit_barge.measure.dating import (
    BEFORE_S,
    BRIDGE_S,
    LOOK_AHEAD_S,
    LOOK_BACK_S,
    Dated,
    Dating,
)
from livekit_barge.measure.listening import Island, Listening
from livekit_barge.measure.offset import Offset
from livekit_barge.measure.silero import WINDOW_S

# A step: 0.5 s, so that what a step costs besides its samples is small.
STEP_FRAMES = 200


class SpeechFinder:
    """Bursts of one channel: ``push`` its audio in order, in pieces of any size; ``finish``."""

    def __init__(self, sample_rate: int) -> None:
        self._channel = Channel(sample_rate)
        self._offset = Offset(self._channel.frame)
        self._listening = Listening(sample_rate)
        self._dating = Dating(self._channel)
        self._step = np.zeros(self._channel.frame * STEP_FRAMES, dtype=np.float32)
        self._filled = 0
        """How many samples of the next step have come."""
        self._islands: deque[Island] = deque()
        """Those that are not dated yet."""
        self._dated: deque[Dated] = deque()
        """Bursts that a later one may still be bridged to, and those after them."""
        self._settled_s = 0.0

    @property
    def settled_s(self) -> float:
        """Before this no burst can begin or change any more."""
        return self._settled_s

    def push(self, samples: Float32) -> list[Burst]:
        """Take the next samples, full scale 1.0; the bursts that have become final, in order."""
        final: list[Burst] = []
        while len(samples):
            piece = samples[: len(self._step) - self._filled]
            self._step[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            samples = samples[len(piece) :]
            if self._filled == len(self._step):
                self._take()
                final += self._settle()
        return final

    def finish(self) -> list[Burst]:
        """The bursts that are left, now that no more audio comes."""
        if self._filled:
            self._take()
        self._islands += self._listening.finish()
        while self._islands:
            self._date()
        self._settled_s = self._channel.seconds(self._channel.frames)
        bursts = [dated.burst() for dated in self._dated]
        self._dated.clear()
        return bursts

    def _take(self) -> None:
        """Hear the step that has been filled."""
        samples = self._offset.removed(self._step[: self._filled])
        self._filled = 0
        self._channel.add(samples)
        self._islands += self._listening.push(samples)

    def _settle(self) -> list[Burst]:
        """Date what is known well enough; the bursts that nothing can change any more."""
        heard_s = self._listening.heard * WINDOW_S
        while self._islands and self._islands[0].end * WINDOW_S + LOOK_AHEAD_S <= heard_s:
            self._date()
        next_begin = self._next_begin()
        undated_s = (self._listening.heard if next_begin is None else next_begin) * WINDOW_S
        future_s = max(undated_s - BEFORE_S, 0.0)
        final: list[Burst] = []
        while self._dated and self._dated[0].end_s + BRIDGE_S <= future_s:
            final.append(self._dated.popleft().burst())
        self._settled_s = min(future_s, self._dated[0].onset_s) if self._dated else future_s
        self._channel.forget(self._channel.frame_at(undated_s - LOOK_BACK_S))
        return final

    def _date(self) -> None:
        """Date the next island."""
        island = self._islands.popleft()
        for dated in self._dating.date(island, self._next_begin()):
            if self._dated and dated.onset_s - self._dated[-1].end_s < BRIDGE_S:
                self._dated.append(self._dated.pop().bridged(dated))
            else:
                self._dated.append(dated)

    def _next_begin(self) -> int | None:
        """The first window of the next island that is not dated, ended or not, if there is one."""
        return self._islands[0].begin if self._islands else self._listening.open_from
