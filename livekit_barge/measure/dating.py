"""From an island that Silero heard to bursts with dates.

The background is what the channel carries before and after the island; what is audible lies above
it, and above the talker's own level less the margin D.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from livekit_barge.measure.burst import Burst
from livekit_barge.measure.channel import FRAME_S, Channel
from livekit_barge.measure.crowd import CROWD_S, crowd
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
from livekit_barge.measure.listening import SURE, Island
from livekit_barge.measure.silero import WINDOW_S
from livekit_barge.measure.sounds.cough import has_voice
from livekit_barge.measure.sounds.finder import Sounds

# Silero may miss a consonant and the closure between it and the vowel, before speech and after it.
BEFORE_S, AFTER_S = 0.3, 0.25
# How long the audio after an island must be known: enough background to judge.
LOOK_AHEAD_S = 0.4
# Silero's edges are not sharp: background keeps this far from them.
GUARD_S = 0.15
# How much background is looked at on each side, and how much of it is enough.
BACKGROUND_S, BACKGROUND_LEAST_S = 1.0, 0.1
# An island that begins later than this after another's end has no part in how that is dated.
NEXT_S = LOOK_AHEAD_S + GUARD_S
# How far back from an island anything is looked at.
LOOK_BACK_S = max(BEFORE_S, GUARD_S + BACKGROUND_S)
# A burst: gaps under 0.2 s are bridged.
BRIDGE_S = 0.2
# Edges further than this before the end of an island are dated to a frame, not to a sample.
EXACT_S = 12.0
# A talker's level is that of the last half minute of speech.
TALKER_S = 30.0
# A burst this far under the talker's level may be someone else, or an echo: flagged, not left out.
QUIET_DB = 11.0
# So many frames at full scale are no chance.
CLIPPED_FRAMES = 3
# Of the tuning corpus every word of one island is longer than this, or Silero is sure of it.
COUGH_MOST_S = 0.7
# What stands out of a crowd for less than this is the crowd's; and where a word vanishes in it is
# less certain than in steady noise, by the errors of the tuning corpus.
CROWD_LEAST_S, CROWD_WIDER = 0.08, 1.6


@dataclass(frozen=True)
class Dated:
    """A burst with its dates, which may still be bridged to the next."""

    onset_s: float
    end_s: float
    onset_uncertainty_s: float
    end_uncertainty_s: float
    power: float
    active_s: float
    clipped: int
    """How many of its frames reach full scale."""
    talker_db: float
    is_sure: bool = True
    """Whether Silero was sure of it once, or it has a voice: else it is a cough or the like."""

    def bridged(self, later: Dated) -> Dated:
        """This and the next as one."""
        active_s = self.active_s + later.active_s
        energy = self.power * self.active_s + later.power * later.active_s
        return Dated(
            onset_s=self.onset_s,
            end_s=later.end_s,
            onset_uncertainty_s=self.onset_uncertainty_s,
            end_uncertainty_s=later.end_uncertainty_s,
            power=energy / active_s,
            active_s=active_s,
            clipped=self.clipped + later.clipped,
            talker_db=later.talker_db,
            is_sure=self.is_sure or later.is_sure,
        )

    def wider(self, by: float) -> Dated:
        """With uncertainties that many times as large."""
        return replace(
            self,
            onset_uncertainty_s=by * self.onset_uncertainty_s,
            end_uncertainty_s=by * self.end_uncertainty_s,
        )

    def burst(self) -> Burst:
        """In its final form."""
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


class Dating:
    """Dates a channel's islands, one after the other."""

    def __init__(self, channel: Channel, sounds: Sounds) -> None:
        self._channel = channel
        self._sounds = sounds
        self._last_end_s: float | None = None
        """Where the last island ended."""
        self._talker: deque[tuple[float, float]] = deque()
        """The talker's last stretches of speech: power, and seconds."""

    def date(self, island: Island, next_begin: int | None) -> list[Dated]:
        """The bursts in an island and around it; ``next_begin``: the next one's first window."""
        channel = self._channel
        begin_s, end_s = island.begin * WINDOW_S, island.end * WINDOW_S
        next_s = None if next_begin is None else next_begin * WINDOW_S
        if next_s is not None and next_s >= end_s + NEXT_S:
            next_s = None
        earliest_s, latest_s = begin_s - BEFORE_S, end_s + AFTER_S
        if self._last_end_s is not None:
            earliest_s = max(earliest_s, (self._last_end_s + begin_s) / 2)
        if next_s is not None:
            latest_s = min(latest_s, (end_s + next_s) / 2)
        first, last = channel.frame_at(earliest_s), channel.frame_at(latest_s)
        core = channel.frame_at(begin_s) - first, channel.frame_at(end_s) - first
        before, after = self._backgrounds(begin_s, end_s, next_s)
        if self._last_end_s is not None:
            self._sounds.silent_between(self._last_end_s, begin_s)
        self._last_end_s = end_s

        powers = channel.powers(first, last)
        if core[0] >= powers.size:
            return []
        voiced = ~self._sounds.tones(first, powers.size)
        if voiced[slice(*core)].mean() <= 0.5:
            return []
        talker_db = self._hear_talker(smooth(powers[slice(*core)][voiced[slice(*core)]]))
        if (behind := self._crowd(begin_s, end_s, talker_db)) is not None:
            before, after = (
                max(one, behind, key=lambda b: b.audible_db) for one in (before, after)
            )
        stretch = Stretch.between(powers, core, before, after, talker_db - AUDIBLE_MARGIN_DB)
        found = bridged(
            _belonging(runs(stretch.audible() & voiced), core), round(BRIDGE_S / FRAME_S)
        )
        dated = [self._date(stretch, run, first, talker_db) for run in found]
        if behind is not None:
            lasting = [one for one in dated if one.end_s - one.onset_s >= CROWD_LEAST_S]
            dated = [one.wider(CROWD_WIDER) for one in lasting]
        return [replace(one, is_sure=self._is_sure(one, island)) for one in dated]

    def _is_sure(self, dated: Dated, island: Island) -> bool:
        """Whether it is speech for certain: Silero was sure once, or it is long, or has a voice."""
        island_s = (island.end - island.begin) * WINDOW_S
        if island.peak >= SURE or island_s >= COUGH_MOST_S:
            return True
        begin_s = min(dated.onset_s, island.begin * WINDOW_S)
        end_s = max(dated.end_s, island.end * WINDOW_S)
        first, last = map(self._channel.frame_at, (begin_s, end_s))
        return has_voice(self._channel.samples(first, last), self._channel)

    def _hear_talker(self, smoothed: Powers) -> float:
        """The talker's active level in dBFS, this island included."""
        self._talker.append((active_power(smoothed), smoothed.size * FRAME_S))
        while sum(seconds for _, seconds in self._talker) - self._talker[0][1] > TALKER_S:
            self._talker.popleft()
        energy = sum(power * seconds for power, seconds in self._talker)
        return in_db(energy / sum(seconds for _, seconds in self._talker))

    def _backgrounds(
        self, begin_s: float, end_s: float, next_s: float | None
    ) -> tuple[Background, Background]:
        """What the channel carries before an island and after it."""
        earliest_s, latest_s = begin_s - GUARD_S - BACKGROUND_S, end_s + LOOK_AHEAD_S
        if self._last_end_s is not None:
            earliest_s = max(earliest_s, self._last_end_s + GUARD_S)
        if next_s is not None:
            latest_s = min(latest_s, next_s - GUARD_S)
        before = self._background(earliest_s, begin_s - GUARD_S)
        after = self._background(end_s + GUARD_S, latest_s)
        # A side that was too short, or silent because the line was not open yet, is like the other.
        if before is None or (after is not None and before.is_silent):
            before = after
        if after is None or (before is not None and after.is_silent):
            after = before
        return before or SILENT, after or SILENT

    def _crowd(self, begin_s: float, end_s: float, talker_db: float) -> Background | None:
        """Who talks behind the talker, around an island."""
        first_s = max(begin_s - CROWD_S, 0.0)
        return crowd(self._sounds.levels_db(first_s, end_s + LOOK_AHEAD_S), talker_db)

    def _background(self, from_s: float, to_s: float) -> Background | None:
        """Of a stretch without speech; ``None``: too short to judge."""
        channel = self._channel
        first = channel.frame_at(from_s)
        powers = channel.powers(first, channel.frame_at(to_s))
        powers = powers[~self._sounds.tones(first, powers.size)]
        return Background.of(powers) if powers.size >= BACKGROUND_LEAST_S / FRAME_S else None

    def _date(self, stretch: Stretch, run: Run, first: int, talker_db: float) -> Dated:
        """A run of audible frames; ``first`` is the first frame of the stretch."""
        channel, backward, size = self._channel, stretch.backward(), stretch.powers.size
        onset = stretch.onset(run[0])
        end = max(size - backward.onset(size - run[1]), onset + 1)
        onset_s = self._onset_s(stretch, onset, first)
        end_s = self._end_s(stretch, end, first)
        return Dated(
            onset_s=onset_s,
            end_s=max(end_s, onset_s + 1 / channel.rate),
            onset_uncertainty_s=stretch.uncertainty_s(onset),
            end_uncertainty_s=backward.uncertainty_s(size - end, is_end=True),
            power=active_power(smooth(stretch.powers[onset:end])),
            active_s=channel.seconds(end - onset),
            clipped=channel.clipped(first + onset, first + end),
            talker_db=talker_db,
        )

    def _onset_s(self, stretch: Stretch, frame: int, first: int) -> float:
        """The sample at which the sound begins, in a frame or the one before it."""
        channel = self._channel
        if not _exact(stretch, frame):
            return channel.seconds(first + frame)
        begin = first + max(frame - 1, 0)
        samples = channel.samples(begin, first + frame + 1)
        sample = onset_sample(samples, *stretch.powers_at_onset(frame))
        return channel.seconds(begin) + sample / channel.rate

    def _end_s(self, stretch: Stretch, frame: int, first: int) -> float:
        """The sample before which the sound ends, near the begin of a frame."""
        channel, size = self._channel, stretch.powers.size
        if not _exact(stretch, frame):
            return channel.seconds(first + frame)
        samples = channel.samples(first + frame - 1, first + min(frame + 1, size))
        powers = stretch.backward().powers_at_onset(size - frame)
        sample = len(samples) - onset_sample(samples[::-1], *powers)
        return channel.seconds(first + frame - 1) + sample / channel.rate


def _exact(stretch: Stretch, frame: int) -> bool:
    """Whether an edge in this frame is dated to the sample."""
    return (stretch.powers.size - frame) * FRAME_S <= EXACT_S


def _belonging(found: list[Run], core: Run) -> list[Run]:
    """The runs inside the core, and those outside that are close to one that belongs."""
    inside = [run for run in found if run[1] > core[0] and run[0] < core[1]]
    before = [run for run in found if run[1] <= core[0]]
    after = [run for run in found if run[0] >= core[1]]
    while inside and before and inside[0][0] - before[-1][1] <= OUTWARD_GAP:
        inside.insert(0, before.pop())
    while inside and after and after[0][0] - inside[-1][1] <= OUTWARD_GAP:
        inside.append(after.pop(0))
    return inside
