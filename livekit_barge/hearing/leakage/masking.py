"""Masks the residual leakage: finds what it hides of bursts, and keeps it from sounding like one.

A frame's *cover* is the power that what is left may have in it. A burst that is half covered and
hardly louder is leakage; an edge that hardly clears the cover is doubtful.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.channel import FRAME_S
from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB, runs
from livekit_barge.hearing.leakage.amount import COVERED
from livekit_barge.hearing.leakage.echo_filter import Cleaned
from livekit_barge.hearing.leakage.piece import PIECE
from livekit_barge.hearing.levels import Powers, in_db

# Frames over the cover are someone's speech if one of them in a row is so much over it.
_STRONG = 10 ** (8 / 10)
# A burst that is half covered, and less than this over its cover, is leakage; one whose edge is
# less than twice that over it is doubtful.
_LEAKS_DB, _DOUBT_DB = 6.0, 12.0
# The cover counts at an edge that is within 20 ms. It hides 2.5 ms of soft speech for each dB.
_NEAR, _HIDES_S = 8, 0.0025


class LeakageCover:
    """The cover of one channel, piece by piece."""

    def __init__(self) -> None:
        self._pieces: dict[int, Powers] = {}
        """The pieces that have any cover."""
        self.dropped = 0
        """Bursts that were leakage."""

    def keep(self, piece: int, cover: Powers) -> None:
        """Record the cover found in a piece; of several paths, the largest counts."""
        if cover.any():
            known = self._pieces.get(piece)
            self._pieces[piece] = cover if known is None else np.maximum(known, cover)

    def judged(self, bursts: list[Burst]) -> list[Burst]:
        """Return the bursts that are not leakage, with what is hidden at their edges."""
        if not self._pieces:
            return bursts
        return [kept for burst in bursts if (kept := self._judged(burst)) is not None]

    def _judged(self, burst: Burst) -> Burst | None:
        first, last = round(burst.onset_s / FRAME_S), round(burst.end_s / FRAME_S) + 1
        inside = self._of(first, last)
        covered = inside > 0
        if covered.any():
            over_db = burst.level_dbfs - in_db(float(inside[covered].mean()))
            if covered.mean() > 0.5 and over_db < _LEAKS_DB:
                self.dropped += 1
                return None
        onset = float(self._of(first - _NEAR, first + 1).max())
        end = float(self._of(last - 1, last + _NEAR).max())
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

    def _of(self, first: int, last: int) -> Powers:
        """Return the cover of the frames ``[first, last)``."""
        cover = np.zeros(last - first)
        for piece in range(first // PIECE, (last - 1) // PIECE + 1):
            if (known := self._pieces.get(piece)) is not None:
                at = piece * PIECE
                begin, end = max(first, at), min(last, at + PIECE)
                cover[begin - first : end - first] = known[begin - at : end - at]
        return cover


def _hidden_s(burst: Burst, cover: float) -> float:
    """Return how long speech hidden by the cover may last before it would be inaudible anyway."""
    if cover <= 0:
        return 0.0
    return _HIDES_S * max(in_db(cover) - burst.level_dbfs + AUDIBLE_MARGIN_DB, 0.0)


def uncovered(cleaned: Cleaned, frame: int, floor: float, piece: int) -> Float32:
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
    frames = cleaned.samples.reshape(-1, frame)
    frames[hidden] = hushed(frames[hidden], cleaned.left[hidden], floor, piece)
    return cleaned.samples


def hushed(frames: Float32, powers: Powers, floor: float, piece: int) -> Float32:
    """Return noise of the power ``floor``, over the frames made 20 dB quieter than that.

    ``frames`` of shape ``(n, samples)`` have those ``powers``; ``piece`` is the seed.
    """
    quiet = (0.1 * np.sqrt(np.minimum(floor / np.maximum(powers, 1e-12), 1.0))).astype(np.float32)
    noise = np.random.default_rng(piece).standard_normal(frames.shape, dtype=np.float32)
    noise *= np.float32(np.sqrt(floor))
    noise += frames * quiet[:, None]
    return noise
