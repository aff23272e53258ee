"""Finds one channel's bursts of audible speech, as the audio comes.

Silero says whether it is speech (:mod:`~livekit_barge.measure.listening`), energy says where it
begins and ends (:mod:`~livekit_barge.measure.edges`). Both look ahead by a bounded time, and every
step is on a fixed grid, so the bursts are equal however the audio is cut.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.channel import FRAME_S, Channel
from livekit_barge.measure.edges import (
    AUDIBLE_MARGIN_DB,
    OUTWARD_GAP,
    Run,
    Stretch,
    bridged,
    onset_sample,
    runs,
)
from livekit_barge.measure.levels import SILENT, Background, Powers, active_power, in_db, smooth
from livekit_barge.measure.listening import Island, Listening
from livekit_barge.measure.offset import Offset
from livekit_barge.measure.silero import WINDOW_S

# A step: 0.5 s, so that what a step costs besides its samples is small.
STEP_FRAMES = 200
# Silero may miss a consonant and the closure between it and the vowel, before speech and after it.
BEFORE_S, AFTER_S = 0.3, 0.25
# How long the audio after an island must be known: enough background to judge.
LOOK_AHEAD_S = 0.4
# Silero's edges are not sharp: background keeps this far from them.
GUARD_S = 0.15
# How much background is looked at on each side, and how much of it is enough.
BACKGROUND_S, BACKGROUND_LEAST_S = 1.0, 0.1
# A burst: gaps under 0.2 s are bridged.
BRIDGE_S = 0.2
# A talker's level is that of the last half minute of speech.
TALKER_S = 30.0
# A burst this far under the talker's level may be someone else, or an echo: flagged, not left out.
QUIET_DB = 11.0
# So many frames at full scale are no chance.
CLIPPED_FRAMES = 3


@dataclass(frozen=True)
class _Dated:
    """A burst that may still be bridged to the next one; frames are counted from the start."""

    onset_s: float
    end_s: float
    onset_uncertainty_s: float
    end_uncertainty_s: float
    power: float
    active_s: float
    clipped: int
    talker_db: float

    def bridged(self, later: _Dated) -> _Dated:
        active_s = self.active_s + later.active_s
        energy = self.power * self.active_s + later.power * later.active_s
        return _Dated(
            onset_s=self.onset_s,
            end_s=later.end_s,
            onset_uncertainty_s=self.onset_uncertainty_s,
            end_uncertainty_s=later.end_uncertainty_s,
            power=energy / active_s,
            active_s=active_s,
            clipped=self.clipped + later.clipped,
            talker_db=later.talker_db,
        )

    def burst(self) -> Burst:
        level_db = in_db(self.power)
        flags = {
            "quiet": level_db < self.talker_db - QUIET_DB,
            "clipped": self.clipped >= CLIPPED_FRAMES,
        }
        return Burst(
            onset_s=self.onset_s,
            end_s=self.end_s,
            level_dbfs=level_db,
            onset_uncertainty_s=self.onset_uncertainty_s,
            end_uncertainty_s=self.end_uncertainty_s,
            flags=frozenset(name for name, holds in flags.items() if holds),
        )


class SpeechFinder:
    """Bursts of one channel: ``push`` its audio in order, in pieces of any size; ``finish``."""

    def __init__(self, sample_rate: int) -> None:
        self._channel = Channel(sample_rate)
        self._offset = Offset(self._channel.frame)
        self._listening = Listening(sample_rate)
        self._step = np.zeros(self._channel.frame * STEP_FRAMES, dtype=np.float32)
        self._filled = 0
        self._islands: deque[Island] = deque()
        """Those whose edges are not dated yet."""
        self._last: Island | None = None
        """The last whose edges are."""
        self._talker: deque[tuple[float, float]] = deque()
        """The talker's last stretches of speech: power, and seconds active."""
        self._dated: list[_Dated] = []
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
                self._filled = 0
                final += self._take(self._step)
        return final

    def finish(self) -> list[Burst]:
        """The bursts that are left, now that no more audio comes."""
        if self._filled:
            rest = self._offset.removed(self._step[: self._filled])
            self._filled = 0
            self._channel.add(rest)
            self._islands += self._listening.push(rest)
        self._islands += self._listening.finish()
        while self._islands:
            self._date(self._islands.popleft())
        bursts = [dated.burst() for dated in self._dated]
        self._dated.clear()
        return bursts

    def _take(self, samples: Float32) -> list[Burst]:
        samples = self._offset.removed(samples)
        self._channel.add(samples)
        self._islands += self._listening.push(samples)
        known_s = self._listening.heard * WINDOW_S
        while self._islands and self._islands[0].end * WINDOW_S + LOOK_AHEAD_S <= known_s:
            self._date(self._islands.popleft())
        waiting = self._islands[0].begin if self._islands else self._listening.open_from
        future_s = max(waiting * WINDOW_S - BEFORE_S, 0.0)
        final: list[Burst] = []
        while self._dated and self._dated[0].end_s + BRIDGE_S <= future_s:
            final.append(self._dated.pop(0).burst())
        self._settled_s = min([future_s, *(dated.onset_s for dated in self._dated[:1])])
        oldest_s = waiting * WINDOW_S - BEFORE_S - GUARD_S - 2 * BACKGROUND_S
        self._channel.forget(self._channel.frame_at(oldest_s))
        return final

    # --- one island ---------------------------------------------------------------------------

    def _date(self, island: Island) -> None:
        """Find the bursts in an island and around it."""
        channel = self._channel
        begin_s, end_s = island.begin * WINDOW_S, island.end * WINDOW_S
        earliest_s, latest_s = begin_s - BEFORE_S, end_s + AFTER_S
        if self._last is not None:
            earliest_s = max(earliest_s, (self._last.end * WINDOW_S + begin_s) / 2)
        after = self._next_window()
        if after is not None:
            latest_s = min(latest_s, (end_s + after * WINDOW_S) / 2)
        before_noise, after_noise = self._backgrounds(island, after)
        self._last = island

        first, last = channel.frame_at(earliest_s), channel.frame_at(latest_s)
        powers = channel.powers(first, last)
        if not powers.size:
            return
        core = channel.frame_at(begin_s) - first, channel.frame_at(end_s) - first
        talker_db = self._hear_talker(smooth(powers[core[0] : core[1]]))
        least_db = talker_db - AUDIBLE_MARGIN_DB
        stretch = Stretch.between(powers, core, before_noise, after_noise, least_db)
        for run in bridged(_belonging(runs(stretch.audible()), core), round(BRIDGE_S / FRAME_S)):
            self._add(self._date_run(stretch, run, first, talker_db))

    def _next_window(self) -> int | None:
        """Where the next island begins, if it has."""
        if self._islands:
            return self._islands[0].begin
        open_from = self._listening.open_from
        return open_from if open_from < self._listening.heard else None

    def _hear_talker(self, smoothed: Powers) -> float:
        """The talker's active level in dBFS, this island included."""
        power = active_power(smoothed)
        self._talker.append((power, smoothed.size * FRAME_S))
        while sum(seconds for _, seconds in self._talker) - self._talker[0][1] > TALKER_S:
            self._talker.popleft()
        seconds = sum(seconds for _, seconds in self._talker)
        energy = sum(power * seconds for power, seconds in self._talker)
        return in_db(energy / max(seconds, FRAME_S))

    def _backgrounds(self, island: Island, after: int | None) -> tuple[Background, Background]:
        """What the channel sounds like before an island and after it."""
        begin_s = island.begin * WINDOW_S - GUARD_S
        earliest_s = begin_s - BACKGROUND_S
        if self._last is not None:
            earliest_s = max(earliest_s, self._last.end * WINDOW_S + GUARD_S)
        end_s = island.end * WINDOW_S + GUARD_S
        latest_s = island.end * WINDOW_S + LOOK_AHEAD_S
        if after is not None:
            latest_s = min(latest_s, after * WINDOW_S - GUARD_S)
        before, after_it = self._background(earliest_s, begin_s), self._background(end_s, latest_s)
        known = before or after_it or SILENT
        return before or known, after_it or known

    def _background(self, from_s: float, to_s: float) -> Background | None:
        """Of a stretch without speech; ``None``: too short to judge."""
        channel = self._channel
        powers = channel.powers(channel.frame_at(from_s), channel.frame_at(to_s))
        return Background.of(powers) if powers.size >= BACKGROUND_LEAST_S / FRAME_S else None

    def _date_run(self, stretch: Stretch, run: Run, first: int, talker_db: float) -> _Dated:
        channel = self._channel
        size = stretch.powers.size
        onset = stretch.onset(run[0])
        end = size - stretch.backward().onset(size - run[1])
        end = max(end, onset + 1)
        onset_s = self._onset_s(stretch, onset, first)
        end_s = self._end_s(stretch, end, first)
        smoothed = smooth(stretch.powers[onset:end])
        return _Dated(
            onset_s=onset_s,
            end_s=max(end_s, onset_s + 1 / channel.rate),
            onset_uncertainty_s=stretch.uncertainty_s(onset),
            end_uncertainty_s=stretch.backward().uncertainty_s(size - end),
            power=active_power(smoothed),
            active_s=(end - onset) * FRAME_S,
            clipped=channel.clipped(first + onset, first + end),
            talker_db=talker_db,
        )

    def _onset_s(self, stretch: Stretch, frame: int, first: int) -> float:
        channel = self._channel
        begin = max(frame - 1, 0)
        samples = channel.samples(first + begin, first + frame + 1)
        if samples is None:
            return channel.seconds(first + frame)
        quiet, loud = _levels(stretch, frame)
        return ((first + begin) * channel.frame + onset_sample(samples, quiet, loud)) / channel.rate

    def _end_s(self, stretch: Stretch, frame: int, first: int) -> float:
        channel = self._channel
        end = min(frame + 1, stretch.powers.size)
        samples = channel.samples(first + frame - 1, first + end)
        if samples is None:
            return channel.seconds(first + frame)
        backward = stretch.backward()
        quiet, loud = _levels(backward, stretch.powers.size - frame)
        last = (first + frame - 1) * channel.frame + len(samples)
        return (last - onset_sample(samples[::-1], quiet, loud)) / channel.rate

    def _add(self, dated: _Dated) -> None:
        if self._dated and dated.onset_s - self._dated[-1].end_s < BRIDGE_S:
            self._dated[-1] = self._dated[-1].bridged(dated)
        else:
            self._dated.append(dated)


def _levels(stretch: Stretch, frame: int) -> tuple[float, float]:
    """The powers before and after an onset in this frame."""
    at = min(frame, stretch.powers.size - 1)
    background = 10 ** (stretch.background_db[at] / 10)
    barely = 10 ** (stretch.audible_db[at] / 10)
    return max(background, barely / 4), float(stretch.powers[at : at + 2].mean())


def _belonging(found: list[Run], core: Run) -> list[Run]:
    """The runs inside the core, and those outside that are close to one that belongs."""
    inside = [run for run in found if run[1] > core[0] and run[0] < core[1]]
    if not inside:
        return []
    before = [run for run in found if run[1] <= core[0]]
    after = [run for run in found if run[0] >= core[1]]
    while before and inside[0][0] - before[-1][1] <= OUTWARD_GAP:
        inside.insert(0, before.pop())
    while after and after[0][0] - inside[-1][1] <= OUTWARD_GAP:
        inside.append(after.pop(0))
    return inside
