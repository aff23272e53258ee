"""From an island that Silero heard to bursts with dates.

The background is what the channel carries before and after the island; what is audible lies above
it, and above the talker's own level less the margin D.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from livekit_barge.hearing.babble import CROWD_S, crowd
from livekit_barge.hearing.channel import FRAME_S, Channel
from livekit_barge.hearing.dated_burst import DatedBurst
from livekit_barge.hearing.edges import (
    AUDIBLE_MARGIN_DB,
    OUTWARD_GAP,
    Edge,
    IslandFrames,
    Run,
    bridged,
    edges,
    onset_sample,
    runs,
)
from livekit_barge.hearing.levels import SILENT, Background, Powers, active_power, in_db, smooth
from livekit_barge.hearing.silero.network import WINDOW_S
from livekit_barge.hearing.sounds.cough import has_voice
from livekit_barge.hearing.sounds.finder import SoundFinder
from livekit_barge.hearing.vad_islands import SURE, Island

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
_BRIDGE = round(BRIDGE_S / FRAME_S)
# Edges further than this before the end of an island are dated to a frame, not to a sample.
EXACT_S = 12.0
# A talker's level is that of the last half minute of speech.
TALKER_S = 30.0
# Of the tuning corpus every word of one island is longer than this, or Silero is sure of it.
COUGH_MOST_S = 0.7
# What stands out of a crowd for less than this is the crowd's; and where a word vanishes in it is
# less certain than in steady noise, by the errors of the tuning corpus.
CROWD_LEAST_S, CROWD_WIDER = 0.08, 1.6


class _AudibleRun(NamedTuple):
    """A run of audible frames, not yet dated."""

    island: Island
    first: int
    """The first frame of the stretch."""
    stretch: IslandFrames
    run: Run
    talker_db: float
    in_crowd: bool

    def is_exact(self, edge: Edge) -> bool:
        """Return whether an edge is dated to the sample."""
        return (self.stretch.powers.size - edge.frame) * FRAME_S <= EXACT_S


class BurstDater:
    """Dates a channel's islands, one after the other."""

    def __init__(self, channel: Channel, sounds: SoundFinder) -> None:
        self._channel = channel
        self._sounds = sounds
        self._last_end_s: float | None = None
        """The end of the last island."""
        self._talked_s: deque[float] = deque()
        """The lengths of the talker's last stretches of speech …"""
        self._energies: deque[float] = deque()
        """… and their powers, each times as long."""
        self._has_tones = False
        """There is a tone somewhere near the islands that are being dated."""

    def date(self, islands: Sequence[tuple[Island, int | None]]) -> list[DatedBurst]:
        """The bursts in some islands and around them; with each, the next one's first window."""
        if not islands:
            return []
        self._look_for_tones(islands[0][0].begin * WINDOW_S, islands[-1][0].end * WINDOW_S)
        found = [one for island, next_begin in islands for one in self._find(island, next_begin)]
        places = edges([(one.stretch, one.run) for one in found])
        dated = [self._dated(one, *both) for one, both in zip(found, places, strict=True)]
        return [one for one in dated if one is not None]

    def _find(self, island: Island, next_begin: int | None) -> list[_AudibleRun]:
        """Return the runs of an island that are audible."""
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
        spoken, voiced = powers[slice(*core)], None
        if self._has_tones:
            voiced = ~self._sounds.tones(first, powers.size)
            if voiced[slice(*core)].mean() <= 0.5:
                return []
            spoken = spoken[voiced[slice(*core)]]
        talker_db = self._hear_talker(smooth(spoken))
        if (behind := self._crowd(begin_s, end_s, talker_db)) is not None:
            before, after = (
                max(one, behind, key=lambda b: b.audible_db) for one in (before, after)
            )
        stretch = IslandFrames(powers, core, before, after, talker_db - AUDIBLE_MARGIN_DB)
        audible = stretch.audible()
        if voiced is not None:
            audible &= voiced
        return [
            _AudibleRun(island, first, stretch, run, talker_db, in_crowd=behind is not None)
            for run in bridged(_belonging(runs(audible), core), _BRIDGE)
        ]

    def _dated(self, found: _AudibleRun, onset: Edge, end: Edge) -> DatedBurst | None:
        """With its dates; ``None``: it is the crowd's."""
        channel, first = self._channel, found.first
        onset_s, end_s = self._onset_s(found, onset), self._end_s(found, end)
        end_s = max(end_s, onset_s + 1 / channel.rate)
        if found.in_crowd and end_s - onset_s < CROWD_LEAST_S:
            return None
        wider = CROWD_WIDER if found.in_crowd else 1.0
        hidden_s = self._sounds.hidden_by_tones_s(onset_s, end_s) if self._has_tones else (0.0, 0.0)
        return DatedBurst(
            onset_s=onset_s,
            end_s=end_s,
            onset_uncertainty_s=wider * onset.uncertainty_s + hidden_s[0],
            end_uncertainty_s=wider * end.uncertainty_s + hidden_s[1],
            power=active_power(smooth(found.stretch.powers[onset.frame : end.frame])),
            active_s=channel.seconds(end.frame - onset.frame),
            clipped=channel.clipped(first + onset.frame, first + end.frame),
            talker_db=found.talker_db,
            is_sure=self._is_sure(found.island, onset_s, end_s),
        )

    def _is_sure(self, island: Island, onset_s: float, end_s: float) -> bool:
        """Return whether it is surely speech: Silero was sure once, it is long, or has a voice."""
        island_s = (island.end - island.begin) * WINDOW_S
        if island.peak >= SURE or island_s >= COUGH_MOST_S:
            return True
        begin_s, end_s = min(onset_s, island.begin * WINDOW_S), max(end_s, island.end * WINDOW_S)
        first, last = map(self._channel.frame_at, (begin_s, end_s))
        return has_voice(self._channel.samples(first, last), self._channel)

    def _hear_talker(self, smoothed: Powers) -> float:
        """The talker's active level in dBFS, this island included."""
        seconds = smoothed.size * FRAME_S
        self._talked_s.append(seconds)
        self._energies.append(active_power(smoothed) * seconds)
        while (talked_s := sum(self._talked_s)) - self._talked_s[0] > TALKER_S:
            self._talked_s.popleft()
            self._energies.popleft()
        return in_db(sum(self._energies) / talked_s)

    def _backgrounds(
        self, begin_s: float, end_s: float, next_s: float | None
    ) -> tuple[Background, Background]:
        """Return the background before an island and after it."""
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

    def _look_for_tones(self, begin_s: float, end_s: float) -> None:
        """Note whether any part of the audio looked at, from island to island, is a tone."""
        first, last = map(self._channel.frame_at, (begin_s - LOOK_BACK_S, end_s + LOOK_AHEAD_S))
        self._has_tones = bool(self._sounds.tones(first, last - first).any())

    def _crowd(self, begin_s: float, end_s: float, talker_db: float) -> Background | None:
        """Return the crowd that talks behind the talker, around an island."""
        first_s = max(begin_s - CROWD_S, 0.0)
        return crowd(self._sounds.levels_db(first_s, end_s + LOOK_AHEAD_S), talker_db)

    def _background(self, from_s: float, to_s: float) -> Background | None:
        """Return the background of a stretch without speech; ``None``: it is too short to judge."""
        channel = self._channel
        first = channel.frame_at(from_s)
        powers = channel.powers(first, channel.frame_at(to_s))
        if self._has_tones:
            powers = powers[~self._sounds.tones(first, powers.size)]
        return Background.of(powers) if powers.size >= BACKGROUND_LEAST_S / FRAME_S else None

    def _onset_s(self, found: _AudibleRun, edge: Edge) -> float:
        """The sample at which the sound begins, in a frame or the one before it."""
        channel, frame = self._channel, found.first + edge.frame
        if not found.is_exact(edge):
            return channel.seconds(frame)
        begin = max(frame - 1, found.first)
        samples = channel.samples(begin, frame + 1)
        sample = onset_sample(samples, edge.outside, edge.inside)
        return channel.seconds(begin) + sample / channel.rate

    def _end_s(self, found: _AudibleRun, edge: Edge) -> float:
        """The sample before which the sound ends, near the begin of a frame."""
        channel, frame = self._channel, found.first + edge.frame
        if not found.is_exact(edge):
            return channel.seconds(frame)
        last = found.first + found.stretch.powers.size
        samples = channel.samples(frame - 1, min(frame + 1, last))
        sample = len(samples) - onset_sample(samples[::-1], edge.outside, edge.inside)
        return channel.seconds(frame - 1) + sample / channel.rate


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
